import { CAUSES, type Kind } from "../../lib/explain/causes.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { table } from "../_table.ts";
import type { Row } from "./rows.ts";

const HEADER = ["PROFILE", "STATE", "FOR", "PID", "CPU", "MEMORY", "DEATHS", "LAST LOG"];
const STATE = 1;
const RIGHT = [2, 3, 4, 5, 6, 7];

/** Words a duration in one unit, as narrow as can be. */
function age(seconds: number): string {
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

function percent(value: number): string {
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}%`;
}

function memory(bytes: number): string {
  const mebibytes = Math.ceil(bytes / (1 << 20));
  return mebibytes < 1000 ? `${mebibytes}M` : `${(mebibytes / 1024).toFixed(1)}G`;
}

function cells({ facts, diagnosis, usage, lastLog }: Row, now: number): string[] {
  const { profile, found, status, deaths } = facts;
  return [
    // The root profile has the name already.
    found === "reserved" ? `profiles/${profile}` : terminalSafe(profile),
    CAUSES[diagnosis.cause][1],
    status === null ? "-" : age(status.seconds),
    status?.pid == null ? "-" : String(status.pid),
    usage === undefined ? "-" : percent(usage.cpuPercent),
    usage === undefined ? "-" : memory(usage.rssBytes),
    status === null ? "-" : String(deaths),
    lastLog === null ? "-" : age((now - lastLog.getTime()) / 1000),
  ];
}

type Paint = (kind: Kind, text: string) => string;

async function colours(): Promise<Paint> {
  const { dim, green, red, yellow } = await import("@std/fmt/colors");
  const paints: Readonly<Record<Kind, (text: string) => string>> = {
    "running": green,
    "starting": yellow,
    "stopped": dim,
    "failed": red,
    "not here": dim,
    "unusable": red,
  };
  return (kind, text) => paints[kind](text);
}

/** The size of the terminal that standard output is; nobody has told that of every terminal. */
export interface Screen {
  /** How many columns it has. */
  columns: number;
  /** How many lines. */
  rows: number;
}

/**
 * Finds out how large the terminal is that standard output is.
 *
 * @returns Its size; `undefined`: it is no terminal.
 */
export function screen(): Screen | undefined {
  if (!Deno.stdout.isTerminal()) return undefined;
  const { columns, rows } = Deno.consoleSize();
  return { columns: columns || 80, rows: rows || 24 };
}

/**
 * Lays gateways out as a table, whole in a pipe, and for a terminal cut to its
 * width and coloured.
 *
 * @param rows The gateways.
 * @param terminal The terminal, if there is one.
 * @returns The lines, with a header.
 */
export async function gatewayTable(
  rows: readonly Row[],
  terminal: Screen | undefined,
): Promise<string> {
  const now = Date.now();
  const paint = terminal === undefined || Deno.noColor ? undefined : await colours();
  return table([HEADER, ...rows.map((row) => cells(row, now))], {
    right: RIGHT,
    width: terminal?.columns,
    paint: paint && ((cell, row, column) => {
      const kind = rows[row - 1]?.diagnosis.kind;
      return column !== STATE || kind === undefined ? undefined : paint(kind, cell);
    }),
  });
}
