import type { Facts } from "../../lib/rules/facts.ts";
import { slotName } from "../../lib/profile/name.ts";
import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import type { Arguments } from "./arguments.ts";
import { timeoutMs } from "./change.ts";
import { eachProfile } from "./each.ts";
import { chooseProfiles } from "./profiles.ts";
import { warn } from "./report.ts";

/** Runs `unregister`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir, timeoutMs: timeoutMs(args), warn });
  const registered = await manager.listProfileGateways();
  return await eachProfile(args, chooseProfiles(args, registered), async (profile) => {
    slotName(profile);
    if (!registered.includes(profile)) throw new GatewayNotRegisteredError(profile);
    await manager.unregisterProfileGateway(profile);
    return { text: "unregistered" };
  }, registered);
}
