import { assertEquals } from "@std/assert";
import { findAilments, isHealthy, wordDown } from "../../lib/explain/health.ts";
import type { GatewayFacts, TreeFacts } from "../../lib/explain/tree_facts.ts";

const DOWN = {
  ...{ profile: "coder", up: false, wantedUp: false, pid: null, seconds: 5 },
  ...{ exitCode: 0, signal: null, deaths: 1 },
};
const UP = { ...DOWN, up: true, wantedUp: true, pid: 1, exitCode: null };

/** A gateway that is up and to run, with changes. */
function gateway(changes: Partial<GatewayFacts> = {}): GatewayFacts {
  return {
    ...{ profile: "coder", present: true, served: false, wantedBy: [], unregistered: false },
    recorded: { state: "running", setBy: "operator", setAt: null },
    ...{ registered: true, supervised: true, status: UP },
    ...changes,
  };
}

const MISSING = { registered: false, supervised: false, status: null };
const STOPPED = { recorded: { state: "stopped", setBy: "operator", setAt: null } } as const;

/** Who is ailing, by profile. */
function ailing(changes: Partial<GatewayFacts>, tree: Partial<TreeFacts> = {}): unknown[] {
  const facts = { role: "other" as const, gateways: [gateway(changes)], ...tree };
  return findAilments(facts).map(({ profile }) => profile);
}

Deno.test("isHealthy() is true for what is up, and for what is meant to be down", () => {
  assertEquals(isHealthy(UP, "running"), true);
  assertEquals(isHealthy({ ...DOWN, exitCode: 1 }, "stopped"), true);
  assertEquals(isHealthy({ ...DOWN, exitCode: 78 }, null), true);
  assertEquals(isHealthy(null, "stopped"), true);
});

Deno.test("isHealthy() is true for a gateway that ended by itself with exit code 0", () => {
  assertEquals(isHealthy(DOWN, "running"), true);
});

Deno.test("isHealthy() is false for what is down and wanted up", () => {
  assertEquals(isHealthy({ ...DOWN, wantedUp: true }, "stopped"), false);
  assertEquals(isHealthy({ ...DOWN, exitCode: 78 }, "running"), false);
  assertEquals(isHealthy({ ...DOWN, exitCode: null, signal: "SIGKILL" }, "running"), false);
  assertEquals(isHealthy(null, "running"), false);
});

Deno.test("findAilments() finds nothing wrong where what is to run is up", () => {
  assertEquals(ailing({}), []);
});

Deno.test("findAilments() names a profile that is to run and has no slot, no supervisor, or no status", () => {
  assertEquals(ailing(MISSING), ["coder"]);
  assertEquals(ailing({ supervised: false, status: null }), ["coder"]);
  assertEquals(ailing({ status: null }), ["coder"]);
  assertEquals(ailing({ ...MISSING, ...STOPPED, wantedBy: ["writer"] }), ["coder"]);
});

Deno.test("findAilments() misses nobody who is stopped, unregistered, gone, elsewhere or served", () => {
  for (
    const reason of [
      STOPPED,
      { unregistered: true },
      { present: false },
      { notSelected: "member 2 of 3 has it" },
      { served: true },
    ]
  ) assertEquals(ailing({ ...MISSING, ...reason }), [], JSON.stringify(reason));
});

Deno.test("findAilments() names a gateway that is down, also one that was unregistered once", () => {
  const status = { ...DOWN, exitCode: 78 };
  assertEquals(ailing({ status }), ["coder"]);
  assertEquals(ailing({ status, unregistered: true }), ["coder"]);
});

Deno.test("findAilments() finds that nothing was made, whatever is up", () => {
  for (const problem of ["bootProblem", "scandirProblem", "volumeProblem"]) {
    assertEquals(ailing({}, { [problem]: "x" }), [undefined]);
    assertEquals(ailing({}, { [problem]: "x", gateways: [] }), [undefined]);
  }
});

Deno.test("findAilments() misses nothing in a container for the dashboard alone", () => {
  assertEquals(ailing(MISSING, { role: "dashboard", bootProblem: "x" }), []);
});

Deno.test("wordDown() says how a gateway ended, and that s6 is starting it", () => {
  const word = (status: GatewayFacts["status"]) =>
    wordDown({ registered: true, supervised: true, status });
  assertEquals(word({ ...DOWN, exitCode: 78 }), "down, it ended with exit code 78");
  assertEquals(
    word({ ...DOWN, exitCode: null, signal: "SIGKILL", wantedUp: true }),
    "down, it ended with SIGKILL, s6 is starting it",
  );
  assertEquals(word({ ...DOWN, deaths: 0 }), "down");
});
