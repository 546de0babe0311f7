import type { ContainerRole } from "../rules/facts.ts";
import { survivable } from "../_errors.ts";
import { planProfile, type ReconcileAction, skipProfile } from "./action.ts";
import { DEFAULT_PROFILE, profileDir } from "../profile/name.ts";
import {
  byName,
  type Listing,
  listProfiles,
  listRootProfile,
  refuseProfile,
  STATE_FILE,
} from "../profile/list.ts";
import type { Warn } from "../_warn.ts";
import { NO_RULES, type Rules } from "../rules/rules.ts";
import { readPriorState } from "../profile/prior_state.ts";

/** What to do about one profile. */
export interface Step {
  /** The action. */
  action: ReconcileAction;
  /** What is in the profile's directory; absent when it gets no slot. */
  listing?: Listing;
}

/** What to do about every profile on a volume. */
export interface Survey {
  /** The steps: `default` first, then by name. */
  steps: Step[];
  /** Why the named profiles are missing from them. */
  error?: Error;
}

/** Options of {@linkcode survey}. */
export interface SurveyOptions {
  /** Which profiles get a slot, and which of them start. Default: all, and those that ran. */
  rules?: Rules;
  /**
   * What the container is for. `gateway-run`: a root profile without a state
   * file counts as running; `own-gateway`: it stays down. Default: `other`.
   */
  role?: ContainerRole;
}

/** Says who serves a profile, where that is not a gateway of its own under s6. */
function servedBy(profile: string, multiplexed: boolean, role: ContainerRole): string | undefined {
  if (profile !== DEFAULT_PROFILE) {
    return multiplexed ? "multiplexed: the root profile's gateway serves it" : undefined;
  }
  return role === "own-gateway" ? "the container's command is its gateway" : undefined;
}

/**
 * Reads a volume and decides what to do about each of its profiles.
 * Needs `--allow-read` for `<home>/profiles` and the root profile's files.
 *
 * @param home The Hermes home.
 * @param warn Told of what was survived.
 * @param options What is decided by rule.
 * @returns What to do.
 */
export function survey(
  home: string,
  warn: Warn,
  { rules: { selection, multiplexed } = NO_RULES, role = "other" }: SurveyOptions = {},
): Survey {
  const slot = (profile: string, listing: Listing): Step => {
    const whyNot = selection.whyNot(profile);
    if (whyNot !== undefined) {
      return { action: skipProfile(profile, `not selected: ${whyNot}`, false) };
    }
    const seeded = role === "gateway-run" && profile === DEFAULT_PROFILE &&
      !listing.has(STATE_FILE);
    const memory = seeded
      ? { priorState: "running", priorExit: "unknown" as const }
      : readPriorState(profile, profileDir(home, profile), listing, warn);
    return { action: planProfile(profile, memory, servedBy(profile, multiplexed, role)), listing };
  };
  const steps = [slot(DEFAULT_PROFILE, listRootProfile(home))];
  try {
    for (const entry of listProfiles(home, warn).sort(byName)) {
      const refusal = refuseProfile(entry);
      steps.push(
        refusal === undefined
          ? slot(entry.name, entry.listing)
          : { action: skipProfile(entry.name, refusal.reason, refusal.failed) },
      );
    }
  } catch (error) {
    return { steps, error: survivable(error) };
  }
  return { steps };
}
