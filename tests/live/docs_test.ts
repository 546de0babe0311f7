import { assert, assertEquals } from "@std/assert";
import { follow, isShown, readBlocks, stepsOf } from "../_pages.ts";
import { REPO } from "../_fixtures.ts";
import { run, runSync, TempDir } from "../_temp.ts";
import { until } from "../container/container.ts";
import { liveTest, RUNNING, STOPPED, untilAllUp, untilParked } from "./_live.ts";

for (const [page, blocks] of readBlocks()) {
  const steps = blocks.flatMap((block) => stepsOf(block).map((step) => ({ ...step, block })));
  if (steps.length === 0) continue;
  liveTest(`${page}: what it says to type works, and prints what it shows`, async (boot) => {
    const { container, home } = await boot({
      ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
      scout: { ...RUNNING, stub: "exit 78" },
    });
    await untilAllUp(container, "default", "coder");
    await untilParked(container, "gateway-scout");
    await home.untilLogged("coder", "scout");
    if (steps.some(({ shown }) => /^late\b/m.test(shown ?? ""))) await home.add("late", RUNNING);
    for (const { command, user, shown, block } of steps) {
      const options = { user, env: { HERMES_HOME: "/opt/data" } } as const;
      const { code, stdout, stderr } = await container.sh(`cd /tmp; ${command}`, options);
      const where = `${page}:${block.line}: ${command}`;
      assertEquals(code, 0, `${where}: ${stdout}${stderr}`);
      assert(shown === undefined || isShown(shown, stdout), `${where} prints:\n${stdout}`);
    }
  });
}

liveTest(
  "docs/add-a-service.md: the service that it makes runs, if its variable is on",
  async (boot) => {
    using temp = new TempDir();
    runSync("cp", "-R", `${REPO}/rootfs`, temp.path);
    for (const [page, blocks] of readBlocks()) await follow(page, blocks, temp.path);
    const [overlay, libexec] = ["/etc/s6-overlay", "/opt/hermes-boot/libexec"];
    const facts = `${temp.path}/rootfs${libexec}/write-facts.sh`;
    const put = '  put HERMES_DASHBOARD "';
    const text = await Deno.readTextFile(facts);
    await Deno.writeTextFile(facts, text.replace(put, `  put BEAT "\${BEAT-}"\n${put}`));
    const mounts = Object.fromEntries(
      [overlay, libexec].map((path) => [path, `${temp.path}/rootfs${path}`]),
    );
    const { container } = await boot({}, { env: { BEAT: "yes" }, mounts });
    await until("a beat", async () => (await container.log()).includes("beat as hermes"), 30_000);
  },
);

liveTest("docs/terminal.svg is what the demo prints", async () => {
  const args = ["run", "--allow-all", "--quiet", "tasks/pictures.ts", "--check"];
  const { code, stderr } = await run(Deno.execPath(), {
    args,
    cwd: REPO,
    env: Deno.env.toObject(),
    timeoutMs: 120_000,
  });
  assertEquals(code, 0, stderr);
});
