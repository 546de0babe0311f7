import { DEFAULT_PROFILE } from "../profile/name.ts";
import { listProfiles, refuseProfile } from "../profile/list.ts";
import type { Warn } from "../_warn.ts";

/**
 * Lists the profiles that can have a gateway, `default` first, then by name.
 * Needs `--allow-read` for `<home>/profiles`.
 *
 * @param home The Hermes home.
 * @param warn Told when `profiles` is there but no directory.
 * @returns Their names.
 * @throws {Error} If `profiles` cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { legalProfiles } from "./status.ts";
 * legalProfiles("/opt/data", console.warn); // ["default", "coder"]
 * ```
 */
export function legalProfiles(home: string, warn: Warn): string[] {
  const entries = listProfiles(home, warn).filter((entry) => refuseProfile(entry) === undefined);
  return inOrder([DEFAULT_PROFILE, ...entries.map(({ name }) => name)]);
}

/**
 * Puts profiles in the order in which they are shown.
 *
 * @param profiles Their names.
 * @returns Each once: `default` first, then by name.
 *
 * @example
 * ```ts
 * import { inOrder } from "./status.ts";
 * inOrder(["coder", "default", "a", "coder"]); // ["default", "a", "coder"]
 * ```
 */
export function inOrder(profiles: Iterable<string>): string[] {
  const rest = new Set(profiles);
  const first = rest.delete(DEFAULT_PROFILE) ? [DEFAULT_PROFILE] : [];
  return [...first, ...[...rest].sort()];
}
