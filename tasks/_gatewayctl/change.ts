import type { Facts } from "../../lib/rules/facts.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { type Done, eachProfile } from "./each.ts";
import { warn } from "./report.ts";
import { chooseProfiles } from "./profiles.ts";
import { untilUp } from "./up.ts";
import { containerRules } from "../_facts.ts";

/**
 * Reads `--timeout`.
 *
 * @param args What was given.
 * @returns Milliseconds.
 */
export function timeoutMs(args: Arguments): number {
  return Math.ceil(1000 * numberOf(args, "timeout", 10, /^\d{1,5}(\.\d+)?$/));
}

/** Restarts a gateway once, for the first of those profiles that it serves; the others only record. */
function restarter(manager: S6ServiceManager, wait: boolean): (profile: string) => Promise<void> {
  const restarts = new Map<string, Promise<void>>();
  return async (profile) => {
    const gateway = manager.gatewayOf(profile);
    const first = restarts.get(gateway);
    if (first === undefined) {
      const restart = manager.restart(profile, { wait });
      restarts.set(gateway, restart);
      return await restart;
    }
    await first.catch(() => {}); // it is reported where it was asked for
    await manager.start(profile, { wait });
  };
}

/** Runs `start`, `stop` or `restart`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command: { name }, flags } = args;
  const limit = timeoutMs(args);
  const container = facts();
  const { home, scandir } = container;
  const { topology } = await containerRules(container, warn);
  const manager = new S6ServiceManager({ home, scandir, topology, timeoutMs: limit, warn });
  const known = await manager.listProfileGateways();
  if (flags.has("all")) Deno.lstatSync(scandir); // no gateways is fine, no scandir is not
  const wait = !flags.has("no-wait");
  const restart = restarter(manager, wait);
  return await eachProfile(args, chooseProfiles(args, known), async (profile): Promise<Done> => {
    const gateway = manager.gatewayOf(profile);
    const served = gateway !== profile;
    const toldAt = performance.now();
    if (name === "stop") await manager.stop(profile, { wait });
    else if (name === "start") await manager.start(profile, { wait });
    else await restart(profile);
    const by = "the root profile's gateway serves it";
    if (!wait) return { text: `told to ${name}${served ? `; ${by}` : ""}` };
    if (name === "stop") {
      return { text: served ? `down; as long as it is up, ${by}` : "down", up: false, pid: null };
    }
    const done = await untilUp(manager, gateway, limit, toldAt);
    return served ? { ...done, gateway, text: `${by}: ${done.text}` } : done;
  }, known);
}
