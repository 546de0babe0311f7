import { logWord } from "../_quote.ts";
import { diagnose } from "./cause.ts";
import type { Cause, Kind } from "./causes.ts";
import { exposeMetrics, type Format, type MetricFamily, type Sample } from "./exposition.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";

/** What was measured of one gateway; what is absent gets no sample. */
export interface Measures {
  /** How often it has ended and was to start again, since the container started. */
  restarts?: number | undefined;
  /** When its process was started, in seconds since the epoch. */
  startTimeSeconds?: number | undefined;
  /** The CPU time of it and its children, in seconds. */
  cpuSeconds?: number | undefined;
  /** Their resident memory, in bytes. */
  rssBytes?: number | undefined;
  /** What is kept of its log, in bytes. */
  logBytes?: number | undefined;
}

/** What there is to know of one gateway; what is absent gets no sample. */
export interface GatewayMetrics extends Measures {
  /** The profile. */
  profile: string;
  /** Why it is as it is. */
  cause: Cause;
  /** What that means. */
  state: Kind;
  /** Whether it is up; absent: it has no slot, or that is not known. */
  up?: boolean | undefined;
  /** Whether it is wanted up; absent: nothing supervises it. */
  wanted?: boolean | undefined;
  /** How many deaths s6 remembers. */
  deaths?: number | undefined;
  /** How long it has been up or down, in seconds. */
  sinceChangeSeconds?: number | undefined;
  /** What the last boot did about it: `started`, `registered` or `skipped`. */
  bootAction?: string | undefined;
  /** How long the last boot's pass over all profiles took, in seconds. */
  bootSeconds?: number | undefined;
}

/** What there is to know of a container; what is absent gets no sample. */
export interface ContainerMetrics {
  /** The suite's version. */
  version: string;
  /** Hermes's; empty: not known. */
  hermesVersion: string;
  /** How long the last boot's pass over all profiles took, in seconds. */
  bootSeconds?: number | undefined;
  /** How many services its s6-svscan supervises. */
  services?: number | undefined;
  /** How many it holds. */
  servicesMax?: number | undefined;
}

type Column = Omit<MetricFamily, "samples"> & {
  /** The sample's value, and labels besides the profile; `undefined`: no sample. */
  sample(metrics: GatewayMetrics): [value: number, labels?: Record<string, string>] | undefined;
};

function only(value: number | boolean | undefined): [number] | undefined {
  return value === undefined ? undefined : [Number(value)];
}

const COLUMNS: readonly Column[] = [
  {
    name: "hermes_gateway_up",
    type: "gauge",
    help: "Whether the gateway is up.",
    sample: ({ up }) => only(up),
  },
  {
    name: "hermes_gateway_wanted_up",
    type: "gauge",
    help: "Whether s6 is to keep the gateway up.",
    sample: ({ wanted }) => only(wanted),
  },
  {
    name: "hermes_gateway_state",
    type: "gauge",
    help: "1 for how the gateway is, and why.",
    sample: ({ state, cause }) => [1, { state, cause }],
  },
  {
    name: "hermes_gateway_restarts",
    type: "counter",
    help: "Times the gateway has ended and s6 was to start it again, since the container started.",
    sample: ({ restarts }) => only(restarts),
  },
  {
    name: "hermes_gateway_start_time_seconds",
    type: "gauge",
    unit: "seconds",
    help: "When the gateway was started, since the epoch.",
    sample: ({ startTimeSeconds }) => only(startTimeSeconds),
  },
  {
    name: "hermes_gateway_last_boot_action",
    type: "gauge",
    help: "1 for what the last boot did about the profile: started, registered (down) or skipped.",
    sample: ({ bootAction }) => bootAction === undefined ? undefined : [1, { action: bootAction }],
  },
  {
    name: "process_resident_memory_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Resident memory of the gateway and its children; what they share counts for each.",
    sample: ({ rssBytes }) => only(rssBytes),
  },
  {
    name: "process_cpu_seconds",
    type: "counter",
    unit: "seconds",
    help: "CPU time of the gateway and its children since it was started.",
    sample: ({ cpuSeconds }) => only(cpuSeconds),
  },
  {
    name: "hermes_log_bytes",
    type: "gauge",
    unit: "bytes",
    help: "Size of what is kept of the gateway's log.",
    sample: ({ logBytes }) => only(logBytes),
  },
];

function gatewayFamily(
  { sample, ...about }: Column,
  gateways: readonly GatewayMetrics[],
): MetricFamily {
  const samples = gateways.flatMap((metrics): Sample[] => {
    const found = sample(metrics);
    if (found === undefined) return [];
    const [value, labels = {}] = found;
    return [[{ profile: metrics.profile, ...labels }, value]];
  });
  return { ...about, samples };
}

function containerFamilies(container: ContainerMetrics): MetricFamily[] {
  const { version, hermesVersion, bootSeconds, services, servicesMax } = container;
  const one = (value: number | undefined): Sample[] => value === undefined ? [] : [[{}, value]];
  return [
    {
      name: "hermes_boot_duration_seconds",
      type: "gauge",
      unit: "seconds",
      help: "Time that the container's last start took to reconcile all profiles.",
      samples: one(bootSeconds),
    },
    {
      name: "hermes_svscan_services",
      type: "gauge",
      help: "Services that the s6-svscan of the gateways supervises, counted as it counts.",
      samples: one(services),
    },
    {
      name: "hermes_svscan_services_max",
      type: "gauge",
      help: "Services that the s6-svscan of the gateways holds at most.",
      samples: one(servicesMax),
    },
    {
      name: "hermes_build",
      type: "info",
      help: "What runs here.",
      samples: [[{ version, hermes_version: hermesVersion }, 1]],
    },
  ];
}

/**
 * Puts together what is known of one gateway. Pure.
 *
 * @param facts What is known of it; a name that is not legal is worded as in the boot log.
 * @param container What is known of the container.
 * @param measures What was measured of it. Default: nothing.
 * @returns What there is to know.
 *
 * @example
 * ```ts no-eval
 * import { gatewayMetrics } from "./metrics.ts";
 * import { gatherOverview } from "./overview_facts.ts";
 * const { container, gateways } = gatherOverview(options);
 * gateways.map((facts) => gatewayMetrics(facts, container));
 * ```
 */
export function gatewayMetrics(
  facts: GatewayFacts,
  container: ContainerFacts,
  measures: Measures = {},
): GatewayMetrics {
  const { profile, found, slot, supervisor, status, deaths } = facts;
  const { boot } = container;
  const { cause, kind } = diagnose(facts, container);
  // The name of profiles/default is the root profile's, which has its own line.
  const bootAction = found === "reserved" ? undefined : boot?.actions.get(profile);
  const isSupervised = status !== null && supervisor !== "none";
  return {
    profile: logWord(profile),
    cause,
    state: kind,
    up: slot === "none" || status === null && supervisor === "alive"
      ? undefined
      : status?.up ?? false,
    wanted: isSupervised ? status.wantedUp : undefined,
    deaths: isSupervised ? deaths : undefined,
    sinceChangeSeconds: isSupervised ? status.seconds : undefined,
    bootAction,
    bootSeconds: bootAction === undefined ? undefined : boot?.seconds,
    ...measures,
  };
}

/**
 * Words what is known of a container and its gateways for a scraper. Pure.
 *
 * @param container What is known of the container.
 * @param gateways What is known of each, in the order to print; no profile twice.
 * @param format The text format. Default: Prometheus's own.
 * @returns The text; each line ends in a newline.
 *
 * @example
 * ```ts
 * import { renderMetrics } from "./metrics.ts";
 * const container = { version: "1.0.0", hermesVersion: "0.21.4" };
 * renderMetrics(container, [{ profile: "coder", cause: "running", state: "running", up: true }]);
 * // # HELP hermes_gateway_up Whether the gateway is up.
 * // # TYPE hermes_gateway_up gauge
 * // hermes_gateway_up{profile="coder"} 1
 * // …
 * ```
 */
export function renderMetrics(
  container: ContainerMetrics,
  gateways: readonly GatewayMetrics[],
  format?: Format,
): string {
  const families = COLUMNS.map((column) => gatewayFamily(column, gateways));
  return exposeMetrics([...families, ...containerFamilies(container)], format);
}
