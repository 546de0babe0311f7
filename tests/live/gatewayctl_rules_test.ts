import { assert, assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, untilStatus, untilUp } from "./_live.ts";

const SELECTED = { HERMES_GATEWAY_PROFILES: "writer" };

liveTest("gatewayctl sync and why know the container's selection", async (boot) => {
  const { container } = await boot({ coder: RUNNING, writer: RUNNING }, { env: SELECTED });
  await untilUp(container, "writer");
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
  // A selection that is malformed is one line.
  const env = { HERMES_GATEWAY_SHARD: "6/5" };
  for (const args of [["sync"], ["why", "default"]]) {
    const { code, stdout, stderr } = await ctl(container, args, { env });
    assertEquals({ code, stdout }, { code: 2, stdout: "" });
    assertMatch(stderr, /^gatewayctl: [^\n]*HERMES_GATEWAY_SHARD[^\n]*\n$/);
  }
  assert((await ctlJson(container, ["list"])).length > 0);
});

liveTest("gatewayctl why knows that the root profile's gateway serves a profile", async (boot) => {
  const env = { GATEWAY_MULTIPLEX_PROFILES: "1" };
  const { container } = await boot({ default: RUNNING, coder: RUNNING }, { env });
  await untilStatus(container, "gateway-coder", "supervised", () => true);
  const { stdout } = await ctl(container, ["why", "coder"], { env });
  assertMatch(stdout, /^coder: down: the root profile's gateway serves it/);
});
