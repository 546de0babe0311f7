/** What there is to know of one gateway; what is absent gets no sample. */
export interface GatewayMetrics {
  /** The profile. */
  profile: string;
  /** Whether it is up. */
  up: boolean;
  /** Whether it is wanted up. */
  wanted: boolean;
  /** How many deaths s6-supervise remembers. */
  deaths?: number;
  /** How long it has been up or down, in seconds. */
  sinceChangeSeconds?: number;
  /** What the last boot did about it: `started`, `registered` or `skipped`. */
  bootAction?: string;
  /** How long the last boot took until it was done with it, in seconds. */
  bootSeconds?: number;
}

interface Family {
  name: string;
  help: string;
  /** The sample's value, and labels besides the profile; `undefined`: no sample. */
  sample(metrics: GatewayMetrics): [value: number, labels?: Record<string, string>] | undefined;
}

function optional(value: number | undefined): [number] | undefined {
  return value === undefined ? undefined : [value];
}

const FAMILIES: readonly Family[] = [
  {
    name: "hermes_gateway_up",
    help: "Whether the gateway is up.",
    sample: ({ up }) => [up ? 1 : 0],
  },
  {
    name: "hermes_gateway_wanted_up",
    help: "Whether the gateway is wanted up.",
    sample: ({ wanted }) => [wanted ? 1 : 0],
  },
  {
    name: "hermes_gateway_deaths",
    help: "Deaths of the gateway that s6-supervise remembers; a start after a permanent failure " +
      "clears them.",
    sample: ({ deaths }) => optional(deaths),
  },
  {
    name: "hermes_gateway_since_change_seconds",
    help: "Time since the gateway went up or down.",
    sample: ({ sinceChangeSeconds }) => optional(sinceChangeSeconds),
  },
  {
    name: "hermes_gateway_last_boot_action",
    help: "1 for what the last boot did about the gateway.",
    sample: ({ bootAction }) => bootAction === undefined ? undefined : [1, { action: bootAction }],
  },
  {
    name: "hermes_gateway_last_boot_seconds",
    help: "Time the last boot took until it was done with the gateway.",
    sample: ({ bootSeconds }) => optional(bootSeconds),
  },
];

function labelValue(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(
    '"',
    '\\"',
  );
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/**
 * Renders gateways in the Prometheus text exposition format 0.0.4. A family
 * without a sample is left out. Pure; no permission is needed.
 *
 * @param gateways What is known of each, in the order to print; no profile twice.
 * @returns The text; each line ends in a newline.
 *
 * @example
 * ```ts
 * import { renderMetrics } from "./metrics.ts";
 * renderMetrics([{ profile: "coder", up: true, wanted: true }]);
 * // # HELP hermes_gateway_up Whether the gateway is up.
 * // # TYPE hermes_gateway_up gauge
 * // hermes_gateway_up{profile="coder"} 1
 * // …
 * ```
 */
export function renderMetrics(gateways: readonly GatewayMetrics[]): string {
  return FAMILIES.map(({ name, help, sample }) => {
    const lines = gateways.flatMap((metrics) => {
      const found = sample(metrics);
      if (found === undefined) return [];
      const [value, labels = {}] = found;
      const pairs = Object.entries({ profile: metrics.profile, ...labels })
        .map(([label, text]) => `${label}="${labelValue(text)}"`);
      return [`${name}{${pairs.join(",")}} ${number(value)}\n`];
    });
    return lines.length === 0
      ? ""
      : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
  }).join("");
}
