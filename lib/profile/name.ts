import { InvalidProfileNameError } from "../_errors.ts";
/** The profile that lives at the Hermes home itself. */
export const DEFAULT_PROFILE = "default";

/** What every slot's name starts with, in the scandir. */
export const SLOT_PREFIX = "gateway-";

/** s6-svscan refuses names over 251 characters; the slot prefix takes 8. */
export const MAX_PROFILE_NAME_LENGTH = 243;

const LEGAL = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * Says what is wrong with a profile name. Pure.
 *
 * @param name The name to judge.
 * @returns The problem in words, or `undefined` when the name is legal.
 *
 * @example
 * ```ts
 * import { profileNameProblem } from "./name.ts";
 * profileNameProblem("coder"); // undefined
 * profileNameProblem("Coder"); // "expected [a-z0-9][a-z0-9_-]*"
 * ```
 */
export function profileNameProblem(name: string): string | undefined {
  if (!LEGAL.test(name)) return "expected [a-z0-9][a-z0-9_-]*";
  if (name.length > MAX_PROFILE_NAME_LENGTH) {
    return `expected at most ${MAX_PROFILE_NAME_LENGTH} characters, got ${name.length}`;
  }
}

/**
 * Names the slot of a profile. Pure.
 *
 * @param profile A profile's name.
 * @returns The name of its service directory inside the scandir.
 * @throws {InvalidProfileNameError} If the name is not legal.
 *
 * @example
 * ```ts
 * import { slotName } from "./name.ts";
 * slotName("coder"); // "gateway-coder"
 * ```
 */
export function slotName(profile: string): string {
  const problem = profileNameProblem(profile);
  if (problem !== undefined) throw new InvalidProfileNameError(profile, problem);
  return SLOT_PREFIX + profile;
}

/**
 * Finds the directory a profile lives in. Pure.
 *
 * @param home The Hermes home, an absolute path.
 * @param profile A legal profile name.
 * @returns The home itself for `default`, else `<home>/profiles/<profile>`.
 *
 * @example
 * ```ts
 * import { profileDir } from "./name.ts";
 * profileDir("/opt/data", "coder"); // "/opt/data/profiles/coder"
 * ```
 */
export function profileDir(home: string, profile: string): string {
  return profile === DEFAULT_PROFILE ? home : `${home}/profiles/${profile}`;
}
