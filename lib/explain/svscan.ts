import { S6_SVSCAN } from "../s6/run.ts";
import { isFrozen, type Processes } from "../s6/processes.ts";

/** What supervises a scandir. */
export interface Svscan {
  /** Whether it is at work; `unknown`: nobody could look. */
  svscan: "alive" | "frozen" | "none" | "unknown";
  /** Its PID. */
  svscanPid?: number | undefined;
}

/**
 * Finds the s6-svscan of a scandir, which is its last argument. Pure.
 *
 * @param processes The processes of the container.
 * @param scandir The scandir.
 * @returns What supervises it.
 *
 * @example
 * ```ts
 * import { findSvscan } from "./svscan.ts";
 * import { NO_PROCESSES } from "../s6/processes.ts";
 * findSvscan(NO_PROCESSES, "/run/service").svscan; // "unknown"
 * ```
 */
export function findSvscan({ all }: Processes, scandir: string): Svscan {
  if (all.size === 0) return { svscan: "unknown" };
  const found = [...all.values()].find(({ program, args }) =>
    program === S6_SVSCAN && args.at(-1) === scandir
  );
  if (found === undefined) return { svscan: "none" };
  return { svscan: isFrozen(found) ? "frozen" : "alive", svscanPid: found.pid };
}

/**
 * Says what is wrong with what supervises a scandir. Pure.
 *
 * @param svscan What is known of it.
 * @returns The problem, or `undefined`.
 *
 * @example
 * ```ts
 * import { svscanProblem } from "./svscan.ts";
 * svscanProblem({ svscan: "frozen", svscanPid: 17 }); // "s6-svscan is frozen (pid 17)"
 * ```
 */
export function svscanProblem({ svscan, svscanPid }: Svscan): string | undefined {
  if (svscan === "none") return "s6-svscan is down";
  return svscan === "frozen" ? `s6-svscan is frozen (pid ${svscanPid})` : undefined;
}
