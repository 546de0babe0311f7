import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { bootContainer, Home, liveTest, status, untilRested, untilStatus } from "./_live.ts";

const RUNNING = { desired_state: "running" };

/** Watches a service for 3 s, the time in which s6 would have respawned it. */
async function neverUp(container: Container, service: string): Promise<void> {
  const end = performance.now() + 3000;
  while (performance.now() < end) {
    const { up, pid } = await status(container, service);
    assertEquals({ up, pid }, { up: false, pid: -1 }, `${service} was respawned`);
  }
}

liveTest("a dashboard that is not asked for rests", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await untilRested(container, "dashboard");
  await neverUp(container, "dashboard");
  assertEquals((await status(container, "dashboard")).exitCode, 0);
});

liveTest("a dashboard that is asked for is hermes's and comes back after kill -9", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home, { env: { HERMES_DASHBOARD: "TRUE" } });
  const first = await untilStatus(container, "dashboard", "up", ({ up }) => up);
  await until(
    "the dashboard has become hermes",
    async () => (await container.sh(`stat -c %U /proc/${first.pid}`)).stdout === "hermes\n",
  );
  await container.sh(`kill -9 ${first.pid}`);
  await untilStatus(container, "dashboard", "back", ({ up, pid }) => up && pid !== first.pid);
});

liveTest("a dashboard with a bad port is parked and says why", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home, {
    env: { HERMES_DASHBOARD: "on", HERMES_DASHBOARD_PORT: "65536" },
  });
  const { exitCode } = await untilRested(container, "dashboard");
  assertEquals(exitCode, 78);
  await neverUp(container, "dashboard");
  assertMatch(
    await container.log(),
    /^dashboard: fatal: HERMES_DASHBOARD_PORT: expected a port from 1 to 65535, got '65536'$/m,
  );
});

for (const code of [0, 78]) {
  liveTest(`a gateway that exits ${code} stays down`, async () => {
    await using home = await Home.make({ coder: { state: RUNNING, stub: `exit ${code}` } });
    await using container = await bootContainer(home);
    const { exitCode } = await untilStatus(
      container,
      "gateway-coder",
      "parked",
      ({ up, wantedUp }) => !up && !wantedUp,
    );
    assertEquals(exitCode, code);
    await neverUp(container, "gateway-coder");
  });
}

/** Counts how often the stub has come up. */
async function starts(home: Home): Promise<number> {
  const text = await Deno.readTextFile(`${home.path}/logs/gateways/coder/current`).catch(() => "");
  return text.split("\n").filter((line) => line.includes("gateway coder: up as hermes")).length;
}

liveTest("a gateway that keeps exiting 1 is restarted nine times and then parked", async () => {
  await using home = await Home.make({ coder: { state: RUNNING, stub: "exit 1" } });
  await using container = await bootContainer(home);
  await until("a restart", async () => await starts(home) >= 2);
  await untilStatus(
    container,
    "gateway-coder",
    "parked",
    ({ up, wantedUp }) => !up && !wantedUp,
    60_000,
  );
  await until("the whole log", async () => await starts(home) >= 10);
  assertEquals(await starts(home), 10);
  assertMatch(await container.log(), /PERMANENT FAILURE triggered after 10 events/);
});

liveTest("a gateway that is killed ten times is parked too", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  await using container = await bootContainer(home);
  let last = -1;
  for (let death = 1; death <= 10; death++) {
    const { pid } = await untilStatus(
      container,
      "gateway-coder",
      `up for death ${death}`,
      ({ up, pid }) => up && pid !== last,
    );
    await container.exec(["s6-svc", "-k", "/run/service/gateway-coder"], { user: "hermes" });
    last = pid;
  }
  await untilStatus(
    container,
    "gateway-coder",
    "parked",
    ({ up, wantedUp }) => !up && !wantedUp,
  );
});

liveTest(
  "a container without hermes on PATH parks its gateways and says so in both logs",
  async () => {
    await using home = await Home.make({ coder: { state: RUNNING } });
    await using container = await bootContainer(home, { env: { PATH: "/command:/usr/bin:/bin" } });
    const { exitCode } = await untilStatus(
      container,
      "gateway-coder",
      "parked",
      ({ up, wantedUp }) => !up && !wantedUp,
    );
    assertEquals(exitCode, 78);
    const said = /gateway-coder: fatal: no hermes on PATH\n/;
    assertMatch(await container.log(), said);
    const log = await until(
      "the gateway's log",
      () => Deno.readTextFile(`${home.path}/logs/gateways/coder/current`).catch(() => ""),
    );
    assertMatch(log, said);
  },
);

liveTest("a stopped container leaves no process behind and a clean prior exit", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  {
    await using container = await bootContainer(home);
    await until("the gateway", async () => await starts(home) === 1);
    await until(
      "it minds its signals",
      () => Deno.readTextFile(`${home.dir("coder")}/gateway.pid`).catch(() => ""),
    );
    assert(await container.stop(30_000), "it had to be killed");
  }
  await using container = await bootContainer(home);
  await until("the gateway again", async () => await starts(home) === 2);
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  const coder = log.split("\n").filter((line) => line.includes("profile=coder"));
  assertEquals(coder.length, 2);
  assert(coder[0]?.endsWith("prior_exit=unknown"), coder[0]);
  assert(coder[1]?.endsWith("prior_exit=clean"), coder[1]);
  assert((await container.log()).length >= 0);
});
