import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { until } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import {
  type Home,
  liveTest,
  SCANDIR,
  status,
  tryAsHermes,
  untilParked,
  untilUp,
} from "./_live.ts";

// As hermes leaves it: its own word on itself, and no intent yet.
const UPSTREAM = { state: { gateway_state: "running" }, stub: "upstream" };
const PROFILES = ["default", "coder"];

async function state(home: Home, profile: string): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(`${home.dir(profile)}/gateway_state.json`);
  const { desired_state, gateway_state } = JSON.parse(text);
  return { desired_state, gateway_state };
}

function untilSaid(home: Home, profile: string, said: RegExp): Promise<boolean> {
  return until(`${profile}: ${said}`, async () => said.test(await home.log(profile)), 30_000);
}

liveTest(
  "gatewayctl stop is a planned one to hermes, which exits 0 and records it",
  async (boot) => {
    const { container, home } = await boot({ default: UPSTREAM, coder: UPSTREAM });
    await home.untilMinding(...PROFILES);
    await ctlOk(container, ["stop", ...PROFILES]);
    for (const profile of PROFILES) {
      assertEquals((await untilParked(container, `gateway-${profile}`)).exitCode, 0);
      assertEquals(await state(home, profile), {
        ...{ desired_state: "stopped", gateway_state: "stopped" },
      });
      await untilSaid(home, profile, /: stopped\n$/);
      const names = [...Deno.readDirSync(home.dir(profile))].map(({ name }) => name);
      assertEquals(names.filter((name) => name.startsWith(".gateway")), []);
    }
  },
);

liveTest(
  "gatewayctl restart is a planned stop, and leaves the gateway up and wanted",
  async (boot) => {
    const { container, home } = await boot({ default: UPSTREAM, coder: UPSTREAM });
    await home.untilMinding(...PROFILES);
    const before = await Promise.all(PROFILES.map((profile) => untilUp(container, profile)));
    await ctlOk(container, ["restart", ...PROFILES]);
    for (const [i, profile] of PROFILES.entries()) {
      const { up, wantedUp, pid } = await status(container, `gateway-${profile}`);
      assertEquals({ up, wantedUp }, { up: true, wantedUp: true });
      assertNotEquals(pid, before[i]);
      await untilSaid(home, profile, /: stopped\n.*: up as .*\n$/);
      assertEquals(await state(home, profile), {
        ...{ desired_state: "running", gateway_state: "running" },
      });
    }
  },
);

liveTest(
  "a gateway that somebody else stops takes it for a crash, and still says running",
  async (boot) => {
    const { container, home } = await boot({ coder: UPSTREAM });
    await home.untilMinding("coder");
    await tryAsHermes(container, [["s6-svc", "-d", `${SCANDIR}/gateway-coder`]]);
    assertEquals((await untilParked(container, "gateway-coder")).exitCode, 1);
    await untilSaid(home, "coder", /: killed\n$/);
    assertEquals((await state(home, "coder")).gateway_state, "running");
    assert(!(await home.log("coder")).includes(": stopped"));
  },
);
