import { lstatIfPresent } from "../_fs.ts";
import type { Owner } from "../_owner.ts";
import { slotName } from "../profile/name.ts";
import { isFrozen, type Processes, type Supervisor } from "../s6/processes.ts";
import { waitsSince } from "../s6/orders.ts";
import { readDeaths, readStatus, type ServiceStatus } from "../s6/status.ts";
import { isUnregistered } from "../slot/unregistered.ts";
import type { GatewayFacts, Supervised } from "./gateway.ts";
import { findLogProblem } from "./log_facts.ts";

/** The processes of a container, and what supervises what. */
export interface Look {
  /** The processes. */
  processes: Processes;
  /** Its s6-supervise processes, by service. */
  supervisors: ReadonlyMap<string, readonly Supervisor[]>;
  /** What is in its scandir. */
  entries: ReadonlyMap<string, Deno.DirEntry>;
}

/** What is known of a slot. */
export type SlotFacts =
  & Supervised
  & Pick<
    GatewayFacts,
    | "servicedir"
    | "slot"
    | "unregistered"
    | "deaths"
    | "waiting"
    | "logger"
    | "logProblem"
    | "doubles"
  >;

/** Where a profile's service and log are, and whose. */
export interface SlotPlaces {
  /** The scandir. */
  scandir: string;
  /** The log's directory. */
  logDir: string;
  /** Who hermes is. */
  hermes: Owner;
}

/** A finish script is killed after so many seconds, servicedir(7). */
const FINISH_SECONDS = 5;

/**
 * An s6-supervise that finds no room for its status leaves one that names a
 * process of before, or none while there is one that is no finish script. What
 * it has written since the look is true.
 */
function isStale(
  status: ServiceStatus,
  { process, child }: Supervisor,
  { all, uptimeSeconds }: Processes,
): boolean {
  if (status.seconds === 0) return false;
  if (status.pid !== null) return all.get(status.pid)?.ppid !== process.pid;
  return child !== undefined && uptimeSeconds - child.startSeconds > FINISH_SECONDS + 1;
}

const NOTHING: Supervised = { supervisor: "none", frozen: false, status: null };

function readService(
  servicedir: string,
  service: string,
  { processes, supervisors }: Look,
): Supervised & { doubles: number[] } {
  const status = readStatus(servicedir) ?? null;
  if (processes.all.size === 0) {
    return { supervisor: "unknown", frozen: false, status, doubles: [] };
  }
  // Of two, the one that has the child that s6 speaks of.
  const found = supervisors.get(service) ?? [];
  const supervisor = found.find(({ child }) => child?.pid === status?.pid) ?? found[0];
  if (supervisor === undefined) return { ...NOTHING, doubles: [] };
  const { process } = supervisor;
  return {
    supervisor: isFrozen(process) ? "frozen" : "alive",
    supervisorPid: process.pid,
    frozen: isFrozen(processes.all.get(status?.pid ?? 0)),
    status: status !== null && isStale(status, supervisor, processes) ? null : status,
    doubles: found.flatMap((one) => one === supervisor ? [] : one.child?.pid ?? []),
  };
}

function readLogger(servicedir: string, slot: string, look: Look): Supervised {
  const { doubles: _, ...logger } = readService(`${servicedir}/log`, `${slot}/log`, look);
  return logger;
}

/** What is known of a logger that is at work, without a look at its files: its run has become s6-log. */
function readWriting(service: string, { processes, supervisors }: Look): Supervised | undefined {
  const [supervisor, ...others] = supervisors.get(service) ?? [];
  const { process, child } = supervisor ?? {};
  if (process === undefined || child?.program !== "s6-log" || others.length > 0) return undefined;
  const seconds = Math.max(0, Math.floor(processes.uptimeSeconds - child.startSeconds));
  return {
    supervisor: isFrozen(process) ? "frozen" : "alive",
    supervisorPid: process.pid,
    frozen: isFrozen(child),
    status: { up: true, wantedUp: true, pid: child.pid, exitCode: null, signal: null, seconds },
  };
}

/**
 * Reads what there is of a profile's slot; no program is run.
 * Needs `--allow-read` for the scandir and the log's directory.
 *
 * @param profile The profile; its name is legal.
 * @param places Where its slot and log are.
 * @param look What runs in the container.
 * @returns What is known.
 * @throws {Error} If it cannot be read.
 */
export function readSlot(
  profile: string,
  { scandir, logDir, hermes }: SlotPlaces,
  look: Look,
): SlotFacts {
  const name = slotName(profile);
  const servicedir = `${scandir}/${name}`;
  const entry = look.entries.get(name);
  if (!entry?.isDirectory) {
    const slot = entry === undefined ? "none" : "other";
    return { ...NO_SLOT, servicedir, slot, unregistered: isUnregistered(scandir, name) };
  }
  const service = readService(servicedir, name, look);
  const isUp = service.status?.up ?? false;
  const writing = readWriting(`${name}/log`, look);
  const pause = isUp && writing === undefined
    ? lstatIfPresent(`${servicedir}/log/pause`)
    : undefined;
  return {
    ...service,
    servicedir,
    slot: "directory",
    unregistered: false,
    deaths: readDeaths(servicedir),
    waiting: !isUp && waitsSince(servicedir) !== undefined,
    logger: writing ?? readLogger(servicedir, name, look),
    logProblem: isUp ? findLogProblem(logDir, pause?.mtime ?? undefined, hermes) : undefined,
  };
}

/** What is known of a profile whose name cannot have a slot. */
export const NO_SLOT: SlotFacts = {
  ...NOTHING,
  servicedir: "",
  slot: "none",
  unregistered: false,
  deaths: 0,
  logger: NOTHING,
  doubles: [],
};
