import { assertEquals, assertMatch } from "@std/assert";
import { Container } from "../container/container.ts";
import { bootContainer, Home, liveTest, untilRested } from "./_live.ts";
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
  const wrong = { HERMES_GATEWAY_SHARD: "9/5", HERMES_HOME: "data", HERMES_SUPERVISION: "mixed" };
  for (const [name, value] of Object.entries(wrong)) {
    await using home = await Home.make({});
    const env = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared", [name]: value };
    await using container = await Container.start({ data: home.path, env });
    await container.boot();
    const { exitCode } = await untilRested(container, SERVICE);
    assertEquals(exitCode, 2);
    const lines = await said(container, "");
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines.join(), new RegExp(`fatal: ${name}: `));
  }
});

liveTest("the watcher starts although the container's command line has just gone", async () => {
  await using home = await Home.make({ default: RUNNING });
  const env = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared" };
  await using container = await bootContainer(home, { env: { ...env, HERMES_PROFILE_WATCH: "0" } });
  // The very lines of the service, with one that cannot be opened, and one that cannot be read.
  for (const command of ["/proc/0/cmdline", "/tmp"]) {
    const { stdout } = await container.sh(
      `sed 's|^become_hermes env|command=${command}\\n&|' ${SERVICE}/run >/tmp/run
timeout 30 sh /tmp/run >/tmp/said 2>&1 & pid=$!
while kill -0 $pid 2>/dev/null && ! grep -q . /tmp/said; do sleep 0.1; done
kill $pid; wait $pid; cat /tmp/said`,
      { env },
    );
    assertMatch(stdout, /^profile-watch: info: synced in [^\n]+\n$/, command);
  }
});
