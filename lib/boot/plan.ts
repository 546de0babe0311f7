import type { ContainerRole } from "../rules/facts.ts";
import { survivable } from "../_errors.ts";
import { type ReconcileAction, skippedAction, slotAction } from "./action.ts";
import { DEFAULT_PROFILE, profileDir } from "../profile/name.ts";
import {
  byName,
  type ListedProfile,
  type Listing,
  listProfiles,
  listRootProfile,
  type Refusal,
  refuseProfile,
  STATE_FILE,
} from "../profile/list.ts";
import type { Warn } from "../_warn.ts";
import { NO_RULES, type Rules } from "../rules/rules.ts";
import { type PriorState, readPriorState } from "../profile/prior_state.ts";
import { gatewaySlot, type Slot } from "../slot/slot.ts";

/** What is to become of a profile. */
export interface ProfilePlan {
  /** What is done about it. */
  action: ReconcileAction;
  /** Its slot; absent when it gets none. */
  slot?: Slot | undefined;
  /** What is in its directory; absent when it gets no slot. */
  listing?: Listing | undefined;
}

/** What is to become of every profile on a volume. */
export interface VolumePlan {
  /** The profiles: `default` first, then by name. */
  profiles: ProfilePlan[];
  /** Why the named profiles are missing from them. */
  error?: Error | undefined;
}

/** What a plan goes by, beside the volume. */
export interface PlanOptions {
  /** Which profiles get a slot, and which of them start. Default: all, and those that ran. */
  rules?: Rules | undefined;
  /**
   * What the container is for. `gateway-run`: a root profile without a state
   * file counts as running; `own-gateway`: it stays down. Default: `other`.
   */
  role?: ContainerRole | undefined;
}

/** What was read of a profile. */
export interface ProfileFacts {
  /** Its name; not necessarily a legal one. */
  profile: string;
  /** Why it gets no slot; absent when it does. */
  refusal?: Refusal | undefined;
  /** What is in its directory. */
  listing: Listing;
  /** What the volume remembers of it, where that was read. */
  memory?: PriorState | undefined;
}

/** Says who serves a profile, where that is not a gateway of its own under s6. */
function servedBy(profile: string, multiplexed: boolean, role: ContainerRole): string | undefined {
  if (profile !== DEFAULT_PROFILE) {
    return multiplexed ? "multiplexed: the root profile's gateway serves it" : undefined;
  }
  return role === "own-gateway" ? "the container's command is its gateway" : undefined;
}

/**
 * Decides what becomes of a profile.
 *
 * @param facts What was read of it.
 * @param home The Hermes home, an absolute path.
 * @param options What is decided by rule.
 * @returns What is to be done, and the slot it gets.
 *
 * @example
 * ```ts
 * import { planProfile } from "./plan.ts";
 * const memory = { priorState: "running", priorExit: "clean" } as const;
 * planProfile({ profile: "coder", listing: new Map(), memory }, "/opt/data").slot?.down; // false
 * ```
 */
export function planProfile(
  { profile, refusal, listing, memory }: ProfileFacts,
  home: string,
  { rules = NO_RULES, role = "other" }: PlanOptions = {},
): ProfilePlan {
  if (refusal !== undefined) {
    return { action: skippedAction(profile, refusal.reason, refusal.failed) };
  }
  const known = memory ?? { priorState: null, priorExit: "unknown" };
  const action = slotAction(profile, known, servedBy(profile, rules.multiplexed, role));
  return { action, slot: gatewaySlot({ profile, home }, action.action !== "started"), listing };
}

/** Reads what the rules leave to be known of a profile. */
function readProfile(
  { name: profile, listing }: Pick<ListedProfile, "name" | "listing">,
  home: string,
  warn: Warn,
  { rules = NO_RULES, role = "other" }: PlanOptions,
): ProfileFacts {
  const whyNot = rules.selection.whyNot(profile);
  if (whyNot !== undefined) {
    return { profile, listing, refusal: { reason: `not selected: ${whyNot}`, failed: false } };
  }
  const seeded = role === "gateway-run" && profile === DEFAULT_PROFILE && !listing.has(STATE_FILE);
  const memory: PriorState = seeded
    ? { priorState: "running", priorExit: "unknown" }
    : readPriorState(profile, profileDir(home, profile), listing, warn);
  return { profile, listing, memory };
}

/**
 * Reads a volume and decides what becomes of each of its profiles.
 * Needs `--allow-read` for `<home>/profiles` and the root profile's files.
 *
 * @param home The Hermes home, an absolute path.
 * @param warn Told of what was survived.
 * @param options What is decided by rule.
 * @returns What is to become of them.
 */
export function planVolume(home: string, warn: Warn, options: PlanOptions = {}): VolumePlan {
  const root = { name: DEFAULT_PROFILE, listing: listRootProfile(home) };
  const profiles = [planProfile(readProfile(root, home, warn, options), home, options)];
  try {
    for (const entry of listProfiles(home, warn).sort(byName)) {
      const { name: profile, listing } = entry;
      const refusal = refuseProfile(entry);
      const facts = refusal === undefined
        ? readProfile(entry, home, warn, options)
        : { profile, listing, refusal };
      profiles.push(planProfile(facts, home, options));
    }
  } catch (error) {
    return { profiles, error: survivable(error) };
  }
  return { profiles };
}
