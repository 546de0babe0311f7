import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bootLogLines } from "../../lib/boot/log.ts";
import {
  type ContainerMetrics,
  type GatewayMetrics,
  gatewayMetrics,
  renderMetrics,
} from "../../lib/explain/metrics.ts";
import { skippedAction } from "../../lib/boot/action.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { CONTAINER, gateway } from "../_gateway_facts.ts";
import {
  type Family,
  metricsProblems,
  openMetricsProblems,
  scrape as scrapeText,
} from "../_prometheus.ts";

const VERSIONS = { version: "0.1.0", hermesVersion: "0.21.4" };

/** Renders metrics and parses them as a scraper does. */
function scrape(
  gateways: readonly GatewayMetrics[],
  container: ContainerMetrics = VERSIONS,
): Map<string, Family> {
  return scrapeText(renderMetrics(container, gateways));
}

const MEASURES = {
  ...{ restarts: 12, startTimeSeconds: 1_800_000_000, cpuSeconds: 3.25 },
  ...{ rssBytes: 104857600, logBytes: 2000000 },
};

const CODER: GatewayMetrics = {
  profile: "coder",
  cause: "running",
  state: "running",
  up: true,
  wanted: true,
  deaths: 3,
  sinceChangeSeconds: 12.5,
  bootAction: "started",
  bootSeconds: 0.042,
};

Deno.test("gatewayMetrics() leaves the last boot to the root profile, whose name profiles/default has", () => {
  const boot = { seconds: 0.1, actions: new Map([["default", "started"]]) };
  const of = (changes: Partial<GatewayFacts>) =>
    gatewayMetrics(gateway({ profile: "default", ...changes }), { ...CONTAINER, boot } as never);
  assertEquals([of({}).bootAction, of({}).bootSeconds], ["started", 0.1]);
  const reserved = of({ found: "reserved", slot: "none", status: null });
  assertEquals([reserved.bootAction, reserved.bootSeconds], [undefined, undefined]);
});

Deno.test("renderMetrics() has a family for everything that is known of a gateway", () => {
  const expected: Record<string, [string, Record<string, string>, string?]> = {
    hermes_gateway_up: ["1", {}],
    hermes_gateway_wanted_up: ["1", {}],
    hermes_gateway_state: ["1", { state: "running", cause: "running" }],
    hermes_gateway_restarts_total: ["12", {}, "COUNTER"],
    hermes_gateway_start_time_seconds: ["1800000000", {}],
    hermes_gateway_last_boot_action: ["1", { action: "started" }],
    process_resident_memory_bytes: ["104857600", {}],
    process_cpu_seconds_total: ["3.25", {}, "COUNTER"],
    hermes_log_bytes: ["2000000", {}],
  };
  const families = scrape([{ ...CODER, ...MEASURES }]);
  families.delete("hermes_build_info");
  assertEquals([...families.keys()], Object.keys(expected));
  for (const [name, family] of families) {
    const [value = "", labels = {}, type = "GAUGE"] = expected[name] ?? [];
    assertEquals(family.type, type);
    assertEquals(family.metrics, [{ value, labels: { profile: "coder", ...labels } }]);
  }
});

Deno.test("renderMetrics() has a sample for everything that is known of the container", () => {
  const known = { ...VERSIONS, bootSeconds: 0.042, services: 12, servicesMax: 1000 };
  const samples = (container: ContainerMetrics) =>
    [...scrape([], container)].map(([name, { metrics }]) => [name, ...metrics]);
  const labels = { version: "0.1.0", hermes_version: "0.21.4" };
  const build = ["hermes_build_info", { value: "1", labels }];
  assertEquals(samples(known), [
    ["hermes_boot_duration_seconds", { value: "0.042" }],
    ["hermes_svscan_services", { value: "12" }],
    ["hermes_svscan_services_max", { value: "1000" }],
    build,
  ]);
  assertEquals(samples(VERSIONS), [build]);
});

Deno.test("renderMetrics() keeps to the conventions of both text formats", () => {
  const container = { ...VERSIONS, bootSeconds: 0.042, services: 12, servicesMax: 1000 };
  const gateways = [{ ...CODER, ...MEASURES }, { ...CODER, ...MEASURES, profile: "scout" }];
  assertEquals(metricsProblems(renderMetrics(container, gateways)), []);
  const open = renderMetrics(container, gateways, "openmetrics");
  assertEquals(openMetricsProblems(open), []);
  assertEquals(open.match(/^# UNIT /gm)?.length, 5);
});

Deno.test("renderMetrics() says 0 for no, and has no sample for what is not known", () => {
  const fresh = { cause: "stopped", state: "stopped", up: false, wanted: false } as const;
  const families = scrape([{ profile: "new", ...fresh }, { ...CODER, restarts: 0 }]);
  const samples = (name: string) =>
    families.get(name)?.metrics.map(({ labels, value }) => [labels?.["profile"], value]);
  assertEquals(samples("hermes_gateway_up"), [["new", "0"], ["coder", "1"]]);
  assertEquals(samples("hermes_gateway_wanted_up"), [["new", "0"], ["coder", "1"]]);
  assertEquals(samples("hermes_gateway_restarts_total"), [["coder", "0"]]);
  const skipped = {
    profile: "skipped",
    cause: "no-soul",
    state: "unusable",
    bootAction: "skipped",
    bootSeconds: 1,
  } as const;
  assertEquals([...scrape([skipped]).keys()], [
    "hermes_gateway_state",
    "hermes_gateway_last_boot_action",
    "hermes_build_info",
  ]);
});

Deno.test("gatewayMetrics() puts s6's word and the last boot's together", () => {
  const boot = { seconds: 0.042, actions: new Map([["coder", "started" as const]]) };
  assertEquals(gatewayMetrics(gateway(), { ...CONTAINER, boot }), CODER);
  const now = { ...CODER, bootAction: undefined, bootSeconds: undefined };
  assertEquals(gatewayMetrics(gateway(), CONTAINER), now);
  const late = gateway({ profile: "late" });
  assertEquals(gatewayMetrics(late, { ...CONTAINER, boot }), { ...now, profile: "late" });
  assertEquals(gatewayMetrics(gateway(), CONTAINER, MEASURES), { ...now, ...MEASURES });
});

Deno.test("gatewayMetrics() knows nothing of what s6 does not supervise, but that it is not up", () => {
  const known = (changes: Partial<GatewayFacts>) => {
    const metrics = gatewayMetrics(gateway({ status: null, ...changes }), CONTAINER);
    return Object.entries(metrics).filter(([, value]) => value !== undefined);
  };
  const coder: [string, unknown] = ["profile", "coder"];
  const none = { supervisor: "none" } as const;
  assertEquals(known(none), [
    coder,
    ["cause", "no-supervisor"],
    ["state", "failed"],
    ["up", false],
  ]);
  assertEquals(known({ ...none, slot: "none" }), [coder, ["cause", "no-slot"], [
    "state",
    "failed",
  ]]);
  // What s6 says is out of date.
  assertEquals(known({}), [coder, ["cause", "unknown"], ["state", "failed"]]);
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
