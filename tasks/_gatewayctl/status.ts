import type { Facts } from "../../lib/rules/facts.ts";
import { dim, green, red, yellow } from "@std/fmt/colors";
import { slotName } from "../../lib/profile/name.ts";
import { type GatewayReport, inOrder, legalProfiles } from "../../lib/control/status.ts";
import { GatewayNotRegisteredError, STALE_STATUS } from "../../lib/_errors.ts";
import { lstatIfPresent } from "../../lib/_fs.ts";
import { lastLogTime } from "../../lib/s6/log.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { duration } from "./human.ts";
import { askGateways } from "./ask.ts";
import { printJson } from "./json.ts";
import { chooseProfiles } from "./profiles.ts";
import { EXIT, nearestFor, NoSuchProfileError, reportError, warn } from "./report.ts";

const HEADER = ["PROFILE", "STATE", "FOR", "PID", "WANTED", "LAST EXIT", "DEATHS", "LAST LOG"];

const PAINT: Readonly<Record<string, (text: string) => string>> = {
  "up": green,
  "down": yellow,
  "unsupervised": red,
  "not known": red,
  "not registered": dim,
};

function row(report: GatewayReport, now: Date): string[] {
  const { profile, registered, supervised, status, lastLog } = report;
  const age = lastLog === null
    ? "-"
    : `${duration((now.getTime() - lastLog.getTime()) / 1000)} ago`;
  if (status === null) {
    const state = !registered ? "not registered" : supervised ? "not known" : "unsupervised";
    return [profile, state, "-", "-", "-", "-", "-", age];
  }
  const { up, wantedUp, pid, exitCode, signal, seconds, deaths } = status;
  const ended = !up && (deaths > 0 || exitCode !== 0 || signal !== null);
  return [
    profile,
    up ? "up" : "down",
    duration(seconds),
    pid === null ? "-" : String(pid),
    wantedUp ? "up" : "down",
    ended ? signal ?? String(exitCode ?? "-") : "-",
    String(deaths),
    age,
  ];
}

function toJson({ profile, registered, supervised, status, lastLog }: GatewayReport) {
  const unknown = supervised ? null : false;
  const known = status ?? {
    up: unknown,
    wantedUp: unknown,
    pid: null,
    exitCode: null,
    signal: null,
    seconds: null,
    deaths: null,
  };
  return { ...known, profile, registered, supervised, lastLog };
}

/** Tells those that are there from those that are not, and reports these. */
async function present(
  { command }: Arguments,
  profiles: readonly string[],
  known: readonly string[],
): Promise<{ found: string[]; exitCode: number }> {
  const there = new Set(known);
  const found: string[] = [];
  let exitCode: number = EXIT.done;
  for (const profile of profiles) {
    try {
      slotName(profile);
      if (!there.has(profile)) {
        throw command.name === "list"
          ? new NoSuchProfileError(profile)
          : new GatewayNotRegisteredError(profile);
      }
      found.push(profile);
    } catch (error) {
      const nearest = await nearestFor(error, known);
      exitCode = Math.max(exitCode, reportError(error, profile, { command, nearest }));
    }
  }
  return { found, exitCode };
}

/** Runs `list` or `status`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command, flags, operands } = args;
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir });
  const registered = await manager.listProfileGateways();
  const onVolume = command.name === "list" ? legalProfiles(home, warn) : [];
  const known = inOrder([...onVolume, ...registered]);
  const chosen = operands.length > 0 ? chooseProfiles(args, known) : known;
  const { found, exitCode } = await present(args, chosen, known);
  if (lstatIfPresent(scandir) === undefined) {
    warn(`there is no ${scandir}: what may run is out of reach; see "gatewayctl doctor"`);
  }
  const reports = (await askGateways(manager, found)).map((state): GatewayReport => ({
    ...state,
    lastLog: lastLogTime(`${home}/logs/gateways/${state.profile}`),
  }));
  for (const { profile, supervised, status } of reports) {
    if (supervised && status === null) warn(`${profile}: ${STALE_STATUS}; see "gatewayctl doctor"`);
  }
  if (flags.has("json")) {
    printJson({ gateways: reports.map(toJson) });
  } else if (reports.length > 0) {
    const now = new Date();
    const rows = reports.map((report) => row(report, now));
    const paint = Deno.stdout.isTerminal()
      ? (cell: string) => PAINT[cell.trim()]?.(cell)
      : undefined;
    console.log(table([HEADER, ...rows], paint));
  }
  return exitCode;
}
