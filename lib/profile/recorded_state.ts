import { errorWords, survivable } from "../_errors.ts";
import { lstatIfPresent } from "../_fs.ts";
import { readJsonObject } from "../_json.ts";
import { STATE_FILE } from "./list.ts";
import { stateOf } from "./prior_state.ts";

/** What `gateway_state.json` says, and who said it. */
export interface RecordedState {
  /** The state; `null`: nothing usable. */
  state: string | null;
  /** Who set it: the operator (`desired_state`) or the gateway itself (`gateway_state`). */
  setBy: "operator" | "gateway" | null;
  /** When, if that is recorded. */
  setAt: Date | null;
  /** Why there is nothing usable. */
  problem?: string | undefined;
}

/** Reads `updated_at`: seconds since the epoch from the operator, maybe text from a gateway. */
function timeOf(value: unknown): Date | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const time = new Date(typeof value === "number" ? value * 1000 : value);
  return Number.isNaN(time.getTime()) ? null : time;
}

/**
 * Decides what a profile's `gateway_state.json` says, and who said it.
 *
 * @param content The parsed file.
 * @returns The state.
 *
 * @example
 * ```ts
 * import { recordedState } from "./recorded_state.ts";
 * recordedState({ desired_state: "stopped", updated_at: 1 }).setBy; // "operator"
 * ```
 */
export function recordedState(content: Readonly<Record<string, unknown>>): RecordedState {
  const state = stateOf(content);
  const setAt = timeOf(content["updated_at"]);
  if (state === null) return { state, setBy: null, setAt };
  return {
    state,
    setBy: typeof content["desired_state"] === "string" ? "operator" : "gateway",
    setAt,
  };
}

/**
 * Reads what state is recorded of a profile; whatever lies there, it does not throw.
 * Needs `--allow-read` for its state file.
 *
 * @param dir The profile's directory.
 * @returns The state.
 */
export function readRecordedState(dir: string): RecordedState {
  const nothing = (problem: string) => ({ state: null, setBy: null, setAt: null, problem });
  try {
    const info = lstatIfPresent(`${dir}/${STATE_FILE}`);
    if (info === undefined) return { state: null, setBy: null, setAt: null };
    if (!info.isFile) return nothing(`${STATE_FILE} is not a regular file`);
    return recordedState(readJsonObject(`${dir}/${STATE_FILE}`));
  } catch (error) {
    return nothing(`${STATE_FILE}: ${errorWords(survivable(error))}`);
  }
}
