import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { bootLogLines } from "../../lib/boot/log.ts";
import { type GatewayMetrics, gatewayMetrics, renderMetrics } from "../../lib/explain/metrics.ts";
import { skippedAction } from "../../lib/boot/action.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";
import { type Family, scrape as scrapeText } from "../_prometheus.ts";

/** Renders metrics and parses them as a scraper does. */
function scrape(gateways: readonly GatewayMetrics[]): Map<string, Family> {
  return scrapeText(renderMetrics(gateways));
}

const CODER: GatewayMetrics = {
  profile: "coder",
  cause: "running",
  up: true,
  wanted: true,
  deaths: 3,
  sinceChangeSeconds: 12.5,
  bootAction: "started",
  bootSeconds: 0.042,
};

Deno.test("renderMetrics() has a gauge for everything that is known of a gateway", () => {
  const expected: Record<string, [string, Record<string, string>]> = {
    hermes_gateway_state: ["1", { cause: "running" }],
    hermes_gateway_up: ["1", {}],
    hermes_gateway_wanted_up: ["1", {}],
    hermes_gateway_deaths: ["3", {}],
    hermes_gateway_since_change_seconds: ["12.5", {}],
    hermes_gateway_last_boot_action: ["1", { action: "started" }],
    hermes_gateway_last_boot_seconds: ["0.042", {}],
  };
  const families = scrape([CODER]);
  assertEquals([...families.keys()], Object.keys(expected));
  for (const [name, { help, type, metrics }] of families) {
    const [value, labels] = expected[name] ?? [];
    assertEquals(type, "GAUGE");
    assertMatch(help, /^[A-Z0-9].*\.$/);
    assertEquals(metrics, [{ value: value ?? "", labels: { profile: "coder", ...labels } }]);
  }
});

Deno.test("renderMetrics() says 0 for no, and has no sample for what is not known", () => {
  const families = scrape([{ profile: "new", cause: "stopped", up: false, wanted: false }, CODER]);
  const samples = (name: string) =>
    families.get(name)?.metrics.map(({ labels, value }) => [labels?.["profile"], value]);
  assertEquals(samples("hermes_gateway_up"), [["new", "0"], ["coder", "1"]]);
  assertEquals(samples("hermes_gateway_wanted_up"), [["new", "0"], ["coder", "1"]]);
  assertEquals(samples("hermes_gateway_deaths"), [["coder", "3"]]);
  const skipped = {
    profile: "skipped",
    cause: "no-soul",
    bootAction: "skipped",
    bootSeconds: 1,
  } as const;
  assertEquals([...scrape([skipped]).keys()], [
    "hermes_gateway_state",
    "hermes_gateway_last_boot_action",
    "hermes_gateway_last_boot_seconds",
  ]);
  assertEquals(renderMetrics([]), "");
});

Deno.test("gatewayMetrics() puts s6's word and the last boot's together", () => {
  const boot = { seconds: 0.042, actions: new Map([["coder", "started" as const]]) };
  assertEquals(gatewayMetrics(gateway(), { ...CONTAINER, boot }), CODER);
  const now = { ...CODER, bootAction: undefined, bootSeconds: undefined };
  assertEquals(gatewayMetrics(gateway(), CONTAINER), now);
  const late = gateway({ profile: "late" });
  assertEquals(gatewayMetrics(late, { ...CONTAINER, boot }), { ...now, profile: "late" });
});

Deno.test("gatewayMetrics() knows nothing of what s6 does not supervise, but that it is not up", () => {
  const known = (changes: Partial<GatewayFacts>) => {
    const metrics = gatewayMetrics(gateway({ status: null, ...changes }), CONTAINER);
    return Object.entries(metrics).filter(([, value]) => value !== undefined);
  };
  const coder: [string, unknown] = ["profile", "coder"];
  const none = { supervisor: "none" } as const;
  assertEquals(known(none), [coder, ["cause", "no-supervisor"], ["up", false]]);
  assertEquals(known({ ...none, slot: "none" }), [coder, ["cause", "no-slot"]]);
  // What s6 says is out of date.
  assertEquals(known({}), [coder, ["cause", "unknown"]]);
});

Deno.test("gatewayMetrics() words a name that is not legal as the boot log does, and apart from any other", () => {
  const name = fc.string({ unit: fc.constantFrom("\\", '"', "\n", "n", "u", " ", "\x1b", "0") });
  fc.assert(fc.property(name, name, (a, b) => {
    const [left, right] = [a, b].map((one) =>
      gatewayMetrics(gateway({ profile: one }), CONTAINER).profile
    );
    assertEquals(left === right, a === b);
    assert(
      bootLogLines([skippedAction(a, "why", false)], new Date()).includes(` profile=${left} `),
    );
  }));
});

Deno.test("renderMetrics() announces each family once, right before all of its samples", () => {
  const lines = renderMetrics([CODER, { ...CODER, profile: "scout" }]).split("\n");
  assertEquals(lines.pop(), "");
  let family = "";
  for (const line of lines) {
    const [, help] = /^# HELP (\S+) /.exec(line) ?? [];
    const [, type] = /^# TYPE (\S+) gauge$/.exec(line) ?? [];
    if (help !== undefined) family = help;
    else if (type !== undefined) assertEquals(type, family);
    else assert(line.startsWith(`${family}{`), line);
  }
  assertEquals(lines.filter((line) => line.startsWith("# HELP ")).length, 7);
});

Deno.test("renderMetrics() escapes labels, so that a scraper reads them back", () => {
  const text = fc.string({
    unit: fc.constantFrom("\\", '"', "\n", "n", "{", "}", ",", "=", " ", "é"),
  });
  fc.assert(fc.property(text, text, (profile, bootAction) => {
    const family = scrape([{ ...CODER, profile, bootAction }]).get(
      "hermes_gateway_last_boot_action",
    );
    assertEquals(family?.metrics, [{ value: "1", labels: { profile, action: bootAction } }]);
  }));
});
