import { makeFile } from "../_fs.ts";
import { STATE_FILE } from "./list.ts";

/** The state of a root profile that is to run from the first boot on. */
export const BOOTSTRAP_STATE: Readonly<Record<string, unknown>> = { gateway_state: "running" };

/**
 * The state a root profile would have, had s6 run its gateway before: for a
 * container whose command is `gateway run`, so that an upgraded one keeps serving.
 *
 * @param now When.
 * @returns The state.
 *
 * @example
 * ```ts
 * import { legacyState } from "./seed_state.ts";
 * legacyState(new Date()).desired_state; // "running"
 * ```
 */
export function legacyState(now: Date): Record<string, unknown> {
  return {
    gateway_state: "running",
    desired_state: "running",
    timestamp: Math.floor(now.getTime() / 1000),
    migrated_from: "legacy-container-cmd",
  };
}

/**
 * Gives the root profile a state file. One that is there, whatever it is, is
 * left alone.
 * Needs `--allow-write` for `<home>/gateway_state.json`.
 *
 * @param home The Hermes home.
 * @param state What is in it.
 * @throws {Error} If it cannot be written.
 *
 * @example
 * ```ts no-eval
 * import { BOOTSTRAP_STATE, seedState } from "./seed_state.ts";
 * seedState("/opt/data", BOOTSTRAP_STATE);
 * ```
 */
export function seedState(home: string, state: Readonly<Record<string, unknown>>): void {
  try {
    makeFile(`${home}/${STATE_FILE}`, JSON.stringify(state) + "\n", 0o644);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
