import type { Owner } from "../_owner.ts";
import { findOrphans } from "../s6/orphans.ts";
import { S6_SVSCAN } from "../s6/run.ts";
import { SKELETON_DIRECTORIES, SKELETON_FIFO } from "../slot/skeleton.ts";
import { type Capacity, roomFor, wordNoRoom } from "../s6/capacity.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";

/** One check and what it found. */
export interface Check {
  /** What was checked. */
  name: string;
  /** Whether it is as it should be. */
  ok: boolean;
  /** What was found; for a failed check also what helps. */
  detail: string;
}

/** What an entry of a skeleton is. */
export interface SkeletonEntry {
  /** The service directory, relative to the scandir. */
  service: string;
  /** Its path, relative to that. */
  path: string;
  /** What it is; `missing` if it is not there. */
  kind: "directory" | "fifo" | "other" | "missing";
  /** Its mode, up to 0o7777. */
  mode: number;
  /** Its owner. */
  owner: Owner;
}

/** How much room a file system has. */
export interface Space {
  /** What is on it. */
  place: "home" | "scandir";
  /** `k`: KiB; `i`: inodes. */
  unit: "k" | "i";
  /** How many there are; 0 where the file system does not count them. */
  total: number;
  /** How many are free. */
  free: number;
}

/** What is known of the supervision tree and what is around it. */
export interface DoctorFacts {
  /** The name of PID 1, if it is known. */
  pid1?: string | undefined;
  /** The caller, if it is known: who should own the skeletons. */
  owner?: Owner | undefined;
  /** The scandir. PID 1's is `/run/service`; any other's s6-svscan is the service `gateways`. */
  scandir: string;
  /** What s6-svstat says of the service `gateways`: up, ready, wanted up. Absent: not known, or no business of it. */
  gateways?: string | undefined;
  /** Why s6-svscan cannot be told anything, if so. */
  listenProblem?: string | undefined;
  /** Why the scandir cannot be written to, if so. */
  scandirProblem?: string | undefined;
  /** How many services are in the scandir, and what its s6-svscan holds, where that is known. */
  services?: { used: number; capacity: Capacity } | undefined;
  /** The slots' names. */
  slots: readonly string[];
  /** What is there of their skeletons. */
  skeletons: readonly SkeletonEntry[];
  /** The services whose s6-supervise runs, one entry a process. */
  supervised: readonly string[];
  /** Slots that were renamed away and are still supervised. */
  retired: readonly string[];
  /** Why logs cannot be written, if so. */
  logsProblem?: string | undefined;
  /** What of the home is not hermes's and should be, relative to it. */
  foreign: readonly string[];
  /** Whether there was no time to look at all of the home. */
  homeIsLarge?: boolean | undefined;
  /** The room that is known. */
  space: readonly Space[];
}

/** Less free space than this fails, in KiB on the volume and in the scandir, and in inodes. */
const LEAST = { home: 64 * 1024, scandir: 1024, inodes: 256 } as const;

/** The entries of a skeleton, relative to the service directory, with their modes. */
export const SKELETON: ReadonlyMap<string, number> = new Map([
  ...SKELETON_DIRECTORIES,
  SKELETON_FIFO,
]);

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function skeletonProblem(entry: SkeletonEntry, owner = entry.owner): string | undefined {
  const { service, path, kind, mode } = entry;
  const word = (kind: string, mode: number, { uid, gid }: Owner) =>
    `${kind} ${octal(mode)} ${uid}:${gid}`;
  const expected = word(
    path === SKELETON_FIFO[0] ? "fifo" : "directory",
    SKELETON.get(path) ?? 0,
    owner,
  );
  const found = kind === "missing" ? "nothing" : word(kind, mode, entry.owner);
  return found === expected ? undefined : `${service}/${path}: expected ${expected}, got ${found}`;
}

function checkSkeletons({ skeletons, slots, owner }: DoctorFacts): Check {
  const name = "skeletons have the right owner and mode";
  const problems = skeletons.flatMap((entry) => skeletonProblem(entry, owner) ?? []);
  const [first] = problems;
  if (first === undefined) return { name, ok: true, detail: `${slots.length} slots` };
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  const help = `run "gatewayctl unregister" and "gatewayctl register" on it`;
  return { name, ok: false, detail: `${first}${more}: ${help}` };
}

function checkOrphans({ supervised, retired, slots }: DoctorFacts): Check {
  const name = "no supervisor without its slot";
  const expected = slots.flatMap((slot) => [slot, `${slot}/log`]);
  const all = [...new Set([...findOrphans(supervised, expected), ...retired])].sort();
  if (all.length === 0) return { name, ok: true, detail: "none" };
  const help = `run "gatewayctl sync"`;
  return { name, ok: false, detail: `${all.join(", ")}: ${help}` };
}

function checkForeign({ foreign: [first, ...others], homeIsLarge = false }: DoctorFacts): Check {
  const name = "what is in the home is hermes's";
  if (first === undefined) {
    return { name, ok: true, detail: homeIsLarge ? "as far as 5 s let see" : "yes" };
  }
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  const help = `start the container again, or give it to hermes with "chown -h"`;
  return { name, ok: false, detail: `${first}${more}: ${help}` };
}

function checkSpace({ place, unit, total, free }: Space): Check {
  const name = `free ${unit === "k" ? "space" : "inodes"} for the ${place}`;
  if (total === 0) return { name, ok: true, detail: "not counted" };
  const least = unit === "k" ? LEAST[place] : LEAST.inodes;
  const word = (count: number) => unit === "k" ? `${Math.floor(count / 1024)} MiB` : String(count);
  return free >= least
    ? { name, ok: true, detail: word(free) }
    : { name, ok: false, detail: `${word(free)}, expected ${word(least)}: make room` };
}

function checkRoom({ used, capacity }: NonNullable<DoctorFacts["services"]>): Check {
  const name = "room for gateways";
  const room = roomFor(capacity, used);
  if (room > 0) {
    return { name, ok: true, detail: `for ${room} more: ${used} of ${capacity.max} taken` };
  }
  const { problem, help } = wordNoRoom(capacity);
  return { name, ok: false, detail: `${problem}, and there are ${used}: ${help}` };
}

/** The service that runs isolated supervision's s6-svscan. */
function checkGateways(state: string): Check {
  const name = "the service gateways has the gateways";
  if (state.startsWith("true true ")) return { name, ok: true, detail: "yes" };
  const service = `${SHARED_SCANDIR}/gateways`;
  const problem = state.startsWith("true")
    ? "it waits for another s6-svscan to leave the scandir"
    : state.endsWith(" true")
    ? "its s6-svscan has failed, and it tries again"
    : "it has given up, or was stopped";
  const help = `see the container's log, then "s6-svc -u ${service}"`;
  return { name, ok: false, detail: `${problem}: ${help}` };
}

function check(name: string, problem: string | undefined, good: string, help: string): Check {
  return problem === undefined
    ? { name, ok: true, detail: good }
    : { name, ok: false, detail: `${problem}: ${help}` };
}

/** What helps when a scandir's s6-svscan does not listen, and when it cannot be written to. */
function helpFor(scandir: string): { listening: string; writing: string } {
  const stage = "stage 015-supervise-perms";
  const log = "the container's log";
  return scandir === SHARED_SCANDIR
    ? { listening: `${stage} gives control; see ${log}`, writing: `${stage} shares it; see ${log}` }
    : {
      listening:
        `the service gateways runs it; see "s6-svstat ${SHARED_SCANDIR}/gateways" and ${log}`,
      writing: `it must belong to hermes; ${stage} makes it as hermes`,
    };
}

/**
 * Decides what is wrong with a supervision tree. Pure.
 *
 * @param facts What is known.
 * @returns One entry per check; what is not known is not checked.
 *
 * @example
 * ```ts
 * import { examine } from "./doctor.ts";
 * const facts = {
 *   pid1: "s6-svscan",
 *   scandir: "/run/service",
 *   slots: [],
 *   skeletons: [],
 *   supervised: [],
 *   retired: [],
 *   foreign: [],
 *   space: [],
 * };
 * examine(facts).every(({ ok }) => ok); // true
 * ```
 */
export function examine(facts: DoctorFacts): Check[] {
  const { pid1, scandir, listenProblem, scandirProblem, logsProblem } = facts;
  const help = helpFor(scandir);
  const wrong = pid1 === undefined || pid1 === S6_SVSCAN ? undefined : `PID 1 is ${pid1}`;
  return [
    ...pid1 === undefined
      ? []
      : [check("s6-svscan is PID 1", wrong, "yes", "start the container with /init")],
    ...facts.gateways === undefined ? [] : [checkGateways(facts.gateways)],
    check(`s6-svscan listens on ${scandir}`, listenProblem, "yes", help.listening),
    check(`${scandir} is writable`, scandirProblem, "yes", help.writing),
    ...facts.services === undefined ? [] : [checkRoom(facts.services)],
    checkSkeletons(facts),
    checkOrphans(facts),
    check("logs are writable", logsProblem, "yes", "it must belong to hermes"),
    checkForeign(facts),
    ...facts.space.map(checkSpace),
  ];
}
