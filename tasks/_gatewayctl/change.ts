import type { Facts } from "../../lib/rules/facts.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { type Done, eachProfile } from "./each.ts";
import { warn } from "./report.ts";
import { untilUp } from "./up.ts";

/**
 * Reads `--timeout`.
 *
 * @param args What was given.
 * @returns Milliseconds.
 */
export function timeoutMs(args: Arguments): number {
  return Math.ceil(1000 * numberOf(args, "timeout", 10, /^\d{1,5}(\.\d+)?$/));
}

/** Runs `start`, `stop` or `restart`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command: { name }, flags, operands } = args;
  const limit = timeoutMs(args);
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir, timeoutMs: limit, warn });
  const profiles = flags.has("all") ? await manager.listProfileGateways() : operands;
  const wait = !flags.has("no-wait");
  return await eachProfile(args, profiles, async (profile): Promise<Done> => {
    if (name === "stop") await manager.stop(profile, { wait });
    else if (name === "start") await manager.start(profile, { wait });
    else await manager.restart(profile, { wait });
    if (!wait) return { text: `told to ${name}` };
    if (name === "stop") return { text: "down", up: false, pid: null };
    return await untilUp(manager, profile, limit);
  });
}
