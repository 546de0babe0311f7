import { giveAll, makeFile } from "../_fs.ts";
import type { Owner } from "../_owner.ts";
import { STATE_FILE } from "./list.ts";

/**
 * Gives the root profile of a container whose command is `gateway run` the
 * state it would have, had s6 run its gateway before: so an upgraded container
 * keeps serving. A state file that is there, whatever it is, is left alone.
 * Needs `--allow-write` for `<home>/gateway_state.json`.
 *
 * @param home The Hermes home.
 * @param now When.
 * @param owner Whom to give the file. Absent: it stays the caller's.
 * @returns Whether it was made.
 * @throws {Error} If it cannot be written.
 *
 * @example
 * ```ts no-eval
 * import { seedLegacyState } from "./seed_state.ts";
 * seedLegacyState("/opt/data", new Date());
 * ```
 */
export function seedLegacyState(home: string, now: Date, owner?: Owner): boolean {
  const state = {
    gateway_state: "running",
    desired_state: "running",
    timestamp: Math.floor(now.getTime() / 1000),
    migrated_from: "legacy-container-cmd",
  };
  const path = `${home}/${STATE_FILE}`;
  try {
    makeFile(path, JSON.stringify(state) + "\n", 0o644);
    giveAll([path], owner);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
