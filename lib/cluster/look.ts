import { lstatIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { type Fingerprint, fingerprintProfiles } from "../profile/fingerprint.ts";
import { STATE_FILE } from "../profile/list.ts";
import { DEFAULT_PROFILE, profileDir } from "../profile/name.ts";
import { readRecordedState } from "../profile/recorded_state.ts";

/**
 * Makes a look at the profiles that also sees what is wanted of each. A state
 * file is read when it has changed: gateways write theirs all the time, and
 * what is wanted mostly stays.
 *
 * Needs `--allow-read` for `<home>/profiles` and the root profile's state file.
 *
 * @returns A function like {@linkcode fingerprintProfiles}.
 *
 * @example
 * ```ts no-eval
 * import { makeLook } from "./look.ts";
 * const look = makeLook();
 * look("/opt/data");
 * // { readable: true, directory: "...", profiles: "default=running/+coder=stopped" }
 * ```
 */
export function makeLook(): (home: string) => Fingerprint {
  let known = new Map<string, { stamp: string; state: string }>();
  const stateOf = (home: string, profile: string) => {
    const dir = profileDir(home, profile);
    try {
      const info = lstatIfPresent(`${dir}/${STATE_FILE}`);
      const stamp = `${info?.ino} ${info?.size} ${info?.mtime?.getTime()}`;
      const before = known.get(profile);
      if (before?.stamp === stamp) return before;
      return { stamp, state: String(readRecordedState(dir).state) };
    } catch (error) {
      survivable(error);
      return { stamp: "", state: "?" };
    }
  };
  return (home) => {
    const found = fingerprintProfiles(home);
    if (!found.readable) return found;
    const names = found.profiles.split("/").filter((name) => name.startsWith("+"));
    const seen = new Map<string, { stamp: string; state: string }>();
    for (const profile of [DEFAULT_PROFILE, ...names.map((name) => name.slice(1))]) {
      if (!seen.has(profile)) seen.set(profile, stateOf(home, profile));
    }
    known = seen;
    const states = [...seen].map(([profile, { state }]) => `${profile}=${state}`);
    return { ...found, profiles: [found.profiles, ...states].join("/") };
  };
}
