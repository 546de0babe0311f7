import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { explain, isProfile, type WhyFacts } from "../../lib/explain/why.ts";

const DOWN = {
  ...{ profile: "coder", up: false, wantedUp: false, pid: null, seconds: 5 },
  ...{ exitCode: 0, signal: null, deaths: 0 },
};
const RECORDED = { state: "running", setBy: "operator", setAt: null } as const;

/** A registered gateway that was never started, with changes. */
function facts(changes: Partial<WhyFacts>): WhyFacts {
  return {
    profile: "coder",
    dir: "/opt/data/profiles/coder",
    found: "profile",
    recorded: RECORDED,
    registered: true,
    supervised: true,
    status: DOWN,
    logLines: [],
    ...changes,
  };
}

const boot = (action: string, latest = true) => ({
  bootLine: { text: `T profile=coder prior_state=running action=${action}`, latest },
});
const unregistered = { registered: false, supervised: false, status: null };

const CASES: readonly [cause: string, changes: Partial<WhyFacts>, help: string | undefined][] = [
  ["illegal-name", { nameProblem: "expected x" }, "mv '/opt/data/profiles/coder'"],
  ["no-directory", { found: "no directory", ...unregistered }, "gatewayctl list"],
  ["no-directory", { found: "no directory" }, "gatewayctl sync --prune"],
  ["no-soul", { found: "no SOUL.md", ...unregistered }, "touch '/opt/data/profiles/coder/SOUL.md'"],
  ["refused", { refusal: "a symlink", ...unregistered }, "gatewayctl sync"],
  [
    "not-selected",
    { notSelected: "not in the list", ...unregistered },
    "the container's HERMES_GATEWAY_PROFILES and HERMES_GATEWAY_SHARD",
  ],
  [
    "no-room",
    { noRoom: { problem: "no room: x", help: "HERMES_SUPERVISION=isolated" }, ...unregistered },
    "HERMES_SUPERVISION=isolated",
  ],
  [
    "not-selected",
    { notSelected: "x", noRoom: { problem: "no room", help: "more" }, ...unregistered },
    "HERMES_GATEWAY_SHARD",
  ],
  ["not-started", { noRoom: { problem: "no room", help: "more" } }, "gatewayctl start coder"],
  ["served", { served: true }, "gatewayctl why default"],
  ["newer-than-boot", unregistered, "gatewayctl sync"],
  ["newer-than-boot", { ...unregistered, ...boot("started", false) }, "gatewayctl sync"],
  ["newer-than-boot", { ...unregistered, ...boot('skipped reason="x"') }, "gatewayctl sync"],
  ["unregistered", { ...unregistered, ...boot("started") }, "gatewayctl register coder"],
  ["not-supervised", { supervised: false, status: null }, "gatewayctl doctor"],
  ["not-known", { status: null }, "gatewayctl doctor"],
  ["up", { status: { ...DOWN, up: true, wantedUp: true, pid: 7, exitCode: null } }, undefined],
  ["restarting", { status: { ...DOWN, wantedUp: true, deaths: 2, exitCode: 1 } }, "logs -f coder"],
  [
    "stopped-by-operator",
    { recorded: { ...RECORDED, state: "stopped" } },
    "gatewayctl start coder",
  ],
  ["exit-78", { status: { ...DOWN, deaths: 1, exitCode: 78 } }, "gatewayctl logs coder"],
  ["exit-0", { status: { ...DOWN, deaths: 1 } }, "gatewayctl start coder"],
  ["crash-loop", { status: { ...DOWN, deaths: 10, exitCode: 1 } }, "gatewayctl logs coder"],
  [
    "crash-loop",
    { status: { ...DOWN, deaths: 10, exitCode: null, signal: "SIGKILL" } },
    "gatewayctl logs coder",
  ],
  [
    "state",
    { recorded: { state: null, setBy: null, setAt: null, problem: "not JSON" } },
    "gatewayctl start coder",
  ],
  [
    "state",
    { recorded: { state: "stopped", setBy: "gateway", setAt: null } },
    "gatewayctl start coder",
  ],
  ["not-started", {}, "gatewayctl start coder"],
  ["down", { status: { ...DOWN, deaths: 1, exitCode: 1 } }, "gatewayctl start coder"],
];

for (const [index, [cause, changes, help]] of CASES.entries()) {
  Deno.test(`explain() finds ${cause} (case ${index + 1}) and the command that helps`, () => {
    const answer = explain(facts(changes));
    assertEquals(answer.cause, cause);
    if (help === undefined) assertEquals(answer.help, undefined);
    else assertStringIncludes(answer.help ?? "", help);
    assert(answer.text !== "");
  });
}

Deno.test("explain() says who set a state, and by what signal a crash loop ended", () => {
  const recorded = { state: "stopped", setBy: "gateway", setAt: null } as const;
  const words = 'down: its state is "stopped", set by the gateway, and only "running" starts';
  assertEquals(explain(facts({ recorded })).text, words);
  const status = { ...DOWN, deaths: 12, exitCode: null, signal: "SIGSEGV" };
  assertStringIncludes(explain(facts({ status })).text, "12 deaths, the last by SIGSEGV");
});

Deno.test("explain() quotes an illegal name for the shell", () => {
  const dir = "/opt/data/profiles/it's $(id)";
  const { help = "" } = explain(facts({ profile: "it's $(id)", dir, nameProblem: "x" }));
  assertStringIncludes(help, `mv '/opt/data/profiles/it'\\''s $(id)' `);
});

Deno.test("isProfile() is false where there is no such profile", () => {
  assertEquals(
    ["illegal-name", "no-directory", "no-soul", "up"].map((cause) => isProfile(cause as "up")),
    [false, false, false, true],
  );
});

Deno.test("explain() does not speak of a selection or another gateway where it does not matter", () => {
  assertEquals(explain(facts({ notSelected: "not in the list" })).cause, "not-started");
  const stopped = { ...RECORDED, state: "stopped" };
  assertEquals(
    explain(facts({ served: true, recorded: stopped })).cause,
    "stopped-by-operator",
  );
});

Deno.test("explain() says for whom else the root profile's gateway runs", () => {
  const wantedBy = ["coder", "writer"];
  const status = { ...DOWN, up: true, wantedUp: true, pid: 7 };
  assertEquals(explain(facts({ wantedBy, status })).text, "up, pid 7; wanted by coder, writer");
  const recorded = { ...RECORDED, state: "stopped" };
  assertEquals(
    explain(facts({ wantedBy, recorded })).text,
    "down: the operator stopped it; at the next container start it is wanted by coder, writer",
  );
});
