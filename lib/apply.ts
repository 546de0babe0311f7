import { listDirectory } from "./create.ts";
import { survivable } from "./errors.ts";
import type { LockedScandir } from "./scandir.ts";
import { createSlots, isCurrent, type ReadFiles, refreshSlot, type Slot } from "./slot.ts";

/** What became of a slot, or why nothing did. */
export type SlotOutcome = "created" | "refreshed" | "unchanged" | Error;

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
 * @returns What would become of each, by its name.
 */
export function previewSlots(scandir: string, slots: readonly Slot[]): Map<string, SlotOutcome> {
  const entries = listIfPresent(scandir);
  const read: ReadFiles = new Map();
  return new Map(slots.map((slot) => [
    slot.name,
    ifPresent(entries.get(slot.name), () => !isCurrent(scandir, slot, read)) ?? "created",
  ]));
}

/**
 * Brings slots into a scandir: makes those that are missing, in one go, and
 * refreshes the others. Needs `--allow-read` and `--allow-write` for the
 * scandir and `--allow-run=/usr/bin/mkfifo`.
 *
 * @param scandir The locked scandir.
 * @param slots The slots.
 * @returns What became of each, by its name.
 */
export function applySlots(
  scandir: LockedScandir,
  slots: readonly Slot[],
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
