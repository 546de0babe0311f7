import { removeIfPresent } from "../_fs.ts";
import { errorWords, survivable } from "../_errors.ts";
import { readJsonObject } from "../_json.ts";
import { LIFECYCLE_FILE, type Listing, STALE_FILES, STATE_FILE } from "./list.ts";
import type { Warn } from "../_warn.ts";

/** How the previous life of a gateway ended; `unclean`: its namespace died under it. */
export type PriorExit = "clean" | "unclean" | "unknown";

/** What the volume remembers of one profile. */
export interface PriorState {
  /** What the operator or the gateway last wrote down; `null`: nothing usable. */
  priorState: string | null;
  /** How its last life ended. */
  priorExit: PriorExit;
}

/**
 * Decides what state the content of `gateway_state.json` stands for.
 *
 * @param content The parsed file.
 * @returns `desired_state` if it is a string; else `gateway_state`, where the
 * transient `draining` and `degraded` count as `running`; `unknown` for a
 * string that is no state at all; `null` if there is neither.
 *
 * @example
 * ```ts
 * import { stateOf } from "./prior_state.ts";
 * stateOf({ gateway_state: "draining" }); // "running"
 * ```
 */
export function stateOf(content: Readonly<Record<string, unknown>>): string | null {
  const { desired_state: desired, gateway_state: actual } = content;
  const state = typeof desired === "string"
    ? desired
    : actual === "draining" || actual === "degraded"
    ? "running"
    : actual;
  if (typeof state !== "string") return null;
  return /^[a-z_]{1,32}$/.test(state) ? state : "unknown";
}

function readState(dir: string, listing: Listing): string | null {
  const entry = listing.get(STATE_FILE);
  if (entry === undefined) throw new Error("missing");
  if (!entry.isFile) throw new Error("not a regular file");
  return stateOf(readJsonObject(`${dir}/${STATE_FILE}`));
}

function readExit(dir: string): PriorExit {
  try {
    if (!Deno.lstatSync(`${dir}/${LIFECYCLE_FILE}`).isFile) return "unknown";
    const { phase } = readJsonObject(`${dir}/${LIFECYCLE_FILE}`);
    return phase === "exited" ? "clean" : phase === "running" ? "unclean" : "unknown";
  } catch (error) {
    survivable(error);
    return "unknown";
  }
}

/**
 * Reads what the volume remembers of a profile. Whatever lies there, it
 * neither throws nor waits: a state file that is missing, unreadable, not a
 * regular file, over 1 MiB, not UTF-8, not JSON or not
 * an object is one warning and no prior state.
 * Needs `--allow-read` for the files it reads.
 *
 * @param profile The profile's name, for the warning.
 * @param dir The profile's directory.
 * @param listing What is in it.
 * @param warn Told when there is no usable state.
 * @returns The profile's prior state and exit.
 */
export function readPriorState(
  profile: string,
  dir: string,
  listing: Listing,
  warn: Warn,
): PriorState {
  let priorState: string | null = null;
  try {
    priorState = readState(dir, listing);
  } catch (error) {
    warn(`profile=${profile}: no prior state: ${STATE_FILE}: ${errorWords(survivable(error))}`);
  }
  const mayHaveExit = listing.get("state")?.isSymlink === false;
  return { priorState, priorExit: mayHaveExit ? readExit(dir) : "unknown" };
}

/**
 * Removes the {@linkcode STALE_FILES} of a profile.
 * Needs `--allow-write` for them.
 *
 * @param profile The profile's name, for warnings.
 * @param dir The profile's directory.
 * @param listing What is in it.
 * @param warn Told of a file that cannot be removed.
 */
export function removeStaleFiles(profile: string, dir: string, listing: Listing, warn: Warn): void {
  for (const name of STALE_FILES) {
    if (!listing.has(name)) continue;
    try {
      removeIfPresent(`${dir}/${name}`);
    } catch (error) {
      const words = errorWords(survivable(error));
      warn(`profile=${profile}: cannot remove the stale ${name}: ${words}`);
    }
  }
}
