import { CAUSES } from "../../lib/explain/causes.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { UsageError } from "../_cli.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { type ClusterRow, lookAtCluster } from "./cluster_look.ts";
import { duration } from "./human.ts";
import { printJson } from "./json.ts";
import { write } from "./output.ts";
import { present } from "./present.ts";
import { chooseProfiles } from "./profiles.ts";
import { filter, summaryOf, WORST_FIRST } from "./rows.ts";

/** What is shown of a pod. */
function podOf({ facts: { pod } }: ClusterRow) {
  const { nodeName } = (pod?.["spec"] ?? {}) as { nodeName?: string };
  const { startTime, containerStatuses: [container] = [] } = (pod?.["status"] ?? {}) as {
    startTime?: string;
    containerStatuses?: { restartCount: number; ready: boolean; lastState?: LastState }[];
  };
  const seconds = startTime === undefined ? null : (Date.now() - Date.parse(startTime)) / 1000;
  return { name: pod?.metadata.name, nodeName, seconds, container };
}

interface LastState {
  terminated?: { exitCode?: number };
}

/**
 * Makes of a row what `--json` has of it.
 *
 * @param row The row.
 * @returns The fields, as `lib/image/json.ts` declares them.
 */
export function clusterRowJson(row: ClusterRow): Record<string, unknown> {
  const { profile, facts: { workload }, diagnosis: { cause, kind, text } } = row;
  const { name, nodeName, seconds, container } = podOf(row);
  return {
    ...{ profile, state: kind, cause, text },
    registered: workload !== undefined,
    supervised: null,
    up: container?.ready ?? false,
    wantedUp: workload === undefined ? null : workload.replicas > 0,
    pid: null,
    exitCode: container?.lastState?.terminated?.exitCode ?? null,
    signal: null,
    seconds: seconds === null ? null : Math.round(seconds),
    deaths: container?.restartCount ?? null,
    ...{ cpuSeconds: null, cpuPercent: null, rssBytes: null, lastLog: null },
    pod: name,
    node: nodeName,
  };
}

const HEADER = ["PROFILE", "STATE", "FOR", "RESTARTS", "POD", "NODE"];

function cells(row: ClusterRow): string[] {
  const { name = "-", nodeName = "-", seconds, container } = podOf(row);
  return [
    terminalSafe(row.profile),
    CAUSES[row.diagnosis.cause][1],
    seconds === null ? "-" : duration(seconds).split(" ")[0]!,
    container === undefined ? "-" : String(container.restartCount),
    name,
    nodeName,
  ];
}

function sorted(rows: readonly ClusterRow[], { values }: Arguments): readonly ClusterRow[] {
  const [key = "name"] = values.get("sort") ?? [];
  if (key === "name") return rows;
  if (key !== "state") {
    throw new UsageError(`--sort: expected name or state in a cluster, got ${JSON.stringify(key)}`);
  }
  return WORST_FIRST.flatMap((kind) => rows.filter(({ diagnosis }) => diagnosis.kind === kind));
}

/**
 * Runs `list` in the pod of a cluster's loop.
 *
 * @param args What was given.
 * @param container The pod's facts.
 * @param look How to find out how the gateways are.
 * @returns The exit code.
 */
export async function run(
  args: Arguments,
  container: Facts,
  look: typeof lookAtCluster = lookAtCluster,
): Promise<number> {
  const { flags, operands } = args;
  const all = sorted(await look(container), args);
  const known = all.map(({ profile }) => profile);
  const chosen = operands.length > 0 ? chooseProfiles(args, known) : known;
  const { found, exitCode } = await present(args, chosen, known);
  const rows = all.filter(({ profile }) => found.has(profile));
  const shown = filter(args, rows);
  if (flags.has("json")) printJson({ gateways: shown.map(clusterRowJson) });
  else {
    const lines = shown.length === 0
      ? ""
      : `${table([HEADER, ...shown.map(cells)], { right: [2, 3] })}\n`;
    const kindsOf = rows.map(({ diagnosis: { kind } }) => kind);
    write(lines + (chosen.length === 1 ? "" : `${summaryOf(kindsOf)}\n`));
  }
  return exitCode;
}
