import { applySlots, gatewaySlot, previewSlots, type SlotOutcome } from "../slot/publish.ts";
import { lstatIfPresent } from "../_fs.ts";
import { errorWords, survivable } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import { NO_RULES, type Rules } from "../rules/rules.ts";
import { lockScandir } from "../slot/scandir.ts";
import { S6TimeoutError } from "../_errors.ts";
import { S6ServiceManager } from "./manager.ts";
import type { Slot } from "../slot/slot.ts";
import { Supervision } from "../s6/supervision.ts";
import { type Step, survey } from "../boot/plan.ts";

/** Options of {@linkcode syncProfileGateways}. */
export interface SyncOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string;
  /**
   * Unregister gateways whose profile is gone or not legal any more. A function
   * is asked after the profiles have been read, before anything is changed.
   * Default: `false`.
   */
  prune?: boolean | (() => boolean);
  /** Decide and return, but write nothing. Default: `false`. */
  dryRun?: boolean;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string;
  /** How long each gateway may take, in milliseconds. Default: 10000. */
  timeoutMs?: number;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn;
  /** Which profiles get a slot, and which of them start. Default: all, and those that ran. */
  rules?: Rules;
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
  | { do: "apply"; profile: string; starts: boolean }
  | { do: "prune"; profile: string; reason: string }
  | { do: "skip"; profile: string; reason: string; failed: boolean };

/**
 * Decides what a sync does. Pure; no permission is needed.
 *
 * @param steps What the volume holds.
 * @param slots The profiles that have a slot.
 * @param prune Whether slots without a profile go.
 * @returns One step per profile in their order, then one per slot left over.
 *
 * @example
 * ```ts
 * import { planSync } from "./sync.ts";
 * planSync([], ["gone"], true); // [{ do: "prune", profile: "gone", reason: "no such profile" }]
 * ```
 */
export function planSync(
  steps: readonly Step[],
  slots: readonly string[],
  prune: boolean,
): SyncStep[] {
  const applied = new Set(steps.filter((step) => step.listing).map((step) => step.action.profile));
  const left = new Set(slots.filter((profile) => !applied.has(profile)));
  const drop = (profile: string, reason: string): SyncStep =>
    prune
      ? { do: "prune", profile, reason }
      : { do: "skip", profile, reason: `${reason}; --prune unregisters it`, failed: false };
  const plan = steps.map(({ action, listing }): SyncStep => {
    const { profile, reason = "", failed = false } = action;
    if (listing !== undefined) return { do: "apply", profile, starts: action.action === "started" };
    const hasSlot = left.delete(profile);
    return hasSlot && !failed ? drop(profile, reason) : { do: "skip", profile, reason, failed };
  });
  return [...plan, ...[...left].map((profile) => drop(profile, "no such profile"))];
}

/** What to make of a step: a slot that is there keeps its `down`. */
function slotOf(
  { profile, starts }: SyncStep & { do: "apply" },
  home: string,
  scandir: string,
  warn: Warn,
): Slot {
  const dir = `${scandir}/${slotName(profile)}`;
  const present = lstatIfPresent(dir)?.isDirectory === true;
  const down = present ? lstatIfPresent(`${dir}/down`) !== undefined : !starts;
  return gatewaySlot(profile, home, down, warn);
}

function entryOf(step: SyncStep, outcomes: ReadonlyMap<string, SlotOutcome>): SyncEntry {
  const { profile } = step;
  if (step.do === "prune") return { profile, action: "pruned", reason: step.reason };
  if (step.do === "skip") {
    const entry = { profile, action: "skipped" as const, reason: step.reason };
    return step.failed ? { ...entry, failed: true } : entry;
  }
  const outcome = outcomes.get(slotName(profile)) ?? "unchanged";
  if (outcome === "created") return { profile, action: outcome, starts: step.starts };
  if (typeof outcome === "string") return { profile, action: outcome };
  const reason = `slot not made: ${errorWords(outcome)}`;
  return { profile, action: "skipped", reason, failed: true };
}

/**
 * Words what a sync did about one profile. Pure; no permission is needed.
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

/** What to do, and whether slots without a profile go. */
interface Plan {
  plan: SyncStep[];
  prunes: boolean;
}

async function look(
  manager: S6ServiceManager,
  { home, prune = false, warn = () => {}, rules = NO_RULES }: SyncOptions,
): Promise<Plan> {
  const { steps, error } = survey(home, warn, { rules });
  if (error !== undefined) throw new Error(`cannot read ${home}/profiles: ${errorWords(error)}`);
  const slots = await manager.listProfileGateways();
  const prunes = typeof prune === "function" ? prune() : prune;
  return { plan: planSync(steps, slots, prunes), prunes };
}

/** Makes and refreshes slots under the scandir's lock, so that no register comes between. */
async function applyLocked(
  path: string,
  manager: S6ServiceManager,
  options: SyncOptions,
): Promise<{ entries: SyncEntry[]; prunes: boolean }> {
  using scandir = await lockScandir(path);
  const { home, warn = () => {} } = options;
  const { plan, prunes } = await look(manager, options);
  const slots = plan.filter((step) => step.do === "apply")
    .map((step) => slotOf(step, home, path, warn));
  const outcomes = applySlots(scandir, slots, warn);
  return { entries: plan.map((step) => entryOf(step, outcomes)), prunes };
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
 * so; a slot that differs is refreshed and keeps its environment, its `down`
 * file and its PID. Slots without a profile are left alone unless `prune` is
 * set. Unlike a boot it removes no stale files, which belong to live gateways,
 * and leaves no line in the boot log.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles` and the root
 * profile's files; `--allow-write` for the scandir; `--allow-run` for
 * `/usr/bin/mkfifo`, `s6-svc`, `s6-svok` and `s6-svscanctl` by their full
 * paths. A dry run needs only the reads.
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
  const { home, scandir = "/run/service", timeoutMs = 10_000, bin, warn = () => {} } = options;
  const where = { scandir, timeoutMs, ...bin === undefined ? {} : { bin } };
  const manager = new S6ServiceManager({ home, warn, ...where });
  if (options.dryRun) {
    const { plan } = await look(manager, options);
    const slots = plan.filter((step) => step.do === "apply")
      .map((step) => slotOf(step, home, scandir, warn));
    const outcomes = previewSlots(scandir, slots, warn);
    return plan.map((step) => entryOf(step, outcomes));
  }
  const supervision = new Supervision(where);
  const recruit = recruiter(supervision);
  const { entries: planned, prunes } = await applyLocked(scandir, manager, options);
  const entries: SyncEntry[] = [];
  for (const entry of planned) {
    const { profile, action } = entry;
    if (action === "pruned") {
      entries.push(await attempt(entry, () => manager.unregisterProfileGateway(profile)));
    } else if (action !== "skipped" && !wasSupervised(scandir, profile)) {
      entries.push(await attempt(entry, () => recruit(slotName(profile))));
    } else {
      entries.push(entry);
    }
  }
  if (prunes) {
    // Also the supervisors of slots that somebody has simply removed.
    await supervision.svscanctl("-an");
    await manager.reapRetired();
  }
  return entries;
}
