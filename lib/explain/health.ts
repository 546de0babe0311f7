import { type Cause, isSettled } from "./causes.ts";
import { diagnose, isWanted } from "./cause.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";
import { svscanProblem } from "./svscan.ts";

/** One thing that is not as it should be. */
export interface Ailment {
  /** The profile it is about; absent: all. */
  profile?: string | undefined;
  /** Why its gateway is as it is; absent likewise. */
  cause?: Cause | undefined;
  /** What is wrong, in words that follow the profile's name. */
  text: string;
}

/** What is asked for: that the start is over, or that every gateway is well, too. */
export type Probe = "ready" | "healthy";

/** Whether a start has done what it could, although a gateway is like this. */
function isOver(cause: Cause, { profile }: GatewayFacts, { boot }: ContainerFacts): boolean {
  if (cause === "server-down") return true; // the gateway that serves it is judged itself
  if (cause !== "no-slot" && cause !== "svscan-full") return isSettled(cause);
  // It is newer, or was skipped with its reason: another start would do the same.
  const done = boot?.actions.get(profile) ?? "skipped";
  return boot !== undefined && done === "skipped";
}

/** Tells what is wrong with one gateway, if anything is. */
function ailmentOf(
  facts: GatewayFacts,
  container: ContainerFacts,
  probe: Probe,
): Ailment | undefined {
  const { cause, kind, text } = diagnose(facts, container);
  const isWell = kind !== "failed" && kind !== "starting";
  // One of a profile that is gone is not missed.
  if (isWell || cause === "removed" || !isWanted(facts)) return undefined;
  if (probe === "ready" && isOver(cause, facts, container)) return undefined;
  return { profile: facts.profile, cause, text };
}

/**
 * Decides what is wrong with a container's gateways. `ready`: whether
 * s6-svscan is at work, the gateways were made, and each that is to run does, or
 * has failed for reasons of its own. `healthy`: whether each does. One that an
 * operator has stopped or unregistered is not missed, nor is one of a profile
 * that is gone. Pure.
 *
 * @param container What is known of the container.
 * @param gateways What is known of its gateways.
 * @param probe What is asked for.
 * @returns What is wrong; nothing: all is well.
 *
 * @example
 * ```ts
 * import { findAilments } from "./health.ts";
 * const container = { svscan: "none", mode: "shared", role: "other", hasHermes: true } as const;
 * findAilments(container, [], "ready"); // [{ text: "s6-svscan is down" }]
 * ```
 */
export function findAilments(
  container: ContainerFacts,
  gateways: readonly GatewayFacts[],
  probe: Probe,
): Ailment[] {
  const { role, scandirProblem, bootProblem, volumeProblem } = container;
  if (role === "dashboard") return []; // its gateways are in another container
  if (scandirProblem !== undefined) return [{ text: `nothing is supervised: ${scandirProblem}` }];
  const of = (what: string, problem: string | undefined) =>
    problem === undefined ? [] : [{ text: what + problem }];
  return [
    ...of("", svscanProblem(container)),
    ...of("no gateway was made when the container started: no boot record: ", bootProblem),
    ...of("the profiles cannot be read: ", volumeProblem),
    ...gateways.flatMap((gateway) => ailmentOf(gateway, container, probe) ?? []),
  ];
}
