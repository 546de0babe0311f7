import { DEFAULT_PROFILE } from "../profile/name.ts";
import { listProfiles, refuseProfile } from "../profile/list.ts";
import type { Warn } from "../_warn.ts";
import { GatewayNotRegisteredError, S6CommandError, S6TimeoutError } from "../_errors.ts";
import { lastLogTime } from "../s6/log.ts";
import type { GatewayStatus, S6ServiceManager } from "./manager.ts";

/** Whether a profile has a slot, and what s6 says of it. */
export interface GatewayState {
  /** Whether it has a slot. */
  registered: boolean;
  /** What s6 says; `null` when nothing supervises the slot, or there is none. */
  status: GatewayStatus | null;
}

/** One gateway as an operator sees it. */
export interface GatewayReport extends GatewayState {
  /** The profile. */
  profile: string;
  /** When its log was last written to; `null` when there is no log. */
  lastLog: Date | null;
}

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
 * @returns Its state.
 * @throws {InvalidProfileNameError} If the name is not legal.
 *
 * @example
 * ```ts no-eval
 * import { askGateway } from "./status.ts";
 * import { S6ServiceManager } from "./manager.ts";
 * await askGateway(new S6ServiceManager({ home: "/opt/data" }), "coder");
 * ```
 */
export async function askGateway(
  manager: S6ServiceManager,
  profile: string,
): Promise<GatewayState> {
  try {
    return { registered: true, status: await manager.status(profile) };
  } catch (error) {
    if (error instanceof GatewayNotRegisteredError) return { registered: false, status: null };
    if (error instanceof S6CommandError || error instanceof S6TimeoutError) {
      return { registered: true, status: null };
    }
    throw error;
  }
}

/**
 * Reports on one gateway. Needs what {@linkcode S6ServiceManager.status} needs
 * and `--allow-read` for `<home>/logs/gateways`.
 *
 * @param manager Whom to ask.
 * @param home The Hermes home.
 * @param profile The profile; its name is legal.
 * @returns The report.
 *
 * @example
 * ```ts no-eval
 * import { reportGateway } from "./status.ts";
 * import { S6ServiceManager } from "./manager.ts";
 * const home = "/opt/data";
 * await reportGateway(new S6ServiceManager({ home }), home, "coder");
 * ```
 */
export async function reportGateway(
  manager: S6ServiceManager,
  home: string,
  profile: string,
): Promise<GatewayReport> {
  const lastLog = lastLogTime(`${home}/logs/gateways/${profile}`);
  return { profile, ...await askGateway(manager, profile), lastLog };
}
