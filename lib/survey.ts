import { survivable } from "./errors.ts";
import { planProfile, type ReconcileAction, skipProfile } from "./plan.ts";
import { DEFAULT_PROFILE, profileDir } from "./profile_name.ts";
import {
  byName,
  type Listing,
  listProfiles,
  listRootProfile,
  refuseProfile,
  type Warn,
} from "./profiles.ts";
import { readMemory } from "./state.ts";

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

/**
 * Reads a volume and decides what to do about each of its profiles.
 * Needs `--allow-read` for `<home>/profiles` and the root profile's files.
 *
 * @param home The Hermes home.
 * @param warn Told of what was survived.
 * @returns What to do.
 */
export function survey(home: string, warn: Warn): Survey {
  const slot = (profile: string, listing: Listing): Step => {
    const memory = readMemory(profile, profileDir(home, profile), listing, warn);
    return { action: planProfile(profile, memory), listing };
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
