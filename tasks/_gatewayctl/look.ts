import type { Warn } from "../../lib/_warn.ts";
import { gatherOverview, type Overview } from "../../lib/explain/overview_facts.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { NO_RULES, type Rules } from "../../lib/rules/rules.ts";
import { NO_PROCESSES, parseProcesses, type Processes } from "../../lib/s6/processes.ts";
import { runLook } from "../../lib/s6/look.ts";
import { SettingError } from "../_cli.ts";
import { containerCapacity, containerRules } from "../_facts.ts";

/**
 * Reads what runs in the container: gatewayctl's script has `libexec/look` tell
 * it on standard input.
 *
 * @returns What runs.
 */
export function readProcesses(): Processes {
  if (Deno.stdin.isTerminal()) return NO_PROCESSES;
  const decoder = new TextDecoder();
  const bytes = new Uint8Array(1 << 16); // what a pipe holds
  let text = "";
  for (let length; (length = Deno.stdin.readSync(bytes)) !== null;) {
    text += decoder.decode(bytes.subarray(0, length), { stream: true });
  }
  return parseProcesses(text);
}

/**
 * Reads what runs in the container. Needs `--allow-run` for `libexec/look`.
 *
 * @param container The container's facts.
 * @returns What runs.
 * @throws {Error} If the program cannot be run.
 */
export function lookAgain({ home, scandir }: Facts): Promise<Processes> {
  return runLook({ dirs: [scandir, home] }); // the volume, which may hang, comes last
}

/** What is known of a container, and by what rules. */
export interface Sight extends Overview {
  /** The rules. */
  rules: Rules;
  /** What runs in it. */
  processes: Processes;
}

/** Takes a selection that is malformed for none: what runs can be seen all the same. */
async function readRulesIfLegible(container: Facts, warn: Warn): Promise<Rules> {
  try {
    return await containerRules(container, warn);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    warn(error.message);
    return NO_RULES;
  }
}

/**
 * Finds out what there is to know of all gateways.
 *
 * @param container The container's facts.
 * @param warn Told of settings that make no sense.
 * @param processes What runs; absent: what {@linkcode readProcesses} says.
 * @param known The container's rules. Default: those of its facts, as far as they are legible.
 * @returns What is known.
 */
export async function lookAround(
  container: Facts,
  warn: Warn,
  processes: Processes = readProcesses(),
  known: Promise<Rules> = readRulesIfLegible(container, warn),
): Promise<Sight> {
  const { home, scandir, role, hermes } = container;
  const rules = await known;
  const overview = gatherOverview({
    ...{ home, scandir, role, rules, processes },
    mode: container.env("mode") ?? "",
    hermes: { uid: Number(container.env("hermes_uid")), gid: Number(container.env("hermes_gid")) },
    shard: container.env("HERMES_GATEWAY_SHARD"),
    hasHermes: hermes !== "",
    capacity: containerCapacity(container),
  });
  return { ...overview, rules, processes };
}
