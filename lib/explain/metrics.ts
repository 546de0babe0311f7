import { logWord } from "../_quote.ts";
import { diagnose } from "./cause.ts";
import type { Cause } from "./causes.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";

/** What there is to know of one gateway; what is absent gets no sample. */
export interface GatewayMetrics {
  /** The profile. */
  profile: string;
  /** Why it is as it is. */
  cause: Cause;
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

interface Family {
  name: string;
  help: string;
  /** The sample's value, and labels besides the profile; `undefined`: no sample. */
  sample(metrics: GatewayMetrics): [value: number, labels?: Record<string, string>] | undefined;
}

function only(value: number | boolean | undefined): [number] | undefined {
  return value === undefined ? undefined : [Number(value)];
}

const FAMILIES: readonly Family[] = [
  {
    name: "hermes_gateway_state",
    help: "1 for why the gateway is as it is.",
    sample: ({ cause }) => [1, { cause }],
  },
  {
    name: "hermes_gateway_up",
    help: "Whether the gateway is up.",
    sample: ({ up }) => only(up),
  },
  {
    name: "hermes_gateway_wanted_up",
    help: "Whether s6 is to keep the gateway up.",
    sample: ({ wanted }) => only(wanted),
  },
  {
    name: "hermes_gateway_deaths",
    help: "Times the gateway has ended since it was last started by hand or the container was; " +
      "after each s6 restarts it if it is wanted up. s6 counts to 100.",
    sample: ({ deaths }) => only(deaths),
  },
  {
    name: "hermes_gateway_since_change_seconds",
    help: "Time since the gateway went up or down.",
    sample: ({ sinceChangeSeconds }) => only(sinceChangeSeconds),
  },
  {
    name: "hermes_gateway_last_boot_action",
    help: "1 for what the last boot did about the profile: started, registered (down) or skipped.",
    sample: ({ bootAction }) => bootAction === undefined ? undefined : [1, { action: bootAction }],
  },
  {
    name: "hermes_gateway_last_boot_seconds",
    help: "Time the last boot took to reconcile all profiles, this one among them.",
    sample: ({ bootSeconds }) => only(bootSeconds),
  },
];

function labelValue(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/**
 * Puts together what is known of one gateway. Pure.
 *
 * @param facts What is known of it; a name that is not legal is worded as in the boot log.
 * @param container What is known of the container.
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
export function gatewayMetrics(facts: GatewayFacts, container: ContainerFacts): GatewayMetrics {
  const { profile, slot, supervisor, status, deaths } = facts;
  const { boot } = container;
  const bootAction = boot?.actions.get(profile);
  const isSupervised = status !== null && supervisor !== "none";
  return {
    profile: logWord(profile),
    cause: diagnose(facts, container).cause,
    up: slot === "none" || status === null && supervisor === "alive"
      ? undefined
      : status?.up ?? false,
    wanted: isSupervised ? status.wantedUp : undefined,
    deaths: isSupervised ? deaths : undefined,
    sinceChangeSeconds: isSupervised ? status.seconds : undefined,
    bootAction,
    bootSeconds: bootAction === undefined ? undefined : boot?.seconds,
  };
}

/**
 * Renders gateways in the Prometheus text exposition format 0.0.4. A family
 * without a sample is left out. Pure.
 *
 * @param gateways What is known of each, in the order to print; no profile twice.
 * @returns The text; each line ends in a newline.
 *
 * @example
 * ```ts
 * import { renderMetrics } from "./metrics.ts";
 * renderMetrics([{ profile: "coder", cause: "running", up: true, wanted: true }]);
 * // …
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
      return [`${name}{${pairs.join(",")}} ${value}\n`];
    });
    return lines.length === 0
      ? ""
      : `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
  }).join("");
}
