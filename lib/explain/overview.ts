import { diagnose, type Diagnosis } from "./cause.ts";
import type { Kind } from "./causes.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";
import { svscanProblem } from "./svscan.ts";

/** A gateway, and why it is as it is. */
export interface Diagnosed {
  /** What is known of it. */
  facts: GatewayFacts;
  /** Why it is as it is. */
  diagnosis: Diagnosis;
}

/** What is not as it should be, and is about all gateways. */
export interface Problem {
  /** What it is, in words. */
  text: string;
  /** The command that helps, or that tells more. */
  help: string;
}

const ORDER: readonly Kind[] = ["failed", "stopped", "starting", "unusable", "not here"];

/** Whether somebody wants something else of it. */
function isUnwanted({ facts: { recorded }, diagnosis: { kind, cause } }: Diagnosed): boolean {
  const isToRun = recorded.state === "running";
  if (kind === "stopped") return cause === "ended" && isToRun;
  return kind === "not here" ? isToRun : kind !== "running";
}

/**
 * Finds the gateways that are not as somebody wants them, the worst first:
 * failed ones, those that have ended although they are to run, those that are
 * starting, unusable profiles, and those that are to run and are not here. Pure.
 *
 * @param gateways What is known of the gateways.
 * @param container What is known of the container.
 * @returns Those, each with why.
 *
 * @example
 * ```ts no-eval
 * import { findUnwanted } from "./overview.ts";
 * import { gatherOverview } from "./overview_facts.ts";
 * const { container, gateways } = gatherOverview(options);
 * findUnwanted(gateways, container).map(({ diagnosis }) => diagnosis.text);
 * ```
 */
export function findUnwanted(
  gateways: readonly GatewayFacts[],
  container: ContainerFacts,
): Diagnosed[] {
  if (container.role === "dashboard") return []; // another container's business
  const found = gateways.map((facts) => ({ facts, diagnosis: diagnose(facts, container) }))
    .filter(isUnwanted);
  return ORDER.flatMap((kind) => found.filter(({ diagnosis }) => diagnosis.kind === kind));
}

/**
 * Finds what is wrong with what all gateways need. Pure.
 *
 * @param container What is known of the container.
 * @returns The problems.
 *
 * @example
 * ```ts
 * import { findProblems } from "./overview.ts";
 * const container = { mode: "shared", role: "other", hasHermes: true } as const;
 * findProblems({ ...container, svscan: "frozen", svscanPid: 1 })[0]?.help; // "kill -s CONT 1"
 * ```
 */
export function findProblems(container: ContainerFacts): Problem[] {
  const { role, svscan, svscanPid, scandirProblem, volumeProblem, bootProblem } = container;
  if (role === "dashboard") return [];
  const doctor = "gatewayctl doctor";
  const of = (what: string, problem: string | undefined, help = doctor) =>
    problem === undefined ? [] : [{ text: what + problem, help }];
  return [
    ...of("", svscanProblem(container), svscan === "frozen" ? `kill -s CONT ${svscanPid}` : doctor),
    ...of("nothing is supervised: ", scandirProblem),
    ...of("the profiles cannot be read: ", volumeProblem),
    ...of("no gateway was made when the container started: no boot record: ", bootProblem),
  ];
}
