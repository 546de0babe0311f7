import { assert, assertEquals } from "@std/assert";
import { isShown, readBlocks, stepsOf } from "../_pages.ts";
import { REPO } from "../_fixtures.ts";
import { run } from "../_temp.ts";
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
