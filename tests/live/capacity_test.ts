import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseFacts } from "../../lib/rules/facts.ts";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import {
  bootContainer,
  Home,
  liveTest,
  RUNNING,
  SCANDIRS,
  STOPPED,
  type Supervision,
} from "./_live.ts";

const HALF = 300;
const numbered = (letter: string) =>
  Array.from({ length: HALF }, (_, i) => `${letter}${String(i).padStart(3, "0")}`);
// By name alone those that ran would come last.
const IDLE = numbered("a");
const RAN = numbered("z");

/** Boots a container with 600 profiles, half of which ran, and the root profile, which did. */
async function crowded(
  mode: Supervision,
  act: (container: Container, home: Home) => Promise<void>,
): Promise<void> {
  const scenes = [...IDLE.map((name) => [name, STOPPED]), ...RAN.map((name) => [name, RUNNING])];
  await using home = await Home.make({ default: RUNNING, ...Object.fromEntries(scenes) });
  await using container = await bootContainer(home, { env: { HERMES_SUPERVISION: mode } });
  await act(container, home);
}

/** Waits until slots, each with its logger, are supervised, and those that start are up. */
async function untilUp(container: Container, dir: string, profiles: readonly string[]) {
  const script = `cd ${dir}; for p in ${profiles.join(" ")}; do
    s6-svok gateway-$p && s6-svok gateway-$p/log || { echo "$p"; exit; }
    [ -e gateway-$p/down ] || [ "$(s6-svstat -o up gateway-$p)" = true ] || { echo "$p"; exit; }
  done; echo all`;
  await until(
    "all gateways are supervised, and those that ran up",
    async () => (await container.sh(script)).stdout === "all\n",
    30_000,
  );
}

async function names(container: Container, dir: string): Promise<string[]> {
  return (await container.sh(`ls ${dir}`)).stdout.trim().split("\n");
}

liveTest(
  "shared: of 600 profiles those that ran get the room there is, then others by name, and the rest is named",
  async () => {
    await crowded("shared", async (container, home) => {
      const dir = SCANDIRS.shared;
      const facts = parseFacts((await container.sh("cat /run/hermes-boot/facts")).stdout);
      assertEquals(facts.get("svscan_max"), "-c 500");
      const services = (await names(container, dir)).filter((name) => !name.startsWith("gateway-"));
      const left = IDLE.slice(500 - 8 - services.length - 1 - HALF);
      const fitting = ["default", ...IDLE.slice(0, -left.length), ...RAN];
      assertEquals(
        (await names(container, dir)).filter((name) => name.startsWith("gateway-")),
        fitting.map((name) => `gateway-${name}`).sort(),
      );
      await untilUp(container, dir, fitting);
      assert(!(await container.log()).includes("too many services"));

      const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
      const lines = log.split("\n").filter((line) => line.includes(" action=skipped "));
      assertEquals(lines.map((line) => / profile=(\S+) /.exec(line)?.[1]), left);
      for (const line of lines) assertStringIncludes(line, "HERMES_SUPERVISION=isolated");
      const [last = ""] = left.slice(-1);
      const why = await ctl(container, ["why", last]);
      assertMatch(
        why.stdout,
        /: no room: s6-svscan supervises at most 500 [^]*outside: +HERMES_SUPERVISION is "shared"/,
      );
      const register = await ctl(container, ["register", last]);
      assertEquals(register.code, 1);
      assertMatch(register.stderr, new RegExp(`^gatewayctl: error: ${last}: no room: [^\n]+\n$`));
      const synced = await ctlJson<{ profile: string; action: string }[]>(container, ["sync"]);
      const skipped = synced.filter(({ action }) => action === "skipped");
      assertEquals(skipped.map(({ profile }) => profile), left);
      const checks = await ctlJson<{ name: string; ok: boolean; detail: string }[]>(container, [
        "doctor",
      ]);
      const room = checks.find(({ name }) => name === "room for gateways");
      assertMatch(`${room?.ok} ${room?.detail}`, /^false no room: .* 500 .* there are 492$/);

      // What hermes itself registers fits.
      const own = Array.from({ length: 8 }, (_, i) => `own${i}`);
      await container.sh(`cd ${dir} && for p in ${own.join(" ")}; do
      cp -R gateway-default .new && rm -rf .new/supervise .new/event .new/log/supervise .new/log/event
      : >.new/down; mv .new gateway-$p
    done; s6-svscanctl -a ${dir}`);
      await untilUp(container, dir, [...fitting, ...own]);
    });
  },
);

liveTest(
  "isolated: 600 profiles all fit, and doctor says for how many more there is room",
  async () => {
    await crowded("isolated", async (container) => {
      const dir = SCANDIRS.isolated;
      const all = ["default", ...IDLE, ...RAN];
      assertEquals(await names(container, dir), all.map((name) => `gateway-${name}`).sort());
      await untilUp(container, dir, all);
      const checks = await ctlJson<{ name: string; ok: boolean; detail: string }[]>(container, [
        "doctor",
      ]);
      const room = checks.find(({ name }) => name === "room for gateways");
      assertMatch(`${room?.ok} ${room?.detail}`, /^true for \d+ more: \d+ of 8000 taken$/);
    });
  },
);
