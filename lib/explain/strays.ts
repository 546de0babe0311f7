import { DEFAULT_PROFILE, SLOT_PREFIX } from "../profile/name.ts";
import { isSupervisor, type Process, type Processes, type Supervisor } from "../s6/processes.ts";

/** Whose gateway a process is, as a slot's `run` starts it: `hermes [-p PROFILE] gateway run --replace`. */
function profileOf({ args }: Process): string | undefined {
  const at = args.indexOf("gateway");
  if (at < 1 || args[at + 1] !== "run" || !args.includes("--replace", at)) return undefined;
  const [option, profile] = args.slice(Math.max(0, at - 2), at);
  if (option === "-p") return profile;
  return /(^|\/)hermes(\.real)?$/.test(args[at - 1] ?? "") ? DEFAULT_PROFILE : undefined;
}

/**
 * Finds the gateways that no s6-supervise has started, or that one has left
 * behind. What a gateway has started itself may look like it. Pure.
 *
 * @param processes The processes of the container.
 * @param supervisors Its s6-supervise processes, by service.
 * @returns The PIDs, by profile.
 *
 * @example
 * ```ts
 * import { findStrays } from "./strays.ts";
 * import { NO_PROCESSES } from "../s6/processes.ts";
 * findStrays(NO_PROCESSES, new Map()).size; // 0
 * ```
 */
export function findStrays(
  { all }: Processes,
  supervisors: ReadonlyMap<string, readonly Supervisor[]>,
): Map<string, number[]> {
  const profiles = new Map<number, string>();
  for (const [service, found] of supervisors) {
    if (!service.startsWith(SLOT_PREFIX)) continue;
    for (const { child } of found) {
      if (child !== undefined) profiles.set(child.pid, service.slice(SLOT_PREFIX.length));
    }
  }
  for (const process of all.values()) {
    const profile = isSupervisor(all.get(process.ppid)) ? undefined : profileOf(process);
    if (profile !== undefined) profiles.set(process.pid, profile);
  }
  const strays = new Map<string, number[]>();
  for (const [pid, profile] of profiles) {
    const { ppid, session } = all.get(pid)!;
    if (isSupervisor(all.get(ppid)) || profiles.get(ppid) === profile) continue;
    // A session is a gateway's: what is in the session of another one is that one's child.
    if (session !== pid && profiles.get(session) === profile) continue;
    strays.set(profile, [...strays.get(profile) ?? [], pid]);
  }
  return strays;
}
