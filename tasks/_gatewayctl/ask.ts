import type { S6ServiceManager } from "../../lib/control/manager.ts";
import { askGateway, confirmStates, type GatewayState } from "../../lib/control/status.ts";
import { pooled } from "./pool.ts";

/**
 * Asks about gateways, several at a time, and passes on nothing that is out of date.
 *
 * @param manager Whom to ask.
 * @param profiles Their profiles.
 * @returns What is known of each, in this order.
 */
export async function askGateways(
  manager: S6ServiceManager,
  profiles: readonly string[],
): Promise<(GatewayState & { profile: string })[]> {
  const states = await Array.fromAsync(pooled(profiles, async (profile) => ({
    profile,
    ...await askGateway(manager, profile),
  })));
  return await confirmStates(manager, states);
}
