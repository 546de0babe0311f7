import type { Warn } from "../../lib/_warn.ts";
import { gatherOverview, type Overview } from "../../lib/explain/overview_facts.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import type { Rules } from "../../lib/rules/rules.ts";
import { parseProcesses, type Processes } from "../../lib/s6/processes.ts";
import { containerCapacity, containerRules } from "../_facts.ts";

/**
 * Reads what runs in the container: gatewayctl's script has `libexec/look` tell
 * it on standard input.
 *
 * @returns What runs.
 */
export async function readProcesses(): Promise<Processes> {
  if (Deno.stdin.isTerminal()) return parseProcesses("");
  return parseProcesses(await new Response(Deno.stdin.readable).text());
}

/** What is known of a container, and by what rules. */
export interface Sight extends Overview {
  /** The rules. */
  rules: Rules;
  /** What runs in it. */
  processes: Processes;
}

/**
 * Finds out what there is to know of all gateways.
 *
 * @param container The container's facts.
 * @param warn Told of settings that make no sense.
 * @param known What runs in it. Default: what {@linkcode readProcesses} reads.
 * @returns What is known.
 */
export async function lookAround(
  container: Facts,
  warn: Warn,
  known?: Processes,
): Promise<Sight> {
  const { home, scandir, role, hermes } = container;
  const [rules, processes] = await Promise.all([
    containerRules(container, warn),
    known ?? readProcesses(),
  ]);
  const overview = gatherOverview({
    ...{ home, scandir, role, rules, processes },
    mode: container.env("mode") ?? "",
    hasHermes: hermes !== "",
    capacity: containerCapacity(container),
  });
  return { ...overview, rules, processes };
}
