import { assertEquals, assertMatch } from "@std/assert";
import { Container } from "../container/container.ts";
import { Home, liveTest, untilRested } from "./_live.ts";
import { RUNNING, said, SERVICE, watched } from "./_watch.ts";

liveTest(
  "s6-svc -d ends the watcher, also as root without CAP_KILL, and nothing of it is left",
  async () => {
    for (const options of [{}, { capabilities: ["setuid", "setgid", "chown"] }]) {
      await using home = await Home.make({ default: RUNNING });
      await using container = await watched(home, "isolated", options);
      const { code } = await container.sh(`s6-svc -wD -T20000 -d ${SERVICE}`);
      assertEquals(code, 0, "it did not end");
      const left = await container.sh("grep -al watch_[p]rofiles /proc/[0-9]*/cmdline");
      assertEquals(left.stdout, "");
    }
  },
);

liveTest("with wrong settings the watcher is parked, after one line", async () => {
  await using home = await Home.make({});
  const env = { HERMES_PROFILE_WATCH: "1", HERMES_GATEWAY_SHARD: "9/5" };
  await using container = await Container.start({ data: home.path, env });
  await container.boot();
  const { exitCode } = await untilRested(container, SERVICE);
  assertEquals(exitCode, 2);
  const lines = await said(container, "");
  assertEquals(lines.length, 1, lines.join("\n"));
  assertMatch(lines.join(), /error: HERMES_GATEWAY_SHARD: /);
});
