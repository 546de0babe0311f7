import { makeFile } from "../_fs.ts";
import { STATE_FILE } from "./list.ts";

/**
 * Gives the root profile of a container whose command is `gateway run` the
 * state it would have, had s6 run its gateway before: so an upgraded container
 * keeps serving. A state file that is there, whatever it is, is left alone.
 * Needs `--allow-write` for `<home>/gateway_state.json`.
 *
 * @param home The Hermes home.
 * @param now When.
 * @throws {Error} If it cannot be written.
 *
 * @example
 * ```ts no-eval
 * import { seedState } from "./seed_state.ts";
 * seedState("/opt/data", new Date());
 * ```
 */
export function seedState(home: string, now: Date): void {
  const state = {
    gateway_state: "running",
    desired_state: "running",
    timestamp: Math.floor(now.getTime() / 1000),
    migrated_from: "legacy-container-cmd",
  };
  try {
    makeFile(`${home}/${STATE_FILE}`, JSON.stringify(state) + "\n", 0o644);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  }
}
