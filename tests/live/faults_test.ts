import { assert, assertEquals } from "@std/assert";
import { pooledMap } from "@std/async/pool";
import { type Container, until } from "../container/container.ts";
import { type Boot, liveTest, RUNNING, SCANDIRS, STOPPED } from "./_live.ts";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import {
  type Expected,
  type Fault,
  find,
  type Kind,
  KINDS,
  stopWithin,
  untilTrue,
  type World,
} from "./_faults.ts";

/** What every container has: two that run, one that does not. */
const PROFILES = { default: RUNNING, coder: RUNNING, still: STOPPED };
const EXPECTED: Expected = { default: "up", coder: "up", still: "down" };

/** How many containers there are at once: they wait more than they work. */
const AT_ONCE = 3;

const GATEWAY = /\/hermes-pcodergatewayrun--replace$/;
const LOGGER = /^s6-log.*\/coder$/;
const SUPERVISORS: Readonly<Record<string, RegExp>> = {
  "a gateway": GATEWAY,
  "a logger": LOGGER,
  "a gateway's s6-supervise": /^s6-supervisegateway-coder$/,
  "a logger's s6-supervise": /^s6-supervisegateway-coder\/log$/,
};
const SVSCAN = /^s6-svscan.*\/run\/hermes\/service$/;
const INNER = { "the inner s6-svscan": SVSCAN };
const ROOTS = { "root's s6-supervise of it": /^s6-supervisegateways$/ };
const HAS_INNER: readonly Kind[] = ["isolated", "three capabilities"];

function signal(name: string, line: RegExp): (world: World) => Promise<unknown> {
  return async ({ container }) => {
    const pid = await find(container, line);
    const { code, stderr } = await container.sh(`kill -s ${name} ${pid}`, { user: "hermes" });
    // What is root's, only the kernel or an operator kills.
    if (code !== 0) assertEquals((await container.sh(`kill -s ${name} ${pid}`)).code, 0, stderr);
  };
}

function kills(
  processes: Readonly<Record<string, RegExp>>,
  frozenHealth: number,
  kinds?: readonly Kind[],
): Fault[] {
  return Object.entries(processes).flatMap(([what, line]) =>
    [["KILL", "killed"], ["STOP", "frozen"]].map(([name = "", word]): Fault => ({
      title: `${what} is ${word}`,
      ...kinds && { kinds },
      plant: signal(name, line),
      // What stands still has failed, though it is there.
      health: name === "STOP" ? frozenHealth : 0,
      withinMs: 20_000,
    }))
  );
}

/** Does what `why` says of gateways of which s6 could not write down how they are; tells whether all are known. */
async function tell(container: Container): Promise<boolean> {
  const rows = await ctlJson<{ profile: string; cause: string }[]>(container, ["list"]);
  const unknown = rows.filter(({ cause }) => cause === "unknown");
  for (const { profile } of unknown) {
    const [{ try: help = "" } = {}] = await ctlJson(container, ["why", profile]);
    assertEquals((await container.sh(String(help), { user: "hermes" })).stderr, "");
  }
  return unknown.length === 0 && rows.every(({ cause }) => cause !== "starting");
}

// Beside what has a test of its own: too many profiles (capacity_test), a service gateways that cannot
// get ready (gateways_service_test), children and ports (orphans_test), reports (gatewayctl_health_test).
const FAULTS: readonly Fault[] = [
  ...kills(SUPERVISORS, 1),
  ...kills(INNER, 1, HAS_INNER),
  ...kills(ROOTS, 0, HAS_INNER),
  {
    title: "hermes puts an s6-svscan of its own in the place of the inner one",
    kinds: HAS_INNER,
    plant: async ({ container, scandir }) => {
      const pid = await find(container, SVSCAN);
      const seize = `kill -9 ${pid}; cd /; while ! setsid s6-svscan ${scandir}; do :; done`;
      container.sh(`(${seize}) >/dev/null 2>&1 </dev/null &`, { user: "hermes" });
    },
    withinMs: 30_000,
  },
  {
    title: "every service directory is removed",
    plant: ({ container, scandir }) =>
      container.sh(`rm -rf ${scandir}/gateway-*`, { user: "hermes" }),
    during: async ({ container }) => {
      assertEquals((await ctl(container, ["health"])).code, 1, "health without gateways");
    },
    end: async ({ container }) => {
      const { code, stderr } = await ctl(container, ["sync"]);
      assertEquals(code, 0, stderr);
    },
    withinMs: 20_000,
  },
  {
    title: "a killed gateway leaves a child in a session of its own, which holds its log",
    profiles: { coder: { ...RUNNING, stub: "agent" } },
    plant: signal("KILL", GATEWAY),
    withinMs: 20_000,
  },
  {
    title: "/run is full before the boot",
    kinds: ["shared", "isolated"],
    // There is room for the facts, and not for every slot.
    before: ({ container }) =>
      container.sh(
        "set -- $(stat -f -c '%c %d' /run); mount -o remount,nr_inodes=$(($1 - $2 + 18)) /run",
      ),
    during: async ({ container }) => {
      const { code, stderr } = await ctl(container, ["health"]);
      assert(code !== 0, "health is 0 without gateways");
      assert(stderr !== "", "health does not say why");
    },
    end: async ({ container }) => {
      await container.sh("mount -o remount,nr_inodes=0 /run");
      const { code, stderr } = await ctl(container, ["sync"]);
      assertEquals(code, 0, stderr);
      await until("what s6 could not write down is known", () => tell(container), 20_000);
    },
    withinMs: 20_000,
  },
  {
    title: "/run gets full",
    kinds: ["shared", "isolated"],
    plant: async ({ container }) => {
      await container.sh("mount -o remount,size=4m /run; cat /dev/zero >/run/fill");
      await signal("KILL", GATEWAY)({ container } as World);
    },
    end: ({ container }) => container.sh("rm -f /run/fill"),
    withinMs: 20_000,
  },
  {
    title: "the volume gets full",
    kinds: ["shared", "isolated"],
    before: ({ container }) =>
      container.sh(`cp -a /opt/data /tmp/volume && mount -t tmpfs -o size=1m tmpfs /opt/data &&
        cp -a /tmp/volume/. /opt/data && chown hermes: /opt/data`),
    plant: async (world) => {
      await world.container.sh("cat /dev/zero >/opt/data/fill");
      await signal("KILL", GATEWAY)(world);
    },
    withinMs: 20_000,
  },
  {
    title: "the volume is full before the boot",
    kinds: ["shared", "isolated"],
    before: ({ container }) =>
      container.sh(`cp -a /opt/data /tmp/volume && mount -t tmpfs -o size=1m tmpfs /opt/data &&
        cp -a /tmp/volume/. /opt/data && chown hermes: /opt/data; cat /dev/zero >/opt/data/fill`),
    withinMs: 20_000,
  },
  {
    title: "profiles is moved away",
    plant: ({ container }) => container.sh("mv /opt/data/profiles /opt/data/away"),
    during: async ({ container }) => {
      const { stderr, code } = await ctl(container, ["why", "coder"]);
      assert(code !== 2, stderr);
    },
    end: ({ container }) => container.sh("mv /opt/data/away /opt/data/profiles"),
    withinMs: 20_000,
  },
];

async function play(boot: Boot, fault: Fault, kind: Kind): Promise<void> {
  const options = KINDS[kind];
  const { container } = await boot({ ...PROFILES, ...fault.profiles }, {
    ...options,
    ...fault.boot,
    env: { ...options.env, ...fault.boot?.env },
    hooks: false,
  });
  const mode = kind === "shared" ? "shared" : "isolated";
  const world: World = { container, mode, scandir: SCANDIRS[mode] };
  await fault.before?.(world);
  await container.boot();
  if (fault.before === undefined) await untilTrue(world, EXPECTED, 30_000);
  await fault.plant?.(world);
  await fault.during?.(world);
  await fault.end?.(world);
  await untilTrue(world, EXPECTED, fault.withinMs, fault.health);
  await stopWithin(world);
}

for (const kind of Object.keys(KINDS) as Kind[]) {
  liveTest(
    `faults, ${kind}: what runs comes back, once; list and health are true; the stop is short`,
    async (boot) => {
      const faults = FAULTS.filter(({ kinds = Object.keys(KINDS) }) => kinds.includes(kind));
      const wrong = pooledMap(AT_ONCE, faults, async (fault) => {
        try {
          await play(boot, fault, kind);
        } catch (error) {
          return `${fault.title}: ${(error as Error).message}`;
        }
      });
      assertEquals((await Array.fromAsync(wrong)).filter((one) => one !== undefined), []);
    },
  );
}
