import { publish } from "../slot/publish.ts";
import { lstatIfPresent } from "../_fs.ts";
import { errorWords, NoRoomError, S6TimeoutError, survivable } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import type { Rules } from "../rules/rules.ts";
import type { Capacity } from "../s6/capacity.ts";
import { type LockedScandir, lockScandir } from "../slot/scandir.ts";
import { S6ServiceManager } from "./manager.ts";
import type { SlotDefaults } from "../slot/render.ts";
import {
  expectedOutcomes,
  gatewaySlot,
  planSlots,
  type Slot,
  type SlotOutcome,
} from "../slot/slot.ts";
import { findSlots } from "../slot/slot_facts.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import { Supervision } from "../s6/supervision.ts";
import { clearUnregistered, keptEnv } from "../slot/unregistered.ts";
import { planVolume, type ProfilePlan } from "../boot/plan.ts";

/** Options of {@linkcode syncProfileGateways}. */
export interface SyncOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string | undefined;
  /**
   * Unregister gateways whose profile is gone or not legal any more. A function
   * is asked after the profiles have been read, before anything is changed.
   * Default: `false`.
   */
  prune?: boolean | (() => boolean) | undefined;
  /** Decide and return, but write nothing. Default: `false`. */
  dryRun?: boolean | undefined;
  /** What the scandir's s6-svscan holds. Default: any number. */
  capacity?: Capacity | undefined;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** How long each gateway may take, in milliseconds. Default: 10000. */
  timeoutMs?: number | undefined;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn | undefined;
  /** Which profiles get a slot, and which of them start. Default: all, and those that ran. */
  rules?: Rules | undefined;
  /** What is the same in every slot. */
  defaults?: SlotDefaults | undefined;
}

/** What a sync did about one profile, or about a slot without one. */
export interface SyncEntry {
  /** The profile's name; for a skipped one not necessarily a legal one. */
  profile: string;
  /** What was done. */
  action: "created" | "refreshed" | "unchanged" | "pruned" | "skipped";
  /** Whether s6 starts what was created. */
  starts?: boolean;
  /** Why it was pruned or skipped, or what failed. */
  reason?: string;
  /** Present when something failed, rather than being left alone by a rule. */
  failed?: true;
}

/** What to do about one profile, or about a slot without one. */
export type SyncStep =
  | { do: "apply"; profile: string; slot: Slot }
  | { do: "prune"; profile: string; reason: string }
  | { do: "skip"; profile: string; reason: string; failed: boolean };

const BUSY = "what ran in its slot, which was removed, has not ended: end it, then sync again";

/**
 * Decides what a sync does.
 *
 * @param profiles What is to become of the profiles on the volume.
 * @param slots The profiles that have a slot.
 * @param prune Whether slots without a profile go.
 * @param busy The services that a former supervisor has not left: they get no slot yet.
 * @returns One step per profile in their order, then one per slot left over.
 *
 * @example
 * ```ts
 * import { planSync } from "./sync.ts";
 * planSync([], ["gone"], true); // [{ do: "prune", profile: "gone", reason: "no such profile" }]
 * ```
 */
export function planSync(
  profiles: readonly ProfilePlan[],
  slots: readonly string[],
  prune: boolean,
  busy: readonly string[] = [],
): SyncStep[] {
  const kept = new Set(profiles.filter(({ slot }) => slot).map(({ action }) => action.profile));
  const left = new Set(slots.filter((profile) => !kept.has(profile)));
  const drop = (profile: string, reason: string): SyncStep =>
    prune
      ? { do: "prune", profile, reason }
      : { do: "skip", profile, reason: `${reason}; --prune unregisters it`, failed: false };
  const steps = profiles.map(({ action, slot }): SyncStep => {
    const { profile, reason = "", failed = false } = action;
    if (slot !== undefined && [slot.name, `${slot.name}/log`].some((one) => busy.includes(one))) {
      return { do: "skip", profile, reason: BUSY, failed: true };
    }
    if (slot !== undefined) return { do: "apply", profile, slot: { ...slot, keepsDown: true } };
    const hasSlot = left.delete(profile);
    return hasSlot && !failed ? drop(profile, reason) : { do: "skip", profile, reason, failed };
  });
  return [...steps, ...[...left].map((profile) => drop(profile, "no such profile"))];
}

function entryOf(step: SyncStep, outcomes: ReadonlyMap<Slot, SlotOutcome>): SyncEntry {
  const { profile } = step;
  if (step.do === "prune") return { profile, action: "pruned", reason: step.reason };
  if (step.do === "skip") {
    const entry = { profile, action: "skipped" as const, reason: step.reason };
    return step.failed ? { ...entry, failed: true } : entry;
  }
  const outcome = outcomes.get(step.slot) ?? "unchanged";
  if (outcome === "created") return { profile, action: outcome, starts: !step.slot.down };
  if (typeof outcome === "string") return { profile, action: outcome };
  if (outcome instanceof NoRoomError) {
    return { profile, action: "skipped", reason: outcome.message };
  }
  const reason = `slot not made: ${errorWords(outcome)}`;
  return { profile, action: "skipped", reason, failed: true };
}

/**
 * Words what a sync did about one profile.
 *
 * @param entry What it did.
 * @returns One line, if the profile's name and the reason are.
 *
 * @example
 * ```ts
 * import { wordSyncEntry } from "./sync.ts";
 * wordSyncEntry({ profile: "coder", action: "created", starts: true }); // "coder: created, starts"
 * ```
 */
export function wordSyncEntry({ profile, action, starts, reason }: SyncEntry): string {
  const what = starts === undefined ? action : `${action}, ${starts ? "starts" : "down"}`;
  return `${profile}: ${what}${reason === undefined ? "" : `: ${reason}`}`;
}

/** Gives a slot that was unregistered the environment that it had. */
function withKeptEnv(scandir: string, plan: ProfilePlan): ProfilePlan {
  const { slot } = plan;
  const extraEnv = slot === undefined ? {} : keptEnv(scandir, slot.name);
  if (slot === undefined || Object.keys(extraEnv).length === 0) return plan;
  return { ...plan, slot: gatewaySlot({ ...slot.description, extraEnv }, slot.down) };
}

/** Goes over all profiles; without a locked scandir nothing is written. */
async function pass(
  manager: S6ServiceManager,
  supervision: Supervision,
  options: SyncOptions,
  locked: LockedScandir | undefined,
): Promise<{ entries: SyncEntry[]; leftOut: Set<string> }> {
  const { home, scandir = SHARED_SCANDIR, prune = false, warn = () => {} } = options;
  const { rules, defaults, capacity } = options;
  const { profiles: found, error } = planVolume(home, warn, { rules, defaults });
  if (error !== undefined) throw new Error(`cannot read ${home}/profiles: ${errorWords(error)}`);
  const profiles = found.map((one) => withKeptEnv(scandir, one));
  const registered = await manager.listProfileGateways();
  const prunes = typeof prune === "function" ? prune() : prune;
  const busy = locked === undefined ? [] : await supervision.endOrphans();
  const steps = planSync(profiles, registered, prunes, busy);
  const slots = steps.flatMap((step) => step.do === "apply" ? step.slot : []);
  const { plans, warnings } = planSlots(slots, findSlots(scandir, slots, capacity), capacity);
  for (const warning of warnings) warn(warning);
  const outcomes = locked === undefined ? expectedOutcomes(plans) : publish(locked, plans);
  for (const [slot, outcome] of locked === undefined ? [] : outcomes) {
    if (outcome === "created") clearUnregistered(scandir, slot.name);
  }
  const noRoom = slots.filter((slot) => outcomes.get(slot) instanceof NoRoomError);
  const leftOut = new Set(noRoom.map(({ description: { profile } }) => profile));
  return { entries: steps.map((step) => entryOf(step, outcomes)), leftOut };
}

/** Makes and refreshes slots under the scandir's lock, so that no register comes between. */
async function passLocked(
  manager: S6ServiceManager,
  supervision: Supervision,
  options: SyncOptions,
) {
  using scandir = await lockScandir(options.scandir ?? SHARED_SCANDIR);
  return await pass(manager, supervision, options, scandir);
}

async function attempt(entry: SyncEntry, act: () => Promise<void>): Promise<SyncEntry> {
  try {
    await act();
    return entry;
  } catch (error) {
    return { ...entry, reason: errorWords(survivable(error)), failed: true };
  }
}

/** Tells whether s6-supervise has ever been at work in a slot. */
function wasSupervised(scandir: string, profile: string): boolean {
  return lstatIfPresent(`${scandir}/${slotName(profile)}/supervise/status`) !== undefined;
}

/**
 * Makes a function that has a slot supervised. Once s6-svscan has not taken
 * one up in time it has no room: the others are not waited for.
 */
function recruiter(supervision: Supervision): (service: string) => Promise<void> {
  let full: S6TimeoutError | undefined;
  return async (service) => {
    if (full !== undefined) {
      if (await supervision.supervised(service, true)) return;
      throw new Error(`not supervised, as ${full.service} before it`);
    }
    try {
      await supervision.supervise(service);
    } catch (error) {
      if (error instanceof S6TimeoutError) full = error;
      throw error;
    }
  };
}

/**
 * Makes the live slots match the profiles on the volume, without restarting
 * anything: a missing slot is made, and started if the profile's state says
 * so, once the supervisors of one that somebody has removed have ended; a slot
 * that differs is refreshed and keeps its environment, its `down` file and its PID. Slots without a profile are left alone unless `prune` is
 * set. Unlike a boot it removes no stale files, which belong to live gateways,
 * and leaves no line in the boot log.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles` and the root
 * profile's files; `--allow-write` for the scandir; `--allow-run` for
 * `s6-svc`, `s6-svok`, `s6-svscanctl`, {@linkcode LOOK} and, for skeletons,
 * `/usr/bin/mkfifo` by their full paths. A dry run needs only the reads.
 *
 * @param options Where and how.
 * @returns One entry per profile, `default` first, then by name; then one per
 * slot without a profile. What failed is marked and does not stop the others.
 * @throws {ScandirBusyError} If a reconcile or register holds the lock.
 * @throws {Error} If `<home>/profiles` cannot be read (nothing is changed
 * then), or the scandir cannot be written to.
 *
 * @example
 * ```ts no-eval
 * import { syncProfileGateways } from "./sync.ts";
 * await syncProfileGateways({ home: "/opt/data", prune: true });
 * ```
 */
export async function syncProfileGateways(options: SyncOptions): Promise<SyncEntry[]> {
  const { home, scandir = SHARED_SCANDIR, timeoutMs = 10_000, bin, warn } = options;
  const where = { scandir, timeoutMs, bin };
  const manager = new S6ServiceManager({ home, ...where, warn });
  const supervision = new Supervision(where);
  if (options.dryRun) return (await pass(manager, supervision, options, undefined)).entries;
  const recruit = recruiter(supervision);
  await manager.reapRetired();
  const { entries: planned, leftOut } = await passLocked(manager, supervision, options);
  const entries: SyncEntry[] = [];
  for (const entry of planned) {
    const { profile, action } = entry;
    if (action === "pruned") {
      entries.push(
        await attempt(entry, async () => {
          await manager.unregisterProfileGateway(profile);
          clearUnregistered(scandir, slotName(profile)); // no operator's wish
        }),
      );
    } else if (action !== "skipped" && !wasSupervised(scandir, profile)) {
      entries.push(await attempt(entry, () => recruit(slotName(profile))));
    } else {
      entries.push(entry);
    }
  }
  const madeRoom = entries.some(({ action, failed }) => action === "pruned" && !failed);
  if (leftOut.size === 0 || !madeRoom) return entries;
  const later = await syncProfileGateways(options);
  const again = (entry: SyncEntry) => later.find(({ profile }) => profile === entry.profile);
  return entries.map((entry) => leftOut.has(entry.profile) ? again(entry) ?? entry : entry);
}
