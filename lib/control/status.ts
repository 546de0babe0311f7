import { DEFAULT_PROFILE } from "../profile/name.ts";
import { listProfiles, refuseProfile } from "../profile/list.ts";
import type { Warn } from "../_warn.ts";
import { GatewayNotRegisteredError, S6CommandError, S6TimeoutError } from "../_errors.ts";
import { startTimesOf } from "../s6/start_time.ts";
import type { GatewayStatus, S6ServiceManager } from "./manager.ts";

/** How long it may take to find out which processes are there. */
const ALIVE_MS = 5000;

/** Whether a profile has a slot, and what s6 says of it. */
export interface GatewayState {
  /** Whether it has a slot. */
  registered: boolean;
  /** Whether an s6-supervise is at work in it. */
  supervised: boolean;
  /** What s6 says; `null` when nothing supervises the slot, or that is out of date. */
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
    return { registered: true, supervised: true, status: await manager.status(profile) };
  } catch (error) {
    const nothing = { supervised: false, status: null };
    if (error instanceof GatewayNotRegisteredError) return { registered: false, ...nothing };
    if (error instanceof S6CommandError || error instanceof S6TimeoutError) {
      return { registered: true, ...nothing };
    }
    throw error;
  }
}

/**
 * Leaves out what s6 says that is out of date: an s6-supervise that finds no room
 * for its status file leaves the one that names a process of before.
 * Needs what {@linkcode S6ServiceManager.status} and {@linkcode startTimesOf} need.
 *
 * @param manager Whom to ask again.
 * @param states What {@linkcode askGateway} has said.
 * @returns The same, in this order; with `status` as `null` where the process that
 * it names is not there.
 *
 * @example
 * ```ts no-eval
 * import { askGateway, confirmStates } from "./status.ts";
 * import { S6ServiceManager } from "./manager.ts";
 * const manager = new S6ServiceManager({ home: "/opt/data" });
 * await confirmStates(manager, [await askGateway(manager, "coder")]);
 * ```
 */
export async function confirmStates<T extends GatewayState>(
  manager: S6ServiceManager,
  states: readonly T[],
): Promise<T[]> {
  const pids = states.flatMap(({ status }) => status?.pid ?? []);
  const there = pids.length === 0 ? undefined : await startTimesOf(pids, ALIVE_MS);
  if (there === undefined) return [...states];
  return await Promise.all(states.map(async (state) => {
    const { status } = state;
    if (status === null || status.pid === null || there.has(status.pid)) return state;
    const now = await askGateway(manager, status.profile); // it may have ended meanwhile
    return { ...state, ...now, ...now.status?.pid === status.pid && { status: null } };
  }));
}
