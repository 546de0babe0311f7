import { InvalidSelectionError } from "../lib/_errors.ts";
import type { Warn } from "../lib/_warn.ts";
import { type Capacity, parseCapacity } from "../lib/s6/capacity.ts";
import { type Facts, FACTS_FILE } from "../lib/rules/facts.ts";
import type { SlotDefaults } from "../lib/slot/render.ts";
import { readRules, type Rules } from "../lib/rules/rules.ts";
import { SettingError } from "./_cli.ts";

/** What `--help` says of the option `--facts`. */
export const FACTS_HELP = `
  --facts FILE     what 015-supervise-perms has written down
                   (${FACTS_FILE})`.slice(1);

function numberFact(value: string | undefined): number | undefined {
  return value ? Number(value) : undefined;
}

/**
 * Reads the container's rules. Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param facts The container's facts.
 * @param warn Told of a configuration, or a variable, that makes no sense.
 * @returns The rules.
 * @throws {SettingError} If a selection is malformed.
 */
export async function containerRules({ home, env }: Facts, warn: Warn): Promise<Rules> {
  try {
    return await readRules(home, env, warn);
  } catch (error) {
    throw error instanceof InvalidSelectionError ? new SettingError(error.message) : error;
  }
}

/**
 * Tells what the container's slots have in common.
 *
 * @param facts The container's facts.
 * @returns What each of them is made with.
 */
export function slotDefaults({ hermes, env }: Facts): SlotDefaults {
  return {
    hermes,
    drops: env("slots_run_as") !== "hermes",
    logFiles: numberFact(env("HERMES_GATEWAY_LOG_FILES")),
    logBytes: numberFact(env("HERMES_GATEWAY_LOG_BYTES")),
    memoryMax: numberFact(env("HERMES_GATEWAY_MEMORY_MAX")),
    nice: numberFact(env("HERMES_GATEWAY_NICE")),
  };
}

/**
 * Tells what the s6-svscan of the container's gateways holds.
 *
 * @param facts The container's facts.
 * @returns What it holds; `undefined`: not known.
 */
export function containerCapacity({ scandir, env }: Facts): Capacity | undefined {
  return parseCapacity(scandir, env("svscan_max"));
}
