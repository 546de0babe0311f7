import { assertEquals } from "@std/assert";
import { findProblems, findUnwanted } from "../../lib/explain/overview.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";

const DOWN = { ...gateway().status!, up: false, wantedUp: false, pid: null, exitCode: 0 };
const RUNNING = { state: "running", setBy: "operator", setAt: null } as const;
const STOPPED = { ...RUNNING, state: "stopped" } as const;
const AWAY = { rule: "other-shard", reason: "x", outside: "y" } as const;

const GATEWAYS: Readonly<Record<string, Partial<GatewayFacts>>> = {
  "is-running": {},
  "is-stopped": { status: DOWN, recorded: STOPPED },
  "elsewhere": { slot: "none", status: null, away: AWAY },
  "elsewhere-stopped": { slot: "none", status: null, away: AWAY, recorded: STOPPED },
  "soulless": { slot: "none", status: null, found: "no SOUL.md" },
  "starts": { status: { ...DOWN, wantedUp: true }, deaths: 0 },
  "ended": { status: DOWN },
  "ended-stopped": { status: DOWN, recorded: { ...STOPPED, setBy: "gateway" } },
  "fails": { status: { ...DOWN, exitCode: 78 } },
  "unregistered": { slot: "none", status: null, unregistered: true },
};
const ALL = Object.entries(GATEWAYS).map(([profile, changes]) => gateway({ ...changes, profile }));

Deno.test("findUnwanted() has what is not as somebody wants it, the worst first", () => {
  assertEquals(
    findUnwanted(ALL, CONTAINER).map(({ facts: { profile } }) => profile),
    ["fails", "ended", "starts", "soulless", "elsewhere"],
  );
});

Deno.test("findUnwanted() and findProblems() miss nothing where another container has the gateways", () => {
  const around = { ...CONTAINER, role: "dashboard", svscan: "none", bootProblem: "x" } as const;
  assertEquals([findUnwanted(ALL, around), findProblems(around)], [[], []]);
});

Deno.test("findProblems() finds what all gateways need and has failed", () => {
  assertEquals(findProblems(CONTAINER), []);
  const around = { scandirProblem: "a", volumeProblem: "b", bootProblem: "c" };
  const found = findProblems({ ...CONTAINER, ...around, svscan: "frozen", svscanPid: 9 });
  assertEquals(found, [
    { text: "s6-svscan is frozen (pid 9)", help: "kill -s CONT 9" },
    { text: "nothing is supervised: a", help: "gatewayctl doctor" },
    { text: "the profiles cannot be read: b", help: "gatewayctl doctor" },
    {
      text: "no gateway was made when the container started: no boot record: c",
      help: "gatewayctl doctor",
    },
  ]);
});
