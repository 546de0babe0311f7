import { errorWords, S6TimeoutError, survivable } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import { markPlannedStop } from "../profile/planned_stop.ts";
import { startTimesOf } from "../s6/start_time.ts";
import type { Supervision } from "../s6/supervision.ts";
import type { Warn } from "../_warn.ts";

/** A gateway that is brought up or down. */
export interface Gateway {
  /** The profile. */
  profile: string;
  /** The profile's directory. */
  dir: string;
}

/**
 * Brings a gateway up, with a fresh death tally.
 * Needs what {@linkcode Supervision} needs.
 *
 * @param supervision The supervision tree.
 * @param service The slot's name.
 * @param wait Whether to wait until it is up.
 * @throws {S6CommandError} If a program of s6 fails.
 * @throws {S6TimeoutError} If it is not up in time.
 */
export async function bringUp(
  supervision: Supervision,
  service: string,
  wait: boolean,
): Promise<void> {
  await supervision.supervise(service);
  supervision.forgetDeaths(service);
  await supervision.svc(service, ...wait ? ["-wu"] : [], "-u");
}

/**
 * Brings a gateway down that is told before that this is intended.
 * Needs what {@linkcode Supervision}, {@linkcode startTimesOf} and
 * {@linkcode markPlannedStop} need.
 *
 * @param supervision The supervision tree.
 * @param gateway The gateway.
 * @param wait Whether to wait until it is down.
 * @param warn Told when the gateway cannot be.
 * @throws {S6CommandError} If a program of s6 fails.
 * @throws {S6TimeoutError} If it is not down in time.
 */
export async function bringDown(
  supervision: Supervision,
  { profile, dir }: Gateway,
  wait: boolean,
  warn: Warn,
): Promise<void> {
  const service = slotName(profile);
  await supervision.supervise(service);
  const { pid } = await supervision.svstat(service);
  if (pid !== null) {
    const startTime = (await startTimesOf([pid], supervision.timeoutMs))?.get(pid) ?? null;
    try {
      markPlannedStop(dir, { pid, startTime }, new Date());
    } catch (error) {
      const words = errorWords(survivable(error));
      warn(`profile=${profile}: its gateway takes the stop for a crash: ${words}`);
    }
  }
  await supervision.svc(service, ...wait ? ["-wD"] : [], "-d");
}

/**
 * Brings a gateway down for good: SIGTERM, and SIGKILL when that is ignored.
 * Needs what {@linkcode Supervision} needs.
 *
 * @param supervision The supervision tree.
 * @param profile The profile.
 * @param warn Told when it is killed.
 * @throws {S6CommandError} If a program of s6 fails.
 * @throws {S6TimeoutError} If it is not down in time even then.
 */
export async function forceDown(
  supervision: Supervision,
  profile: string,
  warn: Warn,
): Promise<void> {
  const service = slotName(profile);
  try {
    await supervision.svc(service, "-wD", "-d");
  } catch (error) {
    if (!(error instanceof S6TimeoutError)) throw error;
    warn(`profile=${profile}: not down within ${error.timeoutMs} ms: killing it`);
    await supervision.svc(service, "-wD", "-dk");
  }
}
