import { assertEquals, assertMatch } from "@std/assert";
import { RUN_FLAGS } from "../../lib/image/permissions.ts";
import { DENO, INSTALL_DIR } from "../../lib/image/scripts.ts";
import { PROFILE_WATCH } from "../../lib/image/stages.ts";
import { Container, until } from "../container/container.ts";
import { bootContainer, Home, liveTest } from "./_live.ts";
import { RUNNING, said, SERVICE, watched } from "./_watch.ts";

for (
  const [what, options] of [
    ["", {}],
    [" also as root without CAP_KILL", { capabilities: ["setuid", "setgid", "chown"] }],
  ] as const
) {
  liveTest(`s6-svc -d ends the watcher at once, and nothing of it is left${what}`, async () => {
    await using home = await Home.make({ default: RUNNING });
    await using container = await watched(home, "isolated", options);
    const startedAt = performance.now();
    const { code } = await container.sh(`s6-svc -wD -T20000 -d ${SERVICE}`);
    assertEquals(code, 0, "it did not end");
    console.log(`ended after ${Math.round(performance.now() - startedAt)} ms`);
    const left = await container.sh("grep -al watch_[p]rofiles /proc/[0-9]*/cmdline");
    assertEquals(left.stdout, "");
  });
}

liveTest("with wrong settings the watcher is parked, after one line", async () => {
  for (
    const [env, line] of [
      [{ HERMES_GATEWAY_SHARD: "9/5" }, /fatal: HERMES_GATEWAY_SHARD: [^\n]+/],
      [{ HERMES_HOME: "data" }, /fatal: HERMES_HOME: expected an absolute path/],
      [{ HERMES_SUPERVISION: "mixed" }, /fatal: HERMES_SUPERVISION: expected shared or isolated/],
    ] as [Record<string, string>, RegExp][]
  ) {
    await using home = await Home.make({});
    const all = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared", ...env };
    await using container = await Container.start({ data: home.path, env: all });
    await container.boot();
    await until("it is parked", async () => {
      const { stdout } = await container.sh(`s6-svstat -o up,wantedup,exitcode ${SERVICE}`);
      return stdout === "false false 2\n";
    }, 30_000);
    const lines = await said(container, "");
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines.join(), line);
  }
});

liveTest("unless it is turned on the watcher rests", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await until("it rests", async () => {
    const { stdout } = await container.sh(`s6-svstat -o up,wantedup,exitcode ${SERVICE}`);
    return stdout === "false false 0\n";
  }, 30_000);
});

liveTest("watch_profiles.ts takes --help, and refuses what it does not know", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  const run = (...args: string[]) =>
    container.exec([DENO, "run", ...RUN_FLAGS, `${INSTALL_DIR}/${PROFILE_WATCH.entry}`, ...args], {
      user: "hermes",
      env: { DENO_DIR: `${INSTALL_DIR}/deno_dir` },
    });
  const help = await run("--help");
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Usage: [^]*--facts[^]*Exit code:/);
  for (const args of [["--nope"], ["extra"], ["--help=1"], [""]]) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^profile-watch: fatal: [\x20-\x7e]+\n$/);
  }
});
