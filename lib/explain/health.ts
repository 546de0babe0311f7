import { STALE_STATUS } from "../_errors.ts";
import type { GatewayStatus } from "../control/manager.ts";
import type { GatewayFacts, TreeFacts } from "./tree_facts.ts";

/** One thing that is not as it should be. */
export interface Ailment {
  /** The profile it is about; absent: all. */
  profile?: string | undefined;
  /** What is wrong, in words that follow the profile's name. */
  text: string;
}

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

/**
 * Words why a gateway is not up. Pure.
 *
 * @param facts What is known of it.
 * @returns The words; they follow the profile's name.
 *
 * @example
 * ```ts
 * import { wordDown } from "./health.ts";
 * wordDown({ registered: true, supervised: false, status: null }); // "nothing supervises it"
 * ```
 */
export function wordDown(
  { registered, supervised, status }: Pick<GatewayFacts, "registered" | "supervised" | "status">,
): string {
  if (!registered) return "it is to run, and has no slot";
  if (!supervised) return "nothing supervises it";
  if (status === null) return STALE_STATUS;
  const { exitCode, signal, deaths, wantedUp } = status;
  const ended = signal ?? (exitCode === null ? undefined : `exit code ${exitCode}`);
  const last = deaths === 0 || ended === undefined ? "" : `, it ended with ${ended}`;
  return `down${last}${wantedUp ? ", s6 is starting it" : ""}`;
}

/** Tells what is wrong with one gateway, if anything is. */
function ailmentOf(facts: GatewayFacts): Ailment | undefined {
  const { profile, registered, status, wantedBy, recorded } = facts;
  if (facts.served) return undefined;
  const state = wantedBy.length > 0 ? "running" : recorded.state;
  const missed = facts.present && facts.notSelected === undefined && !facts.unregistered;
  const asWanted = registered || missed ? isHealthy(status, state) : true;
  return asWanted ? undefined : { profile, text: wordDown(facts) };
}

/**
 * Decides what is wrong with a container's gateways: whether they were made at
 * all, and which of those that are to run do not. One that an operator has stopped
 * or unregistered is not missed, nor is one of a profile that is gone. Pure.
 *
 * @param facts What is known.
 * @returns What is wrong; nothing: they are healthy.
 *
 * @example
 * ```ts
 * import { findAilments } from "./health.ts";
 * findAilments({ role: "other", bootProblem: "no such file", gateways: [] }).length; // 1
 * findAilments({ role: "dashboard", gateways: [] }); // []
 * ```
 */
export function findAilments(facts: TreeFacts): Ailment[] {
  const { role, scandirProblem, bootProblem, volumeProblem, gateways } = facts;
  if (role === "dashboard") return []; // its gateways are in another container
  if (scandirProblem !== undefined) return [{ text: `nothing is supervised: ${scandirProblem}` }];
  const of = (what: string, problem: string | undefined) =>
    problem === undefined ? [] : [{ text: `${what}: ${problem}` }];
  return [
    ...of("no gateway was made when the container started: no boot record", bootProblem),
    ...of("the profiles cannot be read", volumeProblem),
    ...gateways.flatMap((gateway) => ailmentOf(gateway) ?? []),
  ];
}
