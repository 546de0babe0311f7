import type { ContainerRole } from "../rules/facts.ts";
import { survivable } from "../_errors.ts";
import { type Company, type ReconcileAction, skippedAction, slotAction } from "./action.ts";
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
import { foldIntents, type Topology } from "../rules/topology.ts";
import { type PriorState, readPriorState } from "../profile/prior_state.ts";
import type { SlotDefaults } from "../slot/render.ts";
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
  /** Whether a root profile without a state file counts as running. Default: `false`. */
  bootstrap?: boolean | undefined;
  /** Whether those that start wait for their turn. Default: `false`. */
  paced?: boolean | undefined;
  /** What is the same in every slot. */
  defaults?: SlotDefaults | undefined;
}

/** What all profiles together are to one of them. */
export interface Fellows {
  /** Those for which the root profile's gateway has to run. */
  wantedBy: readonly string[];
  /** Whether there are named profiles. */
  named: boolean;
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

/** Decides whether a profile's gateway is told to serve every profile, or itself alone. */
function multiplexes(profile: string, topology: Topology, named: boolean): boolean | undefined {
  if (topology !== "one" || profile !== DEFAULT_PROFILE) return false;
  // Alone, hermes decides: serving others has a price.
  return named ? true : undefined;
}

/** Says who serves a profile, where that is not a gateway of its own under s6. */
function servedBy(profile: string, topology: Topology, role: ContainerRole): string | undefined {
  if (profile !== DEFAULT_PROFILE) {
    return topology === "one" ? "served by the root profile's gateway" : undefined;
  }
  return role === "own-gateway" ? "the container's command is its gateway" : undefined;
}

/**
 * Decides what becomes of a profile.
 *
 * @param facts What was read of it.
 * @param home The Hermes home, an absolute path.
 * @param options What is decided by rule.
 * @param fellows What is known of all profiles.
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
  { rules: { topology } = NO_RULES, role = "other", defaults, paced = false }: PlanOptions = {},
  { wantedBy, named }: Fellows = { wantedBy: [], named: false },
): ProfilePlan {
  if (refusal !== undefined) {
    return { action: skippedAction(profile, refusal.reason, refusal.failed) };
  }
  const company: Company = { served: servedBy(profile, topology, role) };
  if (profile === DEFAULT_PROFILE) company.wantedBy = wantedBy;
  const known = memory ?? { priorState: null, priorExit: "unknown" };
  const action = slotAction(profile, known, company);
  const multiplex = multiplexes(profile, topology, named);
  const starts = action.action === "started";
  const slot = gatewaySlot({ ...defaults, profile, home, multiplex }, !starts);
  return { action, slot: paced && starts ? { ...slot, waits: true } : slot, listing };
}

/**
 * Tells whether a root profile without a state file counts as running.
 *
 * @param options What a plan goes by.
 * @returns Whether it does.
 */
export function startsAnew({ role, bootstrap }: PlanOptions): boolean {
  return role === "gateway-run" || bootstrap === true;
}

/** Reads what the rules leave to be known of a profile. */
function readProfile(
  { name: profile, listing }: Pick<ListedProfile, "name" | "listing">,
  home: string,
  warn: Warn,
  options: PlanOptions,
): ProfileFacts {
  const away = (options.rules ?? NO_RULES).selection.away(profile);
  if (away !== undefined) {
    const reason = `not selected: ${away.reason}`;
    return { profile, listing, refusal: { reason, failed: false } };
  }
  const anew = startsAnew(options) && profile === DEFAULT_PROFILE && !listing.has(STATE_FILE);
  const memory: PriorState = anew
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
  const facts = [readProfile(root, home, warn, options)];
  let error: Error | undefined;
  try {
    for (const entry of listProfiles(home, warn).sort(byName)) {
      const { name: profile, listing } = entry;
      const refusal = refuseProfile(entry);
      facts.push(
        refusal === undefined
          ? readProfile(entry, home, warn, options)
          : { profile, listing, refusal },
      );
    }
  } catch (thrown) {
    error = survivable(thrown);
  }
  const fellows = {
    wantedBy: foldIntents(
      facts.map(({ profile, memory }) => ({ profile, state: memory?.priorState })),
      (options.rules ?? NO_RULES).topology,
    ),
    named: facts.filter(({ refusal }) => refusal === undefined).length > 1,
  };
  return { profiles: facts.map((one) => planProfile(one, home, options, fellows)), error };
}
