import { publish } from "../../lib/slot/publish.ts";
import { type LockedScandir, lockScandir } from "../../lib/slot/scandir.ts";
import { gatewaySlot, planSlots, type Slot, type SlotOutcome } from "../../lib/slot/slot.ts";
import { findSlots } from "../../lib/slot/slot_facts.ts";

/** The slot of a profile. */
export function slotOf(profile: string, down = false, home = "/opt/data"): Slot {
  return gatewaySlot({ profile, home }, down);
}

/** Plans slots for a scandir. */
export function plan(scandir: string, slots: readonly Slot[]) {
  return planSlots(slots, findSlots(scandir, slots));
}

/** Brings slots into a locked scandir. */
export function applyLocked(scandir: LockedScandir, slots: readonly Slot[]) {
  return publish(scandir, plan(scandir.path, slots).plans);
}

/** Brings slots into a scandir. */
export async function apply(path: string, slots: readonly Slot[]): Promise<string[]> {
  using scandir = await lockScandir(path);
  return words(applyLocked(scandir, slots));
}

/** One line per slot, with what became of it. */
export function words(outcomes: ReadonlyMap<Slot, SlotOutcome>): string[] {
  return [...outcomes].map(([{ description }, outcome]) =>
    `${description.profile} ${outcome instanceof Error ? outcome.message : outcome}`
  );
}
