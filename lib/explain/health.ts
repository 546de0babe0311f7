import type { GatewayStatus } from "../control/manager.ts";

/**
 * Decides whether a gateway is as it is wanted. One that ended by itself with
 * exit code 0 was meant to; one that is parked although its profile's state is
 * `running` was not. Pure.
 *
 * @param status What s6 says; `null` when nothing supervises the slot.
 * @param state The profile's recorded state.
 * @returns Whether it is up, or down and not wanted up.
 *
 * @example
 * ```ts
 * import { isHealthy } from "./health.ts";
 * isHealthy(null, "running"); // false
 * ```
 */
export function isHealthy(status: GatewayStatus | null, state: string | null): boolean {
  if (status === null) return state !== "running";
  if (status.up) return true;
  if (status.wantedUp) return false;
  const endedWell = status.exitCode === 0 && status.signal === null;
  return state !== "running" || endedWell;
}
