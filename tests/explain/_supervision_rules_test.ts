import { assertEquals, assertMatch } from "@std/assert";
import type { Rule } from "../../lib/explain/_rule.ts";
import { inTheScandir, logging, supervision, twice } from "../../lib/explain/_supervision_rules.ts";
import type { ContainerFacts, GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";

const S = "/s/gateway-coder";
const WAKE = "/opt/hermes-boot/libexec/wake";
const ANEW = "gatewayctl unregister coder && gatewayctl register coder";
const ISOLATED = { mode: "isolated" } as const;
const { logger: LOGGER, status: UP } = gateway();
const DOWN = { ...UP!, up: false, pid: null };
const NONE = { supervisor: "none", frozen: false, status: null } as const;

const CASES: readonly [
  rule: Rule,
  changes: Partial<GatewayFacts>,
  around: Partial<ContainerFacts>,
  cause: string | undefined,
  help?: string,
  text?: RegExp,
][] = [
  [inTheScandir, {}, {}, undefined],
  [inTheScandir, { slot: "other" }, {}, "not-a-directory", `rm -f ${S} && gatewayctl sync`],
  [inTheScandir, { slot: "none" }, {}, "no-slot", "gatewayctl sync"],
  [
    ...[inTheScandir, { slot: "none", unregistered: true }, {}] as const,
    ...["unregistered", "gatewayctl register coder"] as const,
  ],
  [
    ...[inTheScandir, { slot: "none" }, { svscan: "frozen", svscanPid: 1 }] as const,
    ...["svscan-down", "kill -s CONT 1", /, which is root's, is frozen/] as const,
  ],
  [supervision, {}, {}, undefined],
  [supervision, { supervisor: "unknown" }, { svscan: "none" }, undefined],
  [
    ...[supervision, { supervisor: "frozen", supervisorPid: 5 }, {}] as const,
    ...["supervisor-frozen", "kill -s CONT 5", /, which is root's, is frozen \(pid 5\)/] as const,
  ],
  [
    ...[supervision, { supervisor: "frozen", supervisorPid: 5 }, ISOLATED] as const,
    ...["supervisor-frozen", "kill -s CONT 5", /^its s6-supervise is frozen/] as const,
  ],
  [supervision, { supervisor: "none" }, {}, "no-supervisor", `gatewayctl sync; ${WAKE} /s`],
  [
    ...[supervision, { supervisor: "none" }, { ...ISOLATED, svscan: "none" }] as const,
    ...[
      "svscan-down",
      `s6-svok /run/service/gateways || ${WAKE} /run/service; s6-svc -u /run/service/gateways`,
      /is down$/,
    ] as const,
  ],
  [twice, {}, {}, undefined],
  [twice, { strays: [8, 9] }, {}, "two-gateways", "kill 8 9", /beside .*\(pid 7\): pid 8 9$/],
  [twice, { strays: [8], status: DOWN }, {}, "two-gateways", "kill 8", /past s6/],
  [twice, { doubles: [8] }, {}, "two-gateways", "gatewayctl sync", /second s6-supervise/],
  [logging, {}, {}, undefined],
  [logging, { logger: NONE, status: DOWN }, {}, undefined],
  [logging, { logger: { ...NONE, supervisor: "unknown" } }, {}, undefined],
  [logging, { logger: NONE }, {}, "logger-down", ANEW],
  [
    ...[logging, { logger: NONE }, { svscan: "frozen", svscanPid: 1 }] as const,
    ...["logger-down", "kill -s CONT 1"] as const,
  ],
  [logging, { logger: { ...LOGGER, frozen: true } }, {}, "logger-down", "kill -s CONT 8"],
  [
    ...[logging, { logger: { ...LOGGER, supervisor: "frozen", supervisorPid: 6 } }, {}] as const,
    ...["logger-down", "kill -s CONT 6", /logger's s6-supervise/] as const,
  ],
  [logging, { logger: { ...LOGGER, status: DOWN } }, {}, "logger-down", `s6-svc -u ${S}/log`],
  [
    ...[logging, { logProblem: { text: "x", help: "fix" } }, {}] as const,
    ...["log-unwritable", `fix && s6-svc -t ${S}/log`, /^x; when 64 KiB/] as const,
  ],
  [
    ...[logging, { logProblem: { text: "x", help: "" } }, {}] as const,
    ...["log-unwritable", `s6-svc -t ${S}/log`] as const,
  ],
];

Deno.test("the rules of supervision name what is wrong, and a command that helps", () => {
  for (const [rule, changes, around, cause, help, text = /^/] of CASES) {
    const answer = rule(gateway(changes), { ...CONTAINER, ...around });
    assertEquals([answer?.cause, answer?.help, answer?.outside], [cause, help, undefined]);
    assertMatch(answer?.text ?? "", text);
  }
});

Deno.test("inTheScandir() leaves it to the outside where s6-svscan has no room", () => {
  const noRoom = { problem: "no room", help: "SHARD is 1/2" };
  const answer = inTheScandir(gateway({ slot: "none" }), { ...CONTAINER, noRoom });
  assertEquals(answer, { cause: "svscan-full", text: "no room", outside: "SHARD is 1/2" });
});

Deno.test("logging() leaves it to the outside where owner and mode are right, and says what is full", () => {
  const facts = gateway({ logProblem: { text: "x" } });
  assertEquals(logging(facts, CONTAINER)?.outside, "x");
  assertEquals(logging(facts, { ...CONTAINER, full: "no space" })?.outside, "no space");
  assertEquals(logging(facts, CONTAINER)?.help, undefined);
});
