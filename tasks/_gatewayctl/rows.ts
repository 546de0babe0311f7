import { diagnose, type Diagnosis } from "../../lib/explain/cause.ts";
import type { Kind } from "../../lib/explain/causes.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { lastLogTime } from "../../lib/s6/log.ts";
import { type Processes, type Usage, usageOf } from "../../lib/s6/processes.ts";
import { UsageError } from "../_cli.ts";
import type { Arguments } from "./arguments.ts";
import type { Sight } from "./look.ts";

/** One gateway as an operator sees it. */
export interface Row {
  /** What is known of it. */
  facts: GatewayFacts;
  /** How it is, and why. */
  diagnosis: Diagnosis;
  /** What it uses; absent: it does not run. */
  usage?: Usage | undefined;
  /** When its log was last written to; `null`: there is none. */
  lastLog: Date | null;
}

/**
 * Diagnoses gateways.
 *
 * @param gateways The gateways.
 * @param sight What is known of their container.
 * @param before What ran in it before, if that is known.
 * @returns A row for each, in this order.
 */
export function rowsOf(
  gateways: readonly GatewayFacts[],
  { container, processes }: Sight,
  before?: Processes,
): Row[] {
  const usage = usageOf(processes, before);
  return gateways.map((facts) => {
    const { status, found, logDir } = facts;
    return {
      facts,
      diagnosis: diagnose(facts, container),
      usage: status?.pid == null ? undefined : usage(status.pid),
      lastLog: found === "reserved" ? null : lastLogTime(logDir),
    };
  });
}

/**
 * Leaves those that `--failed` and `--running` are about.
 *
 * @param args What the command was given.
 * @param rows The gateways.
 * @returns Those; all without either.
 */
export function filter<R extends Pick<Row, "diagnosis">>(
  { flags }: Arguments,
  rows: readonly R[],
): readonly R[] {
  const kinds = (["failed", "running"] satisfies Kind[]).filter((kind) => flags.has(kind));
  if (kinds.length === 0) return rows;
  return rows.filter(({ diagnosis: { kind } }) => kinds.some((one) => one === kind));
}

/** Every kind, the worst first. */
export const WORST_FIRST: readonly Kind[] = [
  "failed",
  "unusable",
  "starting",
  "stopped",
  "not here",
  "running",
];

const rankOf = ({ diagnosis: { kind } }: Row) => WORST_FIRST.indexOf(kind);

/** What `--sort` orders by, the smallest first; rows of one value stay by name. */
const SORTS: ReadonlyMap<string, (row: Row) => number> = new Map<string, (row: Row) => number>([
  ["name", () => 0],
  ["state", rankOf],
  ["memory", ({ usage }) => -(usage?.rssBytes ?? -1)],
  ["cpu", ({ usage }) => -(usage?.cpuPercent ?? -1)],
  ["since", ({ facts: { status } }) => status?.seconds ?? Infinity],
]);

/**
 * Reads `--sort`.
 *
 * @param args What the command was given.
 * @param fallback What it is without the option.
 * @returns A function that orders rows.
 * @throws {UsageError} If there is no such order.
 */
export function sorting(
  { values }: Arguments,
  fallback: string,
): (rows: readonly Row[]) => Row[] {
  const [word = fallback] = values.get("sort") ?? [];
  const key = SORTS.get(word);
  if (key === undefined) {
    const words = [...SORTS.keys()].join(", ").replace(/, (\w+)$/, " or $1");
    throw new UsageError(`--sort: expected ${words}, got ${JSON.stringify(word)}`);
  }
  return (rows) =>
    rows.map((row) => ({ row, by: key(row) }))
      // No difference of two infinities is a number.
      .sort((a, b) => a.by === b.by ? 0 : a.by - b.by)
      .map(({ row }) => row);
}

/**
 * Counts gateways: `118 gateways: 110 running, 5 stopped, 3 failed`, and after
 * a semicolon what has none here.
 *
 * @param rows The gateways.
 * @returns The line.
 */
export function summary(rows: readonly Row[]): string {
  return summaryOf(rows.map(({ diagnosis: { kind } }) => kind));
}

/**
 * Does the same with no more than how each gateway is.
 *
 * @param kinds How they are.
 * @returns The line.
 */
export function summaryOf(kinds: readonly Kind[]): string {
  const counts = new Map<Kind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const list = (kinds: readonly Kind[]) =>
    kinds.filter((kind) => counts.has(kind)).map((kind) => `${counts.get(kind)} ${kind}`);
  const others = list(["not here", "unusable"]);
  const here = list(["running", "starting", "stopped", "failed"]);
  const count = kinds.length - (counts.get("not here") ?? 0) - (counts.get("unusable") ?? 0);
  const words = here.length === 0 ? "" : `: ${here.join(", ")}`;
  return `${count} gateway${count === 1 ? "" : "s"}${words}` +
    (others.length === 0 ? "" : `; ${others.join(", ")}`);
}

/**
 * Makes of a row what `--json` has of it.
 *
 * @param row The row.
 * @returns The fields, as `lib/image/json.ts` declares them.
 */
export function rowJson({ facts, diagnosis, usage, lastLog }: Row): Record<string, unknown> {
  const { profile, slot, supervisor, status, deaths } = facts;
  const { cause, kind, text } = diagnosis;
  return {
    profile,
    state: kind,
    cause,
    text,
    registered: slot !== "none",
    supervised: supervisor === "unknown" ? null : supervisor !== "none",
    up: status?.up ?? (supervisor === "none" ? false : null),
    wantedUp: status?.wantedUp ?? (supervisor === "none" ? false : null),
    pid: status?.pid ?? null,
    exitCode: status?.exitCode ?? null,
    signal: status?.signal ?? null,
    seconds: status?.seconds ?? null,
    deaths: status === null ? null : deaths,
    cpuSeconds: usage?.cpuSeconds ?? null,
    cpuPercent: usage === undefined ? null : Math.round(usage.cpuPercent * 10) / 10,
    rssBytes: usage?.rssBytes ?? null,
    lastLog,
  };
}
