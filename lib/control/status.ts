import { GatewayNotRegisteredError, S6CommandError, S6TimeoutError } from "../_errors.ts";
import { DEFAULT_PROFILE } from "../profile/name.ts";
import { listProfiles, refuseProfile } from "../profile/list.ts";
import type { Warn } from "../_warn.ts";
import type { GatewayStatus, S6ServiceManager } from "./manager.ts";

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

/**
 * Asks about one gateway, which may not be registered or not supervised.
 * Needs what {@linkcode S6ServiceManager.status} needs.
 *
 * @param manager Whom to ask.
 * @param profile The profile.
 * @returns What s6 says; `null`: nothing.
 * @throws {InvalidProfileNameError} If the name is not legal.
 *
 * @example
 * ```ts no-eval
 * import { askGateway } from "./status.ts";
 * import { S6ServiceManager } from "./manager.ts";
 * (await askGateway(new S6ServiceManager({ home: "/opt/data" }), "coder"))?.up;
 * ```
 */
export async function askGateway(
  manager: S6ServiceManager,
  profile: string,
): Promise<GatewayStatus | null> {
  try {
    return await manager.status(profile);
  } catch (error) {
    const isNothing = error instanceof GatewayNotRegisteredError ||
      error instanceof S6CommandError || error instanceof S6TimeoutError;
    if (isNothing) return null;
    throw error;
  }
}
