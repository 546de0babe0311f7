import { readRules, type Rules } from "../lib/rules/rules.ts";
import { InvalidSelectionError } from "../lib/_errors.ts";
import { UsageError } from "./_cli.ts";

/**
 * Reads the container's rules. Needs `--allow-read` for `<home>/config.yaml`
 * and `--allow-env` for the rules' variables.
 *
 * @param home The Hermes home.
 * @param warn Told of a configuration, or a variable, that makes no sense.
 * @returns The rules.
 * @throws {UsageError} If a selection is malformed.
 */
export async function containerRules(
  home: string,
  warn: (message: string) => void,
): Promise<Rules> {
  try {
    return await readRules(home, (name) => Deno.env.get(name), warn);
  } catch (error) {
    throw error instanceof InvalidSelectionError ? new UsageError(error.message) : error;
  }
}

/** What `--help` says of the variables behind {@linkcode containerRules}. */
export const RULES_HELP = `
  HERMES_GATEWAY_PROFILES      *, none, or names and globs with commas (*)
  HERMES_GATEWAY_SHARD         2/5 or pod-1/5: the second of five containers
  GATEWAY_MULTIPLEX_PROFILES   on: named profiles register down`.slice(1);
