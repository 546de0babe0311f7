import { makeFile, removeIfPresent } from "../_fs.ts";
import { errorWords, IntentNotRecordedError, survivable } from "../_errors.ts";
import { profileDir, slotName } from "../profile/name.ts";
import { type DesiredState, recordDesiredState } from "../profile/desired_state.ts";
import { readRecordedState } from "../profile/recorded_state.ts";
import { waitNoLonger } from "../s6/orders.ts";
import { lockScandir } from "../slot/scandir.ts";

/** Whose intent is recorded, and where. */
export interface IntentPlaces {
  /** The Hermes home. */
  home: string;
  /** The scandir. */
  scandir: string;
  /** The profile. */
  profile: string;
  /** The profile whose gateway is started or stopped for it. */
  gateway: string;
}

/**
 * Records what an operator wants of a profile: in its state file, for the next
 * container start, and in the `down` file of the slot, for an s6-supervise that
 * is started anew. A gateway that waits for its turn to be started waits no longer.
 * Needs what {@linkcode lockScandir} and {@linkcode recordDesiredState} need.
 *
 * @param places Whose and where.
 * @param desired What is wanted.
 * @returns Why it could not be recorded, or `undefined`.
 *
 * @example
 * ```ts no-eval
 * import { recordIntent } from "./intent.ts";
 * const places = { home: "/opt/data", scandir: "/run/service" };
 * await recordIntent({ ...places, profile: "coder", gateway: "coder" }, "running");
 * ```
 */
export async function recordIntent(
  { home, scandir, profile, gateway }: IntentPlaces,
  desired: DesiredState,
): Promise<IntentNotRecordedError | undefined> {
  const servicedir = `${scandir}/${slotName(gateway)}`;
  const down = `${servicedir}/down`;
  try {
    using _ = await lockScandir(scandir);
    waitNoLonger(servicedir);
    removeIfPresent(down);
    if (desired === "stopped") makeFile(down, "", 0o644);
    recordDesiredState(profileDir(home, profile), desired, new Date());
  } catch (error) {
    return new IntentNotRecordedError(profile, desired, errorWords(survivable(error)));
  }
}

/**
 * Tells whether somebody has stopped a profile's gateway: its state file says so,
 * as {@linkcode recordIntent} and hermes's own `gateway stop` have it. One that
 * has never run is not stopped.
 * Needs `--allow-read` for the file.
 *
 * @param home The Hermes home.
 * @param profile The profile.
 * @returns Whether that is recorded.
 *
 * @example
 * ```ts no-eval
 * import { isRecordedStopped } from "./intent.ts";
 * isRecordedStopped("/opt/data", "coder");
 * ```
 */
export function isRecordedStopped(home: string, profile: string): boolean {
  return readRecordedState(profileDir(home, profile)).state === "stopped";
}
