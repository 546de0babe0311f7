import { lstatIfPresent, makeFile, removeIfPresent } from "../_fs.ts";
import { readJsonObject } from "../_json.ts";
import { errorWords, IntentNotRecordedError, survivable } from "../_errors.ts";
import { profileDir, slotName } from "../profile/name.ts";
import { type DesiredState, recordDesiredState } from "../profile/desired_state.ts";
import { STATE_FILE } from "../profile/list.ts";
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
 * is started anew.
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
  const down = `${scandir}/${slotName(gateway)}/down`;
  try {
    using _ = await lockScandir(scandir);
    removeIfPresent(down);
    if (desired === "stopped") makeFile(down, "", 0o644);
    recordDesiredState(profileDir(home, profile), desired, new Date());
  } catch (error) {
    return new IntentNotRecordedError(profile, desired, errorWords(survivable(error)));
  }
}

function desiredState(dir: string): unknown {
  const path = `${dir}/${STATE_FILE}`;
  try {
    return lstatIfPresent(path)?.isFile ? readJsonObject(path).desired_state : undefined;
  } catch (error) {
    survivable(error);
    return undefined; // as good as none
  }
}

/**
 * Tells whether a profile is meant to be stopped: its state file says so, as
 * {@linkcode recordIntent} and hermes's own `gateway stop` have it; or it does
 * not say, and a `down` file keeps the slot down.
 * Needs `--allow-read` for both.
 *
 * @param places Whose and where.
 * @returns Whether it is.
 *
 * @example
 * ```ts no-eval
 * import { isMeantStopped } from "./intent.ts";
 * const places = { home: "/opt/data", scandir: "/run/service" };
 * isMeantStopped({ ...places, profile: "coder", gateway: "coder" });
 * ```
 */
export function isMeantStopped({ home, scandir, profile }: IntentPlaces): boolean {
  const desired = desiredState(profileDir(home, profile));
  if (desired === "stopped" || desired === "running") return desired === "stopped";
  return lstatIfPresent(`${scandir}/${slotName(profile)}/down`) !== undefined;
}
