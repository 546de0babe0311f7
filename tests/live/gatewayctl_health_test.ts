import { assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const STOPPED = { state: { desired_state: "stopped" } };

liveTest("gatewayctl health is quiet and 0 while what is wanted up is up", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING, writer: STOPPED });
  await using container = await bootContainer(home);
  for (const name of ["default", "coder"]) {
    await untilStatus(container, `gateway-${name}`, "up", ({ up }) => up);
  }
  const health = async (...args: string[]) => {
    const { code, stdout, stderr } = await ctl(container, ["health", ...args]);
    return [code, stdout, stderr];
  };
  assertEquals(await health(), [0, "", ""]);
  assertEquals(await health("--profile", "coder"), [0, "", ""]);
  assertEquals(await health("--profile", "writer"), [1, "", ""]);
  await ctlOk(container, ["stop", "coder"]);
  assertEquals(await health(), [0, "", ""]);
  assertEquals(await health("--profile=coder"), [1, "", ""]);
  const [code, , stderr] = await health("--profile", "nope");
  assertEquals(code, 1);
  assertMatch(String(stderr), /^gatewayctl: error: nope: [^\n]+\n$/);
});

liveTest("gatewayctl health is 1 for a gateway that is parked although it should run", async () => {
  await using home = await Home.make({ default: RUNNING, coder: { ...RUNNING, stub: "exit 78" } });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-default", "up", ({ up }) => up);
  await untilStatus(container, "gateway-coder", "parked", ({ exitCode, wantedUp }) => {
    return exitCode === 78 && !wantedUp;
  });
  assertEquals((await ctl(container, ["health"])).code, 1);
  await ctlOk(container, ["stop", "coder"]);
  assertEquals((await ctl(container, ["health"])).code, 0);
});
