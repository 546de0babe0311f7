import type { Facts } from "../../lib/rules/facts.ts";
import { dim, green, red, yellow } from "@std/fmt/colors";
import { diagnose, type Diagnosis } from "../../lib/explain/cause.ts";
import { CAUSES, type Kind } from "../../lib/explain/causes.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { type Usage, usageOf } from "../../lib/s6/processes.ts";
import { lastLogTime } from "../../lib/s6/log.ts";
import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { slotName } from "../../lib/profile/name.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { duration } from "./human.ts";
import { printJson } from "./json.ts";
import { lookAround, type Sight } from "./look.ts";
import { chooseProfiles } from "./profiles.ts";
import { EXIT, nearestFor, NoSuchProfileError, reportError, warn } from "./report.ts";

/** One gateway as an operator sees it. */
interface Row {
  facts: GatewayFacts;
  diagnosis: Diagnosis;
  usage: Usage | undefined;
  lastLog: Date | null;
}

const HEADER = ["PROFILE", "STATE", "FOR", "PID", "MEMORY", "DEATHS", "LAST LOG"];

const PAINT: Readonly<Record<Kind, (text: string) => string>> = {
  "running": green,
  "starting": yellow,
  "stopped": dim,
  "failed": red,
  "not here": dim,
  "unusable": red,
};

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1 << 20))}M`;
}

function cells({ facts, diagnosis, usage, lastLog }: Row, now: Date): string[] {
  const { profile, status, deaths } = facts;
  const age = lastLog === null ? "-" : duration((now.getTime() - lastLog.getTime()) / 1000);
  return [
    terminalSafe(profile),
    CAUSES[diagnosis.cause][1],
    status === null ? "-" : duration(status.seconds),
    status?.pid == null ? "-" : String(status.pid),
    usage === undefined ? "-" : mebibytes(usage.rssBytes),
    status === null ? "-" : String(deaths),
    age,
  ];
}

function toJson({ facts, diagnosis, usage, lastLog }: Row) {
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
    rssBytes: usage?.rssBytes ?? null,
    lastLog,
  };
}

/** Tells those that are there from those that are not, and reports these. */
async function present(
  { command }: Arguments,
  profiles: readonly string[],
  known: readonly string[],
): Promise<{ found: Set<string>; exitCode: number }> {
  const there = new Set(known);
  const found = new Set<string>();
  let exitCode: number = EXIT.done;
  for (const profile of profiles) {
    try {
      if (there.has(profile)) {
        found.add(profile);
        continue;
      }
      slotName(profile);
      throw command.name === "list"
        ? new NoSuchProfileError(profile)
        : new GatewayNotRegisteredError(profile);
    } catch (error) {
      const nearest = await nearestFor(error, known);
      exitCode = Math.max(exitCode, reportError(error, profile, { command, nearest }));
    }
  }
  return { found, exitCode };
}

function rowOf(facts: GatewayFacts, { container }: Sight, usage: ReturnType<typeof usageOf>): Row {
  const { status, logDir } = facts;
  return {
    facts,
    diagnosis: diagnose(facts, container),
    usage: status?.pid == null ? undefined : usage(status.pid),
    lastLog: facts.found === "reserved" ? null : lastLogTime(logDir),
  };
}

/** Runs `list` or `status`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command, flags, operands } = args;
  const container = facts();
  const sight = await lookAround(container, warn);
  const shown = sight.gateways.filter(({ slot }) => command.name === "list" || slot !== "none");
  const known = shown.map(({ profile }) => profile);
  const chosen = operands.length > 0 ? chooseProfiles(args, known) : known;
  const { found, exitCode } = await present(args, chosen, known);
  if (sight.container.scandirProblem !== undefined) {
    const { scandir } = container;
    warn(`there is no ${scandir}: what may run is out of reach; see "gatewayctl doctor"`);
  }
  const usage = usageOf(sight.processes);
  const rows = shown.filter(({ profile }) => found.has(profile))
    .map((one) => rowOf(one, sight, usage));
  if (flags.has("json")) {
    printJson({ gateways: rows.map(toJson) });
  } else if (rows.length > 0) {
    const now = new Date();
    const kinds = new Map(rows.map(({ diagnosis: { cause, kind } }) => [CAUSES[cause][1], kind]));
    const paint = (cell: string) => {
      const kind = kinds.get(cell.trim() as never);
      return kind === undefined ? undefined : PAINT[kind](cell);
    };
    const lines = [HEADER, ...rows.map((row) => cells(row, now))];
    console.log(table(lines, Deno.stdout.isTerminal() ? paint : undefined));
  }
  return exitCode;
}
