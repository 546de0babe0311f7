import { DEFAULT_PROFILE } from "./profile_name.ts";
import { listProfiles, refuseProfile, type Warn } from "./profiles.ts";
import { S6CommandError, S6TimeoutError } from "./s6.ts";
import { lastLogTime } from "./s6_log.ts";
import {
  GatewayNotRegisteredError,
  type GatewayStatus,
  type S6ServiceManager,
} from "./service_manager.ts";

/** One gateway as an operator sees it. */
export interface GatewayReport {
  /** The profile. */
  profile: string;
  /** Whether it has a slot. */
  registered: boolean;
  /** What s6 says; `null` when nothing supervises the slot, or there is none. */
  status: GatewayStatus | null;
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
 * import { legalProfiles } from "./roster.ts";
 * legalProfiles("/opt/data", console.warn); // ["default", "coder"]
 * ```
 */
export function legalProfiles(home: string, warn: Warn): string[] {
  const names = listProfiles(home, warn)
    .filter((entry) => refuseProfile(entry) === undefined)
    .map(({ name }) => name);
  return [DEFAULT_PROFILE, ...names.sort()];
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
 * import { reportGateway } from "./roster.ts";
 * import { S6ServiceManager } from "./service_manager.ts";
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
  try {
    return { profile, registered: true, status: await manager.status(profile), lastLog };
  } catch (error) {
    if (error instanceof GatewayNotRegisteredError) {
      return { profile, registered: false, status: null, lastLog };
    }
    if (error instanceof S6CommandError || error instanceof S6TimeoutError) {
      return { profile, registered: true, status: null, lastLog };
    }
    throw error;
  }
}
