import { assertEquals } from "@std/assert";
import type { ContainerFacts, GatewayFacts } from "../../lib/explain/gateway.ts";
import { findAilments, type Probe } from "../../lib/explain/health.ts";

const UP = { up: true, wantedUp: true, pid: 7, exitCode: null, signal: null, seconds: 5 };
const DOWN = { ...UP, up: false, wantedUp: false, pid: null };
const ALIVE = { supervisor: "alive", frozen: false, status: UP } as const;
const NO_SLOT = { slot: "none", supervisor: "none", status: null } as const;
const WRONG = { status: { ...DOWN, exitCode: 78 }, deaths: 1 };

/** A gateway that is up and to run, with changes. */
function gateway(changes: Partial<GatewayFacts> = {}): GatewayFacts {
  return {
    ...{ profile: "coder", dir: "/h/profiles/coder", found: "profile", wantedBy: [] },
    recorded: { state: "running", setBy: "operator", setAt: null },
    ...{ servicedir: "/s/gateway-coder", slot: "directory", unregistered: false, deaths: 0 },
    ...{ ...ALIVE, logger: ALIVE, logDir: "/h/logs/gateways/coder", strays: [], doubles: [] },
    ...changes,
  };
}

/** A container whose start is over, and that knows of these profiles. */
function container(changes: Partial<ContainerFacts> = {}): ContainerFacts {
  const boot = { seconds: 1, actions: new Map([["coder", "started"]] as const) };
  return {
    ...{ svscan: "alive", svscanPid: 1, mode: "shared", role: "other", hasHermes: true, boot },
    ...changes,
  };
}

/** Who is ailing, and why. */
function ailing(
  probe: Probe,
  changes: Partial<GatewayFacts>,
  around: Partial<ContainerFacts> = {},
) {
  const found = findAilments(container(around), [gateway(changes)], probe);
  return found.map(({ profile, cause, text }) => profile === undefined ? text : cause);
}

Deno.test("findAilments() finds nothing wrong where what is to run is up", () => {
  assertEquals([ailing("ready", {}), ailing("healthy", {})], [[], []]);
});

Deno.test("findAilments() names the gateway, the cause and the reason", () => {
  const [ailment] = findAilments(container(), [gateway(WRONG)], "healthy");
  assertEquals([ailment?.profile, ailment?.cause], ["coder", "wrong-configuration"]);
  assertEquals(ailment?.text.includes("exit code 78"), true);
});

const OWN: readonly [cause: string, changes: Partial<GatewayFacts>][] = [
  ["wrong-configuration", WRONG],
  ["crash-loop", { status: { ...DOWN, exitCode: 1 }, deaths: 10 }],
  ["restarting", { status: { ...DOWN, wantedUp: true, exitCode: 1 }, deaths: 1 }],
  ["brought-down", { status: { ...DOWN, signal: "SIGTERM" }, deaths: 1 }],
  ["gateway-frozen", { frozen: true }],
  ["two-gateways", { strays: [99] }],
  ["log-unwritable", { logProblem: { text: "x" } }],
  ["run-edited", { edited: ["run"] }],
  ["not-started", { status: DOWN }],
  ["server-down", {
    ...NO_SLOT,
    slot: "directory",
    supervisor: "alive",
    status: DOWN,
    served: { by: "x", up: false },
  }],
];

for (const [cause, changes] of OWN) {
  Deno.test(`findAilments() takes a container for ready, but not for healthy, with a gateway that is ${cause}`, () => {
    assertEquals([ailing("ready", changes), ailing("healthy", changes)], [[], [cause]]);
  });
}

const OURS: readonly [cause: string, changes: Partial<GatewayFacts>][] = [
  ["starting", { status: { ...DOWN, wantedUp: true } }],
  ["waiting", { status: DOWN, waiting: true, recorded: { state: null, setBy: null, setAt: null } }],
  ["no-slot", NO_SLOT],
  ["no-supervisor", { supervisor: "none", status: null }],
  ["supervisor-frozen", { supervisor: "frozen", supervisorPid: 6 }],
  ["logger-down", { logger: { ...ALIVE, supervisor: "none", status: null } }],
  ["unknown", { status: null }],
  ["not-a-directory", { ...NO_SLOT, slot: "other" }],
];

for (const [cause, changes] of OURS) {
  Deno.test(`findAilments() takes a container for neither ready nor healthy with a gateway that is ${cause}`, () => {
    assertEquals([ailing("ready", changes), ailing("healthy", changes)], [[cause], [cause]]);
  });
}

Deno.test("findAilments() takes a container for ready although a profile is newer than its start, or was skipped there", () => {
  const newer = { ...NO_SLOT, profile: "newer" };
  assertEquals([ailing("ready", newer), ailing("healthy", newer)], [[], ["no-slot"]]);
  const boot = { seconds: 1, actions: new Map([["coder", "skipped"]] as const) };
  const full = { boot, noRoom: { problem: "x", help: "y" } };
  assertEquals(ailing("ready", NO_SLOT, full), []);
  assertEquals(ailing("healthy", NO_SLOT, full), ["svscan-full"]);
});

Deno.test("findAilments() misses nobody who is stopped, unregistered, removed, elsewhere, served or has ended by itself", () => {
  const away = { rule: "other-shard", reason: "x", outside: "y" } as const;
  for (
    const changes of [
      { recorded: { state: "stopped", setBy: "operator", setAt: null }, status: DOWN },
      { ...NO_SLOT, unregistered: true },
      { found: "nothing" },
      { ...NO_SLOT, away },
      { status: DOWN, served: { by: "x", up: true } },
      { status: { ...DOWN, exitCode: 0 }, deaths: 1 },
    ] as Partial<GatewayFacts>[]
  ) assertEquals(ailing("healthy", changes), [], JSON.stringify(changes));
});

Deno.test("findAilments() finds what is wrong with all, whoever is up", () => {
  for (
    const [changes, text] of [
      [{ svscan: "frozen", svscanPid: 17 }, "s6-svscan is frozen (pid 17)"],
      [{ svscan: "none" }, "s6-svscan is down"],
      [
        { boot: undefined, bootProblem: "x" },
        "no gateway was made when the container started: no boot record: x",
      ],
      [{ volumeProblem: "x" }, "the profiles cannot be read: x"],
      [{ scandirProblem: "x" }, "nothing is supervised: x"],
    ] as [Partial<ContainerFacts>, string][]
  ) {
    assertEquals(ailing("ready", {}, changes), [text]);
    assertEquals(ailing("healthy", {}, changes), [text]);
  }
});

Deno.test("findAilments() misses nothing in a container for the dashboard alone", () => {
  assertEquals(ailing("ready", NO_SLOT, { role: "dashboard", bootProblem: "x" }), []);
});
