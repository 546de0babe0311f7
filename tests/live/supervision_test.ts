import { assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  staysDown,
  THREE,
  untilParked,
  untilRested,
  untilStatus,
} from "./_live.ts";

/** Counts how often a profile's stub has come up. */
async function starts(home: Home, profile: string): Promise<number> {
  return (await home.log(profile)).split(`gateway ${profile}: up as hermes`).length - 1;
}

liveTest("a dashboard that is not asked for rests", async (boot) => {
  const { container } = await boot({});
  assertEquals((await untilRested(container, "dashboard")).exitCode, 0);
  await staysDown(container, "dashboard");
});

liveTest("a dashboard that is asked for is hermes's and comes back after kill -9", async (boot) => {
  const { container } = await boot({}, { env: { HERMES_DASHBOARD: "TRUE" } });
  const first = await untilStatus(container, "dashboard", "up", ({ up }) => up);
  await until(
    "the dashboard has become hermes",
    async () => (await container.sh(`stat -c %U /proc/${first.pid}`)).stdout === "hermes\n",
  );
  await container.sh(`kill -9 ${first.pid}`);
  await untilStatus(container, "dashboard", "back", ({ up, pid }) => up && pid !== first.pid);
});

liveTest("a dashboard with a bad port is parked and says why", async (boot) => {
  const env = { HERMES_DASHBOARD: "on", HERMES_DASHBOARD_PORT: "65536" };
  const { container } = await boot({}, { env });
  assertEquals((await untilRested(container, "dashboard")).exitCode, 78);
  await staysDown(container, "dashboard");
  assertMatch(
    await container.log(),
    /^dashboard: error: HERMES_DASHBOARD_PORT: expected a port from 1 to 65535, got '65536'$/m,
  );
});

for (const capabilities of [undefined, THREE]) {
  const how = capabilities === undefined ? "" : ", without CAP_DAC_OVERRIDE and CAP_KILL too";
  liveTest(`a dashboard that dies ten times in two minutes is parked${how}`, async (boot) => {
    // It refuses to listen to others as long as nobody can log in.
    const env = { HERMES_DASHBOARD: "1", HERMES_DASHBOARD_HOST: "0.0.0.0" };
    const { container } = await boot({}, {
      env,
      ...capabilities === undefined ? {} : { capabilities },
    });
    assertEquals((await untilParked(container, "dashboard")).exitCode, 1);
    await staysDown(container, "dashboard");
    assertEquals((await container.log()).match(/^dashboard: refusing to bind/gm)?.length, 10);
  });
}

liveTest(
  "a dashboard has its login from the container's environment, the facts do not",
  async (boot) => {
    const { container } = await boot({}, {
      env: {
        ...{ HERMES_DASHBOARD: "1", HERMES_DASHBOARD_HOST: "0.0.0.0" },
        HERMES_DASHBOARD_BASIC_AUTH_USERNAME: "admin",
        HERMES_DASHBOARD_BASIC_AUTH_PASSWORD: "pass phrase",
      },
    });
    const { pid } = await untilStatus(container, "dashboard", "up", ({ up }) => up);
    await until("the dashboard is what it becomes", async () => {
      return (await container.sh(`tr '\\0' '\\n' </proc/${pid}/cmdline`)).stdout.startsWith(
        "sleep",
      );
    });
    const { stdout } = await container.sh("cat /run/hermes-boot/facts");
    assertEquals(stdout.includes("BASIC_AUTH") || stdout.includes("pass phrase"), false);
  },
);

liveTest("after exit 0 and 78 a gateway stays down, after ten times exit 1 too", async (boot) => {
  const codes = [0, 78, 1];
  const scenes = codes.map((code) => [`exit${code}`, { ...RUNNING, stub: `exit ${code}` }]);
  const { container, home } = await boot(Object.fromEntries(scenes));
  for (const code of codes) {
    assertEquals((await untilParked(container, `gateway-exit${code}`)).exitCode, code);
  }
  await staysDown(container, ...codes.map((code) => `gateway-exit${code}`));
  for (const [code, count] of [[0, 1], [78, 1], [1, 10]] as const) {
    await until("the whole log", async () => await starts(home, `exit${code}`) >= count, 30_000);
    assertEquals(await starts(home, `exit${code}`), count);
  }
  assertMatch(await container.log(), /PERMANENT FAILURE triggered after 10 events/);
});

liveTest("without hermes on PATH gateways are parked, and both logs say so", async (boot) => {
  const env = { PATH: "/command:/usr/bin:/bin" };
  const { container, home } = await boot({ coder: RUNNING }, { env });
  assertEquals((await untilParked(container, "gateway-coder")).exitCode, 78);
  const said = /gateway-coder: error: this image has no hermes on PATH\n/;
  await until("the container's log", async () => said.test(await container.log()), 30_000);
  await home.untilLogged("coder");
  assertMatch(await home.log("coder"), said);
});
