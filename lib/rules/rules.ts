import { isMultiplexed } from "./multiplex.ts";
import type { Warn } from "../_warn.ts";
import { parseSelection, type Selection } from "./selection.ts";

/** What an operator says about the gateways that run in a container. */
export interface Rules {
  /** Which profiles get a slot in it. */
  selection: Selection;
  /** Whether the root profile's gateway serves the named profiles, so that theirs stay down. */
  multiplexed: boolean;
}

/** Every profile gets a slot, and those that ran start. */
export const NO_RULES: Rules = { selection: parseSelection({}), multiplexed: false };

/**
 * Reads an operator's rules. Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param home The Hermes home.
 * @param env Looks a variable up.
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
  const variable = env("GATEWAY_MULTIPLEX_PROFILES") ?? "";
  return { selection, multiplexed: await isMultiplexed(home, variable, warn) };
}
