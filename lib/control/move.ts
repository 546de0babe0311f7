import { errorWords, S6TimeoutError, survivable } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import { markPlannedStop } from "../profile/planned_stop.ts";
import { killAfter, startAfter, startsAfter } from "../s6/orders.ts";
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

/** What goes on with a gateway that has been told to stop and is still up. */
export interface Stopping {
  /** When s6-supervise kills it; `null`: it does not; `undefined`: whoever stopped it has decided that. */
  killAt: Date | null | undefined;
  /** Whether it starts again when it is down. */
  again: boolean;
}

/** How a gateway is started, stopped or restarted. */
export interface ChangeOptions {
  /** Whether to wait until the gateway has changed. Default: `true`. */
  wait?: boolean | undefined;
  /** How long one that is told to stop has until s6 kills it, in milliseconds. Default: it is not killed. */
  killAfterMs?: number | undefined;
}

/** How {@linkcode bringDown} brings a gateway down. */
export interface DownOptions extends ChangeOptions {
  /** Whether s6-supervise starts it again. Default: `false`. */
  again?: boolean | undefined;
}

/** Tells s6-supervise, and whether what was to come of it has not come in time. */
async function isLate(tell: () => Promise<void>): Promise<boolean> {
  try {
    await tell();
    return false;
  } catch (error) {
    if (error instanceof S6TimeoutError && error.told) return true;
    throw error;
  }
}

/**
 * Brings a gateway up, with a fresh death tally. One that is still stopping
 * starts again when it is down; one that another supervisor runs ends first.
 * Needs what {@linkcode Supervision} needs.
 *
 * @param supervision The supervision tree.
 * @param service The slot's name.
 * @param options Whether to wait until it is up.
 * @returns What still goes on; `undefined`: it is up, or told to be.
 * @throws {S6CommandError} If a program of s6 fails.
 * @throws {S6TimeoutError} If it is not up in time.
 */
export async function bringUp(
  supervision: Supervision,
  service: string,
  { wait = true }: Pick<ChangeOptions, "wait"> = {},
): Promise<Stopping | undefined> {
  const servicedir = supervision.servicedir(service);
  await supervision.supervise(service);
  const { pid, wantedUp } = await supervision.svstat(service);
  if (pid === null) {
    await supervision.vacate(service);
  } else if (!wantedUp || startsAfter(servicedir, pid)) {
    startAfter(servicedir, pid);
    const tell = () => supervision.svc(service, ...wait ? ["-wD"] : [], "-u");
    if (await isLate(tell) || !wait) return { killAt: undefined, again: true };
  }
  startAfter(servicedir, undefined);
  killAfter(servicedir, undefined);
  supervision.forgetDeaths(service);
  await supervision.svc(service, ...wait ? ["-wu"] : [], "-u");
}

/** Tells hermes that the stop to come is intended. */
async function announce(
  { profile, dir }: Gateway,
  pid: number,
  { timeoutMs }: Supervision,
  warn: Warn,
): Promise<void> {
  const startTime = (await startTimesOf([pid], timeoutMs))?.get(pid) ?? null;
  try {
    markPlannedStop(dir, { pid, startTime }, new Date());
  } catch (error) {
    const words = errorWords(survivable(error));
    warn(`profile=${profile}: its gateway takes the stop for a crash: ${words}`);
  }
}

/** Leaves word in the slot of what s6-supervise and `finish` shall do without this process. */
function leaveWord(
  supervision: Supervision,
  { profile }: Gateway,
  { killAfterMs, again = false }: DownOptions,
  pid: number | null,
  warn: Warn,
): boolean {
  const servicedir = supervision.servicedir(slotName(profile));
  try {
    killAfter(servicedir, killAfterMs);
    startAfter(servicedir, again && pid !== null ? pid : undefined);
    return true;
  } catch (error) {
    const words = errorWords(survivable(error));
    warn(`profile=${profile}: if it does not stop in time, call again: ${words}`);
    return false;
  }
}

/**
 * Brings a gateway down that is told before that this is intended. From then on
 * s6-supervise minds the rest by itself: it kills what is still up after its
 * time, and starts it again if that is asked for, also if this process ends.
 * Needs what {@linkcode Supervision}, {@linkcode startTimesOf} and
 * {@linkcode markPlannedStop} need.
 *
 * @param supervision The supervision tree.
 * @param gateway The gateway.
 * @param options Whether to wait, and what comes after.
 * @param warn Told of what was survived.
 * @returns What still goes on; `undefined`: it is down. With `again` one that is
 * down already is left to whoever starts it.
 * @throws {S6CommandError} If a program of s6 fails.
 * @throws {S6TimeoutError} If s6 cannot be told in time.
 */
export async function bringDown(
  supervision: Supervision,
  gateway: Gateway,
  options: DownOptions,
  warn: Warn,
): Promise<Stopping | undefined> {
  const { wait = true, killAfterMs, again = false } = options;
  const service = slotName(gateway.profile);
  await supervision.supervise(service);
  const { pid } = await supervision.svstat(service);
  if (pid !== null) await announce(gateway, pid, supervision, warn);
  else if (again) {
    // s6 may be wrong: on a full /run it cannot write down what runs.
    await supervision.svc(service, "-wD", "-d");
    return undefined;
  }
  const isMinded = leaveWord(supervision, gateway, options, pid, warn);
  const killAt = killAfterMs === undefined || !isMinded ? null : new Date(Date.now() + killAfterMs);
  const told = again ? "-du" : "-d";
  const late = await isLate(() => supervision.svc(service, ...wait ? ["-wD"] : [], told));
  const servicedir = supervision.servicedir(service);
  // s6-supervise has read it by now; whoever tells it next may not mean that.
  if (wait) killAfter(servicedir, undefined);
  if (wait && !late) startAfter(servicedir, undefined);
  return late || !wait && pid !== null ? { killAt, again } : undefined;
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
