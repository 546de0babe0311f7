import { listDirectory } from "../_fs.ts";
import { capacityProblem } from "../s6/capacity.ts";
import { errorWords, survivable } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import { readExtraEnv, renderSlot } from "./render.ts";
import type { LockedScandir } from "./scandir.ts";
import { createSlots, isCurrent, type ReadFiles, refreshSlot, type Slot } from "./slot.ts";

/** What became of a slot, or why nothing did. */
export type SlotOutcome = "created" | "refreshed" | "unchanged" | Error;

/** The environment a slot was registered with. */
function extraEnvOf(profile: string, run: string | Error, warn: Warn): Record<string, string> {
  const env = typeof run === "string" ? readExtraEnv(run) : undefined;
  if (env !== undefined) return env;
  const why = run instanceof Error ? errorWords(run) : "not made by this suite";
  warn(`profile=${profile}: no environment is kept: run: ${why}`);
  return {};
}

/**
 * Describes the slot of a profile; one that is there keeps the environment it
 * was registered with. No permission is needed.
 *
 * @param profile The profile.
 * @param home The Hermes home, an absolute path.
 * @param down Whether a `down` file keeps it from starting by itself.
 * @param warn Told when there is a slot whose environment cannot be read.
 * @returns The slot.
 * @throws {InvalidProfileNameError} If the profile's name is not legal.
 */
export function gatewaySlot(profile: string, home: string, down: boolean, warn: Warn): Slot {
  return {
    name: slotName(profile),
    files: renderSlot({ profile, home }),
    down,
    refit: (run) => renderSlot({ profile, home, extraEnv: extraEnvOf(profile, run, warn) }).run,
  };
}

function warnOfCrowd(
  scandir: string,
  entries: ReadonlyMap<string, Deno.DirEntry>,
  made: number,
  warn: Warn,
): void {
  const services = [...entries.keys()].filter((name) => !name.startsWith(".")).length + made;
  const problem = capacityProblem(scandir, services);
  if (problem !== undefined) warn(problem);
}

/** Does something to a slot that was there; `undefined` if there is none. */
function ifPresent(
  entry: Deno.DirEntry | undefined,
  change: () => boolean,
): SlotOutcome | undefined {
  if (entry === undefined) return undefined;
  if (!entry.isDirectory) return new Error(`${entry.name} in the scandir is not a directory`);
  try {
    return change() ? "refreshed" : "unchanged";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return survivable(error);
  }
}

function listIfPresent(path: string): Map<string, Deno.DirEntry> {
  try {
    return listDirectory(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}

/**
 * Says what {@linkcode applySlots} would do, and writes nothing.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir; it need not exist.
 * @param slots The slots.
 * @param warn Told when they are too many for s6-svscan.
 * @returns What would become of each, by its name.
 */
export function previewSlots(
  scandir: string,
  slots: readonly Slot[],
  warn: Warn = () => {},
): Map<string, SlotOutcome> {
  const entries = listIfPresent(scandir);
  const read: ReadFiles = new Map();
  const outcomes = new Map(slots.map((slot): [string, SlotOutcome] => [
    slot.name,
    ifPresent(entries.get(slot.name), () => !isCurrent(scandir, slot, read)) ?? "created",
  ]));
  warnOfCrowd(scandir, entries, slots.filter(({ name }) => !entries.has(name)).length, warn);
  return outcomes;
}

/**
 * Brings slots into a scandir: makes those that are missing, in one go, and
 * refreshes the others. Needs `--allow-read` and `--allow-write` for the
 * scandir and `--allow-run=/usr/bin/mkfifo`.
 *
 * @param scandir The locked scandir.
 * @param slots The slots.
 * @param warn Told when they are too many for s6-svscan.
 * @returns What became of each, by its name.
 */
export function applySlots(
  scandir: LockedScandir,
  slots: readonly Slot[],
  warn: Warn = () => {},
): Map<string, SlotOutcome> {
  const outcomes = new Map<string, SlotOutcome>();
  const missing: Slot[] = [];
  const entries = listDirectory(scandir.path);
  const read: ReadFiles = new Map();
  for (const slot of slots) {
    const outcome = ifPresent(entries.get(slot.name), () => refreshSlot(scandir, slot, read));
    if (outcome === undefined) missing.push(slot);
    else outcomes.set(slot.name, outcome);
  }
  warnOfCrowd(scandir.path, entries, missing.length, warn);
  if (missing.length === 0) return outcomes;
  for (const [name, outcome] of createMissing(scandir, missing)) outcomes.set(name, outcome);
  return outcomes;
}

function createMissing(
  scandir: LockedScandir,
  missing: readonly Slot[],
): Map<string, SlotOutcome> {
  try {
    const failed = createSlots(scandir.path, scandir.openStaging(), missing);
    return new Map(missing.map(({ name }) => [name, failed.get(name) ?? "created"]));
  } catch (error) {
    const failure = survivable(error); // no room for the staging directory
    return new Map(missing.map(({ name }) => [name, failure]));
  }
}
