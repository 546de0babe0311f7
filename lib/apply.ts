import { survivable } from "./errors.ts";
import type { LockedScandir } from "./scandir.ts";
import { createSlots, isCurrent, refreshSlot, type Slot } from "./slot.ts";

/** What became of a slot, or why nothing did. */
export type SlotOutcome = "created" | "refreshed" | "unchanged" | Error;

/** Does something to a slot that is there; `undefined` if there is none. */
function ifPresent(
  scandir: string,
  slot: Slot,
  change: () => boolean,
): SlotOutcome | undefined {
  try {
    if (!Deno.lstatSync(`${scandir}/${slot.name}`).isDirectory) {
      return new Error(`${slot.name} in the scandir is not a directory`);
    }
    return change() ? "refreshed" : "unchanged";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    return survivable(error);
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
  return new Map(slots.map((slot) => [
    slot.name,
    ifPresent(scandir, slot, () => !isCurrent(scandir, slot)) ?? "created",
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
  for (const slot of slots) {
    const outcome = ifPresent(scandir.path, slot, () => refreshSlot(scandir, slot));
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
