import { applySlots, gatewaySlot, previewSlots, type SlotOutcome } from "../slot/publish.ts";
import { appendBootLog, bootLogLines } from "./log.ts";
import { writeBootRecord } from "./record.ts";
import type { ContainerRole } from "../rules/facts.ts";
import { errorWords, survivable } from "../_errors.ts";
import { seedState } from "../profile/seed_state.ts";
import type { Owner } from "../_owner.ts";
import { type ReconcileAction, skipProfile } from "./action.ts";
import { DEFAULT_PROFILE, profileDir, slotName } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import { NO_RULES, type Rules } from "../rules/rules.ts";
import { type LockedScandir, lockScandir } from "../slot/scandir.ts";
import type { Slot } from "../slot/slot.ts";
import { removeStaleFiles } from "../profile/prior_state.ts";
import { type Step, type Survey, survey } from "./plan.ts";

/** Options of {@linkcode reconcileProfileGateways}. */
export interface ReconcileOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path; it is made if there is none. */
  scandir: string;
  /** Whom to give the slots. Absent: they stay the caller's. */
  owner?: Owner;
  /** Decide and return, but write nothing. Default: `false`. */
  dryRun?: boolean;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn;
  /** Which profiles get a slot, and which of them start. Default: all, and those that ran. */
  rules?: Rules;
  /**
   * What the container is for. `gateway-run`: seed the state of a root profile
   * that has none, see {@linkcode seedState}; `own-gateway`: the root
   * profile stays down. Default: `other`.
   */
  role?: ContainerRole;
  /** How long to wait for another reconcile or register, in milliseconds. Default: 30000. */
  lockTimeoutMs?: number;
}

/** Thrown when `profiles` cannot be read; everything else was reconciled. */
export class UnreadableProfilesError extends Error {
  /** The error's class name. */
  override name = "UnreadableProfilesError";
  /** What was done about the root profile. */
  readonly actions: ReconcileAction[];

  /**
   * Makes the error.
   *
   * @param message What failed.
   * @param actions What was done about the root profile.
   */
  constructor(message: string, actions: ReconcileAction[]) {
    super(message);
    this.actions = actions;
  }
}

function settle(
  { action, listing }: Step,
  outcomes: ReadonlyMap<string, SlotOutcome>,
): ReconcileAction {
  const outcome = listing && outcomes.get(slotName(action.profile));
  return outcome instanceof Error
    ? skipProfile(action.profile, `slot not made: ${errorWords(outcome)}`, true, action)
    : action;
}

/**
 * Recreates the slot of every profile on the volume and decides which of them
 * start by themselves. A slot that is already there is refreshed file by file
 * and keeps its supervise tree and the environment it was registered with; a
 * profile that cannot have one is skipped without stopping the others. What was
 * done is in the boot log and in the scandir's boot record. Two reconciles
 * exclude each other.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles`, `<home>/logs` and
 * the root profile's {@linkcode PROFILE_FILES}; `--allow-write` for the
 * scandir, `<home>/profiles`, `<home>/logs` and the root profile's stale
 * files, as `gateway-run` also its state file; `--allow-run=/usr/bin/mkfifo`. A
 * dry run needs only the reads.
 *
 * @param options Where, for whom and how.
 * @returns One action per profile: `default` first, then by name.
 * @throws {ScandirBusyError} If another reconcile or register holds the lock.
 * @throws {UnreadableProfilesError} If `<home>/profiles` cannot be read.
 * @throws {Error} If the scandir is no directory or cannot be written to.
 *
 * @example
 * ```ts no-eval
 * import { reconcileProfileGateways } from "./reconcile.ts";
 * await reconcileProfileGateways({ home: "/opt/data", scandir: "/run/service" });
 * ```
 */
export async function reconcileProfileGateways(
  options: ReconcileOptions,
): Promise<ReconcileAction[]> {
  const { home, scandir, owner, dryRun = false, warn = () => {} } = options;
  const { steps, error } = dryRun
    ? preview(home, scandir, options, warn)
    : await reconcileLocked(home, scandir, options, warn);
  const actions = steps.map((step) => step.action);
  if (!dryRun) {
    try {
      appendBootLog(home, bootLogLines(actions, new Date()), owner);
    } catch (error) {
      warn(`cannot write the boot log: ${errorWords(survivable(error))}`);
    }
  }
  if (error !== undefined) {
    throw new UnreadableProfilesError(
      `cannot read ${home}/profiles: ${errorWords(error)}`,
      actions,
    );
  }
  return actions;
}

function settleAll(
  found: Survey,
  outcomes: ReadonlyMap<string, SlotOutcome>,
): Survey {
  return { ...found, steps: found.steps.map((step) => ({ action: settle(step, outcomes) })) };
}

function slotsOf({ steps }: Survey, home: string, warn: Warn): Slot[] {
  return steps.filter(({ listing }) => listing !== undefined)
    .map(({ action: { profile, action } }) =>
      gatewaySlot(profile, home, action !== "started", warn)
    );
}

function preview(
  home: string,
  scandir: string,
  { rules = NO_RULES, role = "other" }: ReconcileOptions,
  warn: Warn,
): Survey {
  const found = survey(home, warn, { rules, role });
  return settleAll(found, previewSlots(scandir, slotsOf(found, home, warn), warn));
}

function record(scandir: LockedScandir, { steps }: Survey, startedAt: number, warn: Warn): void {
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  try {
    writeBootRecord(scandir, steps.map(({ action }) => action), seconds);
  } catch (error) {
    warn(`cannot write the boot record: ${errorWords(survivable(error))}`);
  }
}

async function reconcileLocked(
  home: string,
  path: string,
  options: ReconcileOptions,
  warn: Warn,
): Promise<Survey> {
  const startedAt = performance.now();
  const { owner, lockTimeoutMs, rules = NO_RULES, role = "other" } = options;
  using scandir = await lockScandir(path, {
    ...owner === undefined ? {} : { owner },
    ...lockTimeoutMs === undefined ? {} : { timeoutMs: lockTimeoutMs },
  });
  if (role === "gateway-run" && rules.selection.whyNot(DEFAULT_PROFILE) === undefined) {
    try {
      seedState(home, new Date());
    } catch (error) {
      warn(`profile=${DEFAULT_PROFILE}: cannot seed its state: ${errorWords(survivable(error))}`);
    }
  }
  const found = survey(home, warn, { rules, role });
  for (const { action: { profile }, listing } of found.steps) {
    if (listing !== undefined) removeStaleFiles(profile, profileDir(home, profile), listing, warn);
  }
  const settled = settleAll(found, applySlots(scandir, slotsOf(found, home, warn), warn));
  record(scandir, settled, startedAt, warn);
  return settled;
}
