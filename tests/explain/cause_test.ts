import { assert, assertEquals, assertMatch } from "@std/assert";
import { diagnose, isWanted } from "../../lib/explain/cause.ts";
import type { ContainerFacts, GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";

const UP = gateway().status!;
const DOWN = { ...UP, up: false, wantedUp: false, pid: null, exitCode: 0 };
const START = "gatewayctl start coder";
const RUNNING = { state: "running", setBy: "operator", setAt: null } as const;
const STOPPED = { ...RUNNING, state: "stopped" } as const;
const NOTHING = { state: null, setBy: null, setAt: null } as const;
const SERVED = { by: "the root profile's gateway", up: true };
const FULL = { full: "no space is left for /h" };
const AGAIN = "gatewayctl sync; gatewayctl restart coder";

/** A logger whose process is like this. */
function logger(status: typeof DOWN, supervisor: "alive" | "none" = "alive") {
  return { logger: { supervisor, frozen: false, status } };
}
const ANEW = "gatewayctl unregister coder && gatewayctl register coder";

const CASES: readonly [
  changes: Partial<GatewayFacts>,
  cause: string,
  kind: string,
  help?: string | undefined,
  text?: RegExp,
][] = [
  [{}, "running", "running", undefined, /pid 7; it has died 3 times/],
  [{ deaths: 0, wantedBy: ["a"] }, "running", "running", undefined, /pid 7; wanted by a$/],
  [{ frozen: true }, "gateway-frozen", "failed", "kill -s CONT 7"],
  [
    ...[{ status: { ...UP, wantedUp: false } }, "stopping", "failed"] as const,
    ...["gatewayctl stop coder --kill-after 5", /does not \(pid 7\)/] as const,
  ],
  [logger(DOWN), "logger-down", "failed", "s6-svc -u /s/gateway-coder/log", /stands still$/],
  [logger({ ...DOWN, wantedUp: true }), "logger-down", "failed", ANEW, /nobody writes to its pipe/],
  [logger(DOWN, "none"), "logger-down", "failed", ANEW, /nothing supervises its logger/],
  [{ edited: [] }, "running", "running"],
  [{ edited: ["run", "log/run"] }, "run-edited", "failed", AGAIN, /: run, log\/run$/],
  [{ edited: ["run"], status: { ...DOWN, wantedUp: true } }, "run-edited", "failed", AGAIN],
  [{ edited: ["run"], status: DOWN }, "run-edited", "failed", AGAIN],
  [{ edited: ["run"], status: DOWN, recorded: STOPPED }, "stopped", "stopped", START],
  [{ status: null }, "unknown", "failed", "s6-svc -u /s/gateway-coder"],
  [{ status: null, recorded: STOPPED }, "unknown", "stopped", "s6-svc -d /s/gateway-coder"],
  [{ status: { ...DOWN, wantedUp: true }, deaths: 0 }, "starting", "starting"],
  [
    ...[{ status: { ...DOWN, wantedUp: true, exitCode: 3 } }, "restarting", "failed"] as const,
    ...["gatewayctl restart coder", /exit code 3 .* has counted 3; correct/] as const,
  ],
  [{ status: DOWN, recorded: STOPPED }, "stopped", "stopped", START, /^an operator stopped it$/],
  [
    ...[{ status: DOWN, recorded: STOPPED, wantedBy: ["a"] }, "stopped", "stopped"] as const,
    ...[START, /; at the next container start it is wanted by a$/] as const,
  ],
  [{ status: DOWN, deaths: 0, waiting: true }, "waiting", "starting", START, /for its turn/],
  [{ status: DOWN, deaths: 0, waiting: true, recorded: STOPPED }, "waiting", "starting", START],
  [{ status: { ...DOWN, wantedUp: true }, deaths: 0, waiting: true }, "starting", "starting"],
  [{ status: DOWN }, "ended", "stopped", START, /exit code 0/],
  [{ status: { ...DOWN, exitCode: 78 } }, "wrong-configuration", "failed", START, /correct it/],
  [
    ...[{ status: { ...DOWN, exitCode: null, signal: "SIGSEGV" }, deaths: 10 }] as const,
    ...["crash-loop", "failed", START, /10 deaths, the last by SIGSEGV/] as const,
  ],
  [{ status: { ...DOWN, exitCode: 1 } }, "brought-down", "failed", START, /past gatewayctl/],
  [{ status: DOWN, deaths: 0 }, "not-started", "failed", START],
  [{ status: DOWN, deaths: 0, recorded: NOTHING }, "never-started", "stopped", START],
  [
    ...[{ status: DOWN, deaths: 0, recorded: { ...STOPPED, setBy: "gateway" } }] as const,
    ...["stopped", "stopped", START, /"stopped", set by the gateway/] as const,
  ],
  [
    ...[{ status: DOWN, deaths: 0, recorded: { ...NOTHING, problem: "not JSON" } }] as const,
    ...["state-unusable", "failed"] as const,
    "mv -f /h/profiles/coder/gateway_state.json /h/profiles/coder/gateway_state.json.bad && " +
    START,
    /not JSON$/,
  ],
  [{ status: DOWN, deaths: 0, served: SERVED }, "served", "running", undefined, /gateway serves/],
  [
    ...[{ status: DOWN, deaths: 0, served: { ...SERVED, up: false } }, "server-down"] as const,
    ...["failed", START, /is down$/] as const,
  ],
];

Deno.test("diagnose() names what keeps a gateway where it is, and a command that helps", () => {
  for (const [changes, cause, kind, help, text = /^/] of CASES) {
    const answer = diagnose(gateway(changes), CONTAINER);
    assertEquals([answer.cause, answer.kind, answer.help], [cause, kind, help]);
    assertMatch(answer.text, text);
    assertEquals(answer.outside, undefined);
  }
});

Deno.test("diagnose() leaves to the outside what only the outside can change", () => {
  const cases: readonly [Partial<GatewayFacts>, Partial<ContainerFacts>, string, string][] = [
    [{ status: { ...DOWN, exitCode: 1 } }, FULL, "no-space", FULL.full],
    [{ status: null }, FULL, "no-space", FULL.full],
    [
      ...[{ status: { ...DOWN, exitCode: 78 } }, { hasHermes: false }, "no-hermes"] as const,
      "the image: it has no hermes on PATH",
    ],
  ];
  for (const [changes, around, cause, outside] of cases) {
    const answer = diagnose(gateway(changes), { ...CONTAINER, ...around });
    assertEquals([answer.cause, answer.outside, answer.help], [cause, outside, undefined]);
  }
});

Deno.test("diagnose() gives the cause that is behind the others", () => {
  const broken = { supervisor: "none", status: null, strays: [9] } as const;
  assertEquals(diagnose(gateway({ ...broken, found: "nothing" }), CONTAINER).cause, "removed");
  assertEquals(diagnose(gateway(broken), CONTAINER).cause, "no-supervisor");
  const frozen = { strays: [9], frozen: true, logProblem: { text: "x", help: "" } };
  assertEquals(diagnose(gateway(frozen), CONTAINER).cause, "two-gateways");
  assertEquals(diagnose(gateway({ ...frozen, strays: [] }), CONTAINER).cause, "log-unwritable");
});

Deno.test("diagnose() calls nothing failed that is down and that nobody wants", () => {
  const stopped = { recorded: STOPPED, wantedBy: [] };
  for (
    const changes of [{ found: "nothing" }, { supervisor: "none", status: null }, {
      slot: "none",
      status: null,
    }] as const
  ) {
    const facts = { ...stopped, status: DOWN, ...changes };
    assertEquals(diagnose(gateway(facts), CONTAINER).kind, "stopped");
    assertEquals(diagnose(gateway({ ...facts, recorded: RUNNING }), CONTAINER).kind, "failed");
  }
});

Deno.test("isWanted() goes by what is recorded, by who is served, and by s6", () => {
  const idle = { recorded: STOPPED, status: DOWN };
  assert(!isWanted(gateway(idle)));
  assert(isWanted(gateway({ ...idle, recorded: RUNNING })));
  assert(isWanted(gateway({ ...idle, wantedBy: ["a"] })));
  assert(isWanted(gateway({ ...idle, status: { ...DOWN, wantedUp: true } })));
});
