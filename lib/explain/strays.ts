import { DEFAULT_PROFILE } from "../profile/name.ts";
import type { Process, Processes } from "../s6/processes.ts";

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
 * @returns The PIDs, by profile.
 *
 * @example
 * ```ts
 * import { findStrays } from "./strays.ts";
 * import { NO_PROCESSES } from "../s6/processes.ts";
 * findStrays(NO_PROCESSES).size; // 0
 * ```
 */
export function findStrays({ all }: Processes): Map<string, number[]> {
  const strays = new Map<string, number[]>();
  const isSupervisor = (pid: number) => all.get(pid)?.args[0]?.endsWith("s6-supervise") ?? false;
  for (const process of all.values()) {
    const profile = profileOf(process);
    if (profile === undefined || isSupervisor(process.ppid)) continue;
    // A session is a gateway's: what is in the session of another one is that one's child.
    const leader = all.get(process.session);
    if (leader !== undefined && leader !== process && profileOf(leader) === profile) continue;
    const parent = all.get(process.ppid);
    if (parent !== undefined && profileOf(parent) === profile) continue;
    strays.set(profile, [...strays.get(profile) ?? [], process.pid]);
  }
  return strays;
}
