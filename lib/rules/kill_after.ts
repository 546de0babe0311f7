import { errorWords, survivable } from "../_errors.ts";
import type { Warn } from "../_warn.ts";
import { CONFIG_FILE, ownValue, readConfig } from "./config.ts";

/** The key under `agent` in {@linkcode CONFIG_FILE}: how long hermes lets its agents finish when it stops, in seconds. */
export const DRAIN_KEY = "restart_drain_timeout";

/** The variable that counts where the configuration does not have {@linkcode DRAIN_KEY}. */
export const DRAIN_VARIABLE = "HERMES_RESTART_DRAIN_TIMEOUT";

/** What hermes does without either: it lets nobody finish. */
const DRAIN_SECONDS = 0;
/** What it needs after that. */
const HEADROOM_SECONDS = 10;
const LEAST_SECONDS = 60;
/** What s6 reads, in milliseconds, has 32 bits. */
const MOST_SECONDS = 4_000_000;

function secondsOf(value: unknown): number | undefined {
  const isText = typeof value === "string" && value.trim() !== "";
  const seconds = isText || typeof value === "number" ? Number(value) : NaN;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/**
 * Tells how long a gateway that is told to stop has until it is killed: as long
 * as hermes itself waits for its agents and 10 s more, at least a minute.
 * Needs `--allow-read` for the profile's `config.yaml`.
 *
 * @param profileDir The profile's directory.
 * @param variable {@linkcode DRAIN_VARIABLE} as the gateway has it; the configuration comes first.
 * @param warn Told of a configuration that cannot be read.
 * @returns The time, in seconds.
 *
 * @example
 * ```ts no-eval
 * import { readKillAfter } from "./kill_after.ts";
 * await readKillAfter("/opt/data/profiles/coder", "", console.warn); // 60
 * ```
 */
export async function readKillAfter(
  profileDir: string,
  variable: string,
  warn: Warn,
): Promise<number> {
  let said: number | undefined;
  try {
    const config = await readConfig(`${profileDir}/${CONFIG_FILE}`, DRAIN_KEY);
    said = secondsOf(ownValue(ownValue(config, "agent"), DRAIN_KEY));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      const words = errorWords(survivable(error));
      warn(`${profileDir}/${CONFIG_FILE}: ${words}: taken for saying nothing about ${DRAIN_KEY}`);
    }
  }
  const drain = said ?? secondsOf(variable) ?? DRAIN_SECONDS;
  return Math.min(Math.max(LEAST_SECONDS, drain + HEADROOM_SECONDS), MOST_SECONDS);
}
