/** A text format that scrapers read. */
export type Format = "prometheus" | "openmetrics";

/** One value and the labels that tell it from the others of its family. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Metrics of one name. */
export interface MetricFamily {
  /** Its name, without the `_total` of a counter and the `_info` of an info; it ends in the unit. */
  name: string;
  /** What it is. */
  type: "gauge" | "counter" | "info";
  /** What it counts in. Default: things. */
  unit?: "seconds" | "bytes" | undefined;
  /** What it says, in one line. */
  help: string;
  /** Its values. */
  samples: readonly Sample[];
}

const SUFFIXES = { gauge: "", counter: "_total", info: "_info" } as const;

function escapeLabel(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function wordSample(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
}

/** OpenMetrics announces a family by its name, Prometheus's own format by that of its samples. */
function wordFamily({ name, type, unit, help, samples }: MetricFamily, format: Format): string {
  const sampled = name + SUFFIXES[type];
  const values = samples.map((sample) => wordSample(sampled, sample)).join("");
  if (format === "openmetrics") {
    const counts = unit === undefined ? "" : `# UNIT ${name} ${unit}\n`;
    return `# TYPE ${name} ${type}\n${counts}# HELP ${name} ${help}\n${values}`;
  }
  const known = type === "info" ? "gauge" : type;
  return `# HELP ${sampled} ${help}\n# TYPE ${sampled} ${known}\n${values}`;
}

/**
 * Words metrics in Prometheus's text exposition format 0.0.4, or as OpenMetrics
 * 1.0.0. A family without a sample is left out. Pure.
 *
 * @param families The metrics; no name twice, and in each no labels twice.
 * @param format The format. Default: Prometheus's own.
 * @returns The text; each line ends in a newline.
 *
 * @example
 * ```ts
 * import { exposeMetrics } from "./exposition.ts";
 * const up = { name: "up", type: "gauge", help: "Whether it is up." } as const;
 * exposeMetrics([{ ...up, samples: [[{ profile: "coder" }, 1]] }]);
 * // # HELP up Whether it is up.
 * // # TYPE up gauge
 * // up{profile="coder"} 1
 * ```
 */
export function exposeMetrics(
  families: readonly MetricFamily[],
  format: Format = "prometheus",
): string {
  const text = families.filter(({ samples }) => samples.length > 0)
    .map((family) => wordFamily(family, format)).join("");
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}
