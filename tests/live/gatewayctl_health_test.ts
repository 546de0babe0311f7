import { assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, STOPPED, untilAllUp, untilParked } from "./_live.ts";

liveTest("gatewayctl health is quiet and 0 while what is wanted up is up, else 1", async (boot) => {
  const { container } = await boot({
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
    broken: { ...RUNNING, stub: "exit 78" },
  });
  await untilAllUp(container, "default", "coder");
  await untilParked(container, "gateway-broken");
  const health = async (...args: string[]) => {
    const { code, stdout, stderr } = await ctl(container, ["health", ...args]);
    assertEquals([stdout, stderr], ["", ""]);
    return code;
  };
  assertEquals(await health(), 1, "one is parked although it should run");
  await ctlOk(container, ["stop", "broken"]);
  assertEquals(await health(), 0);
  assertEquals(await health("--profile", "coder"), 0);
  assertEquals(await health("--profile", "writer"), 1);
  await ctlOk(container, ["stop", "coder"]);
  assertEquals(await health(), 0);
  assertEquals(await health("--profile=coder"), 1);
  const { code, stderr } = await ctl(container, ["health", "--profile", "nope"]);
  assertEquals(code, 1);
  assertMatch(stderr, /^gatewayctl: error: nope: [^\n]+\n$/);
});
