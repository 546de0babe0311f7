import { lstatIfPresent, replaceFile } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { STATE_FILE } from "./list.ts";
import { readJsonObject } from "../_json.ts";

/** What an operator wants of a gateway, across container starts. */
export type DesiredState = "running" | "stopped";

/** The old content; what is no JSON object counts as empty. */
function readContent(path: string): Record<string, unknown> {
  try {
    return readJsonObject(path);
  } catch (error) {
    survivable(error);
    return {};
  }
}

/**
 * Records what an operator wants in a profile's `gateway_state.json`:
 * `desired_state` and `updated_at` (seconds since the epoch); other keys and
 * the file's mode are kept, but that its owner can read and write it. It is written beside and renamed, so a reader
 * never sees half of it. Hold the scandir's lock: two writers would share the
 * name beside.
 * Needs `--allow-read` and `--allow-write` for the file and its `.new`.
 *
 * @param profileDir The profile's directory.
 * @param desired What is wanted.
 * @param now When.
 * @throws {Error} If the file cannot be written.
 *
 * @example
 * ```ts no-eval
 * import { recordDesiredState } from "./desired_state.ts";
 * recordDesiredState("/opt/data/profiles/coder", "stopped", new Date());
 * ```
 */
export function recordDesiredState(profileDir: string, desired: DesiredState, now: Date): void {
  const path = `${profileDir}/${STATE_FILE}`;
  const old = lstatIfPresent(path);
  const [content, mode] = old?.isFile
    ? [readContent(path), (old.mode ?? 0o644) & 0o777 | 0o600]
    : [{}, 0o644];
  const updated = {
    ...content,
    desired_state: desired,
    updated_at: Math.floor(now.getTime() / 1000),
  };
  replaceFile(path, JSON.stringify(updated) + "\n", mode, `${path}.new`);
}
