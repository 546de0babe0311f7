import { publish } from "../slot/publish.ts";
import { appendBootLog, bootLogLines } from "./log.ts";
import { prepareLogDirectories } from "./log_directories.ts";
import { writeBootRecord } from "./record.ts";
import { errorWords, NoRoomError, survivable } from "../_errors.ts";
import { BOOTSTRAP_STATE, legacyState, seedState } from "../profile/seed_state.ts";
import { keptAction, type ReconcileAction, skippedAction } from "./action.ts";
import { DEFAULT_PROFILE, profileDir } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import type { Capacity } from "../s6/capacity.ts";
import { NO_RULES } from "../rules/rules.ts";
import { type LockedScandir, lockScandir } from "../slot/scandir.ts";
import { expectedOutcomes, planSlots, type Slot, type SlotOutcome } from "../slot/slot.ts";
import { findSlots, isSupervised } from "../slot/slot_facts.ts";
import { removeStaleFiles } from "../profile/prior_state.ts";
import { type PlanOptions, planVolume, type ProfilePlan, startsAnew } from "./plan.ts";

/**
 * Options of {@linkcode reconcileProfileGateways}. Where a root profile without
 * a state file counts as running it also gets one, see {@linkcode seedState}.
 */
export interface ReconcileOptions extends PlanOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path; it is made if there is none. */
  scandir: string;
  /** What its s6-svscan holds. Default: any number. */
  capacity?: Capacity | undefined;
  /** The container's name, for the boot log. Default: not known. */
  container?: string | undefined;
  /** Decide and return, but write nothing. Default: `false`. */
  dryRun?: boolean | undefined;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn | undefined;
  /** How long to wait for another reconcile or register, in milliseconds. Default: 30000. */
  lockTimeoutMs?: number | undefined;
}

/** What a reconciliation did. */
export interface Reconciliation {
  /** One action per profile: `default` first, then by name. */
  actions: ReconcileAction[];
  /** Why `<home>/profiles` could not be read; the root profile was reconciled nevertheless. */
  error?: Error | undefined;
}

/** What was done about a profile, now that it is known what became of its slot. */
function actionTaken(
  { action }: ProfilePlan,
  outcome: SlotOutcome | undefined,
  supervised: boolean,
): ReconcileAction {
  const { profile } = action;
  if (outcome instanceof NoRoomError) return skippedAction(profile, outcome.message, false, action);
  if (outcome instanceof Error) {
    return skippedAction(profile, `slot not made: ${errorWords(outcome)}`, true, action);
  }
  if (!supervised || outcome === undefined || outcome === "created") return action;
  return keptAction(action, outcome);
}

function seedRootState(home: string, options: PlanOptions, warn: Warn): void {
  const { rules = NO_RULES, role } = options;
  if (!startsAnew(options) || rules.selection.away(DEFAULT_PROFILE) !== undefined) return;
  try {
    seedState(home, role === "gateway-run" ? legacyState(new Date()) : BOOTSTRAP_STATE);
  } catch (error) {
    warn(`profile=${DEFAULT_PROFILE}: cannot seed its state: ${errorWords(survivable(error))}`);
  }
}

/** Goes over all profiles; without a locked scandir nothing is written. */
function pass(
  options: ReconcileOptions,
  warn: Warn,
  locked: LockedScandir | undefined,
): Reconciliation {
  const { home, scandir, capacity } = options;
  if (locked !== undefined) seedRootState(home, options, warn);
  const { profiles, error } = planVolume(home, warn, options);
  const slots = profiles.flatMap(({ slot }) => slot ?? []);
  const facts = findSlots(scandir, slots, capacity);
  const supervised = new Set<Slot | undefined>(slots.filter((slot) => isSupervised(facts, slot)));
  if (locked !== undefined) {
    // Where it is supervised they are those of a gateway that may be running.
    const idle = profiles.filter(({ listing, slot }) => listing && !supervised.has(slot));
    for (const { action: { profile }, listing } of idle) {
      removeStaleFiles(profile, profileDir(home, profile), listing!, warn);
    }
    prepareLogDirectories(home, idle.map(({ action: { profile } }) => profile));
  }
  const { plans, warnings } = planSlots(slots, facts, capacity);
  for (const warning of warnings) warn(warning);
  const outcomes: Map<Slot | undefined, SlotOutcome> = locked === undefined
    ? expectedOutcomes(plans)
    : publish(locked, plans);
  const actions = profiles.map((plan) =>
    actionTaken(plan, outcomes.get(plan.slot), supervised.has(plan.slot))
  );
  return { actions, error };
}

/** Does something whose failure is a warning. */
function attempt(what: string, act: () => void, warn: Warn): void {
  try {
    act();
  } catch (error) {
    warn(`cannot ${what}: ${errorWords(survivable(error))}`);
  }
}

async function passLocked(options: ReconcileOptions, warn: Warn): Promise<Reconciliation> {
  const startedAt = performance.now();
  using scandir = await lockScandir(options.scandir, { timeoutMs: options.lockTimeoutMs });
  attempt("remove what hermes left half made", () => scandir.sweepLeftovers(), warn);
  const done = pass(options, warn, scandir);
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  attempt("write the boot record", () => writeBootRecord(scandir, done.actions, seconds), warn);
  return done;
}

/**
 * Recreates the slot of every profile on the volume and decides which of them
 * start by themselves. A slot that is already there is refreshed file by file
 * and keeps its supervise tree and the environment it was registered with; one
 * that is supervised keeps its gateway as it is, too. A profile that cannot have
 * a slot, or for which s6-svscan has no room, is skipped without stopping the
 * others. What was
 * done is in the boot log and in the scandir's boot record. Two reconciles
 * exclude each other.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles`, `<home>/logs` and
 * the root profile's {@linkcode PROFILE_FILES}; `--allow-write` for the
 * scandir, `<home>/profiles`, `<home>/logs` and the root profile's stale
 * files, and for its state file where that is made; for skeletons,
 * `--allow-run=/usr/bin/mkfifo`. A dry run needs only the reads.
 *
 * @param options Where and how.
 * @returns What was done about each profile, and whether any were missed.
 * @throws {ScandirBusyError} If another reconcile or register holds the lock.
 * @throws {Error} If the scandir is no directory or cannot be written to.
 *
 * @example
 * ```ts no-eval
 * import { reconcileProfileGateways } from "./reconcile.ts";
 * await reconcileProfileGateways({ home: "/opt/data", scandir: "/run/service" });
 * ```
 */
export async function reconcileProfileGateways(options: ReconcileOptions): Promise<Reconciliation> {
  const { home, container, dryRun = false, warn = () => {} } = options;
  const { actions, error } = dryRun
    ? pass(options, warn, undefined)
    : await passLocked(options, warn);
  if (!dryRun) {
    const lines = bootLogLines(actions, new Date(), container);
    attempt("write the boot log", () => appendBootLog(home, lines), warn);
  }
  if (error === undefined) return { actions };
  return { actions, error: new Error(`cannot read ${home}/profiles: ${errorWords(error)}`) };
}
