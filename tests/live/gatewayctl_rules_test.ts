import { assert, assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const SELECTED = { HERMES_GATEWAY_PROFILES: "writer" };

liveTest("gatewayctl sync and why know the container's selection", async () => {
  await using home = await Home.make({ coder: RUNNING, writer: RUNNING });
  await using container = await bootContainer(home, { env: SELECTED });
  await untilStatus(container, "gateway-writer", "up", ({ up }) => up);
  const { code, stdout } = await ctl(container, ["sync"], { env: SELECTED });
  assertEquals(code, 0);
  assertMatch(stdout, /^coder: skipped: not selected/m);
  assertMatch(stdout, /^writer: unchanged$/m);
  const slots = await container.sh(`ls -d ${SCANDIR}/gateway-*`);
  assertEquals(slots.stdout, `${SCANDIR}/gateway-writer\n`);
  const why = await ctl(container, ["why", "coder"], { env: SELECTED });
  assertEquals(why.code, 0, why.stderr);
  assertMatch(why.stdout, /^coder: not selected for this container: /);
  assertMatch(why.stdout, /boot log: .*action=skipped .*reason="not selected/);
});

liveTest("gatewayctl why knows that the root profile's gateway serves a profile", async () => {
  const env = { GATEWAY_MULTIPLEX_PROFILES: "1" };
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home, { env });
  await untilStatus(container, "gateway-coder", "supervised", () => true);
  const { stdout } = await ctl(container, ["why", "coder"], { env });
  assertMatch(stdout, /^coder: down: the root profile's gateway serves it/);
});

liveTest("gatewayctl refuses a malformed selection with one line and exit code 2", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  const env = { HERMES_GATEWAY_SHARD: "6/5" };
  for (const args of [["sync"], ["why", "default"]]) {
    const { code, stdout, stderr } = await ctl(container, args, { env });
    assertEquals({ code, stdout }, { code: 2, stdout: "" });
    assertMatch(stderr, /^gatewayctl: [^\n]*HERMES_GATEWAY_SHARD[^\n]*\n$/);
  }
  const list = await ctlJson(container, ["list"]);
  assert(list.length > 0);
});
