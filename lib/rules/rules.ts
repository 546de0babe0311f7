import type { Warn } from "../_warn.ts";
import { parseSelection, type Selection, selectWithRoot } from "./selection.ts";
import { readTopology, type Topology } from "./topology.ts";

/** What an operator says about the gateways that run in a container. */
export interface Rules {
  /** Which profiles get a slot in it. */
  selection: Selection;
  /** Whether each has a gateway of its own, or the root profile's serves them and theirs stay down. */
  topology: Topology;
}

/** Every profile gets a slot, and those that ran start. */
export const NO_RULES: Rules = { selection: parseSelection({}), topology: "per-profile" };

/**
 * Reads an operator's rules. With one gateway for all profiles they are all
 * where the root profile is: see {@linkcode selectWithRoot}.
 * Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param home The Hermes home.
 * @param env Looks a fact up: a variable, or `hermes_version`.
 * @param warn Told of a configuration, or a variable, that makes no sense.
 * @returns The rules.
 * @throws {InvalidSelectionError} If a selection is malformed.
 *
 * @example
 * ```ts no-eval
 * import { readRules } from "./rules.ts";
 * await readRules("/opt/data", (name) => Deno.env.get(name), console.warn);
 * ```
 */
export async function readRules(
  home: string,
  env: (name: string) => string | undefined,
  warn: Warn,
): Promise<Rules> {
  const selection = parseSelection({
    profiles: env("HERMES_GATEWAY_PROFILES"),
    shard: env("HERMES_GATEWAY_SHARD"),
  });
  const topology = await readTopology(home, env, warn);
  return { topology, selection: topology === "one" ? selectWithRoot(selection) : selection };
}
