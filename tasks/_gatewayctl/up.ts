import { slotName } from "../../lib/profile/name.ts";
import { S6TimeoutError } from "../../lib/_errors.ts";
import type { GatewayStatus, S6ServiceManager } from "../../lib/control/manager.ts";
import type { Done } from "./each.ts";
import { GatewayEndedError } from "./report.ts";

const POLL_MS = 20;

/** How long a gateway has to stay up to count as started, in milliseconds. */
const STAY_MS = 300;

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
 * @returns What to print.
 * @throws {GatewayEndedError} If it ended.
 * @throws {S6TimeoutError} If it is not up in time.
 */
export async function untilUp(
  manager: S6ServiceManager,
  profile: string,
  timeoutMs: number,
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
  assertAlive(profile, status);
  const { up, pid } = status;
  return { text: `up, pid ${pid}`, up, pid };
}
