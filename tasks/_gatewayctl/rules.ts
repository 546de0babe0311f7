import { readRules, type Rules } from "../../lib/rules.ts";
import { InvalidSelectionError } from "../../lib/selection.ts";
import { UsageError } from "../_cli.ts";
import { warn } from "./report.ts";

/**
 * Reads the container's rules. Needs `--allow-read` for `<home>/config.yaml`
 * and `--allow-env` for the rules' variables.
 *
 * @param home The Hermes home.
 * @returns The rules.
 * @throws {UsageError} If a selection is malformed.
 */
export async function containerRules(home: string): Promise<Rules> {
  try {
    return await readRules(home, (name) => Deno.env.get(name), warn);
  } catch (error) {
    if (error instanceof InvalidSelectionError) throw new UsageError(error.message);
    throw error;
  }
}
