import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { withHangingHome } from "./_hang.ts";
import { liveTest, RUNNING, SUPERVISION, untilAllUp } from "./_live.ts";
import { ask, bootStatus } from "./_status.ts";

/** Asks; returns the status, the body, and how long it took, in milliseconds. */
async function time(url: string): Promise<[number, string, number]> {
  const from = performance.now();
  const [status, body] = await ask(url);
  return [status, body, performance.now() - from];
}

liveTest(
  "/livez answers within a second while the volume hangs; what needs it says so, and comes back",
  async (boot, test) => {
    const { container, url } = await bootStatus(boot, { default: RUNNING, coder: RUNNING });
    await untilAllUp(container, "default", "coder");
    assertEquals(await ask(`${url}/readyz`), [200, "ready\n"]);
    await withHangingHome(container, test, async () => {
      const stuck = await container.sh("timeout -s KILL 2 stat /opt/data", { user: "hermes" });
      assertEquals(stuck.code, 137, "it does hang");
      const waiting = Array.from({ length: 20 }, () => time(`${url}/readyz`));
      for (let i = 0; i < 20; i++) {
        const [status, body, ms] = await time(`${url}/livez`);
        assertEquals([status, body], [200, "live\n"]);
        assert(ms < 1000, `/livez took ${Math.round(ms)} ms`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      for (const [status, body, ms] of await Promise.all(waiting)) {
        assertEquals(status, 503);
        assertMatch(body, /the volume may hang/);
        assert(ms < 4500, `/readyz took ${Math.round(ms)} ms`);
      }
      for (const path of ["/metrics", "/api/v1/gateways", "/api/v1/gateways/coder", "/events"]) {
        assertEquals((await ask(url + path))[0], 503, path);
      }
    });
    await until("ready again", async () => (await ask(`${url}/readyz`))[0] === 200, 30_000);
    assertEquals((await ask(`${url}/api/v1/gateways/coder`))[0], 200);
  },
);

liveTest("FIFOs in place of what is read hold no answer up", async (boot) => {
  const { container, url } = await bootStatus(boot, { default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  const fifos = ["gateway_state.json", "config.yaml", "profiles/coder/gateway_state.json"]
    .map((file) => `/opt/data/${file}`);
  fifos.push("/opt/data/logs/container-boot.log", "/opt/data/logs/gateways/coder/previous");
  const plant = fifos.map((path) => `rm -f ${path} && mkfifo ${path}`).join(" && ");
  assertEquals((await container.sh(plant, { user: "hermes" })).stderr, "");
  await new Promise((resolve) => setTimeout(resolve, 1100)); // what was seen before is old by then
  for (
    const path of ["/livez", "/readyz", "/metrics", "/api/v1/gateways", "/api/v1/gateways/coder"]
  ) {
    const [status, body, ms] = await time(url + path);
    assertEquals(status, 200, body);
    assert(ms < 2000, `${path} took ${Math.round(ms)} ms`);
  }
  await container.sh(`rm ${fifos.join(" ")}`);
});

liveTest("on a full /run the probes answer", async (boot) => {
  const { container, url } = await bootStatus(boot, { default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  await container.sh("mount -o remount,size=2M /run; cat /dev/zero >/run/full 2>/dev/null");
  const [status, body, ms] = await time(`${url}/livez`);
  assertEquals([status, body], [200, "live\n"]);
  assert(ms < 1000);
  assertEquals((await ask(`${url}/readyz`))[0], 200);
  await container.sh("rm /run/full");
});

liveTest("/livez and /readyz are 503 while s6-svscan is frozen", async (boot) => {
  // The kernel does not freeze PID 1 for anybody in its container.
  if (SUPERVISION === "shared") return;
  const { container, url } = await bootStatus(boot, { default: RUNNING });
  await untilAllUp(container, "default");
  await container.sh("pkill -STOP -xf 's6-svscan .*/run/hermes/service'");
  await until("503", async () => (await ask(`${url}/livez`))[0] === 503);
  assertMatch((await ask(`${url}/livez`))[1], /^s6-svscan is frozen \(pid \d+\)\n$/);
  await until("503", async () => (await ask(`${url}/readyz`))[0] === 503);
  await container.sh("pkill -CONT -xf 's6-svscan .*/run/hermes/service'");
  await until("200", async () => (await ask(`${url}/livez`))[0] === 200);
});
