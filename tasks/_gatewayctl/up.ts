import { slotName } from "../../lib/profile/name.ts";
import { S6TimeoutError, StaleStatusError } from "../../lib/_errors.ts";
import { startTimesOf } from "../../lib/s6/start_time.ts";
import type { GatewayStatus, S6ServiceManager } from "../../lib/control/manager.ts";
import type { Done } from "./each.ts";
import { GatewayEndedError } from "./report.ts";

const POLL_MS = 20;

/** How long a gateway has to stay up to count as started, in milliseconds. */
const STAY_MS = 300;

/** How long it may take to find out whether a process is there. */
const THERE_MS = 5000;

/**
 * Tells whether a status names a process that is not there: an s6-supervise that
 * finds no room for its status file leaves the one of before.
 */
async function isStale(manager: S6ServiceManager, status: GatewayStatus): Promise<boolean> {
  const { profile, pid } = status;
  if (pid === null || (await startTimesOf([pid], THERE_MS))?.has(pid) !== false) return false;
  return (await manager.status(profile)).pid === pid; // it may have ended meanwhile
}

/** Makes sure that a status is of what was told, and of a process that is there. */
async function assertCurrent(
  manager: S6ServiceManager,
  profile: string,
  status: GatewayStatus,
  toldAt: number,
): Promise<void> {
  // s6 counts whole seconds.
  const isOlder = !status.up && (status.seconds - 1) * 1000 > performance.now() - toldAt;
  if (isOlder || await isStale(manager, status)) throw new StaleStatusError(profile);
}

function assertAlive(profile: string, status: GatewayStatus): void {
  const { up, wantedUp, exitCode, signal } = status;
  if (up) return;
  const then = wantedUp ? "; s6 starts it again" : "";
  throw new GatewayEndedError(
    `${profile}: ended at once, with ${signal ?? `exit code ${exitCode}`}${then}`,
  );
}

/**
 * Waits until a gateway is up and has stayed so for a moment: one that cannot
 * run at all should not be reported as started.
 *
 * @param manager Whom to ask.
 * @param profile The profile.
 * @param timeoutMs How long it may take to come up, in milliseconds.
 * @param toldAt When it was told to, as `performance.now()` says.
 * @returns What to print.
 * @throws {GatewayEndedError} If it ended.
 * @throws {StaleStatusError} If s6 does not know.
 * @throws {S6TimeoutError} If it is not up in time.
 */
export async function untilUp(
  manager: S6ServiceManager,
  profile: string,
  timeoutMs: number,
  toldAt: number,
): Promise<Done> {
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const deadline = performance.now() + timeoutMs;
  let status = await manager.status(profile);
  while (!status.up && status.wantedUp && status.deaths === 0) {
    if (performance.now() >= deadline) {
      throw new S6TimeoutError(slotName(profile), "up", timeoutMs);
    }
    await sleep(POLL_MS);
    status = await manager.status(profile);
  }
  if (status.up) {
    await sleep(STAY_MS);
    status = await manager.status(profile);
  }
  await assertCurrent(manager, profile, status, toldAt);
  assertAlive(profile, status);
  const { up, pid } = status;
  return { text: `up, pid ${pid}`, up, pid };
}
