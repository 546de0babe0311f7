import { lstatIfPresent, makeFile, removeIfPresent } from "../_fs.ts";
import { readRunEnv } from "./run_env.ts";
import { DOT_DIR, type LockedScandir } from "./scandir.ts";

function markOf(scandir: string, slot: string): string {
  return `${scandir}/${DOT_DIR}/unregistered-${slot}`;
}

/** Where the `run` of an unregistered slot is kept that has an environment. */
function runOf(scandir: string, slot: string): string {
  return `${scandir}/${DOT_DIR}/run-${slot}`;
}

/**
 * Takes a slot out of s6-svscan's sight, if it is there, and notes that it is not
 * missed, and its environment, mode 0o600. Like the slots, that is forgotten at a
 * container stop.
 * Needs `--allow-read` and `--allow-write` for the scandir.
 *
 * @param scandir The locked scandir.
 * @param slot The slot's name.
 * @throws {Error} If it cannot be noted, or renamed.
 */
export function unregister(scandir: LockedScandir, slot: string): void {
  const mark = markOf(scandir.path, slot);
  removeIfPresent(mark);
  makeFile(mark, "", 0o644);
  if (lstatIfPresent(`${scandir.path}/${slot}`) === undefined) return;
  const run = `${scandir.path}/${slot}/run`;
  const kept = runOf(scandir.path, slot);
  removeIfPresent(kept);
  if (Object.keys(readRunEnv(run)).length > 0) makeFile(kept, Deno.readTextFileSync(run), 0o600);
  scandir.retire(slot);
}

/**
 * Forgets what {@linkcode unregister} has noted: the slot is there again, or the
 * profile is gone.
 * Needs `--allow-write` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot's name.
 * @throws {Error} If that cannot be removed.
 */
export function clearUnregistered(scandir: string, slot: string): void {
  removeIfPresent(markOf(scandir, slot));
  removeIfPresent(runOf(scandir, slot));
}

/**
 * Tells whether an operator has taken a slot away since the container started.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot's name.
 * @returns Whether that is noted.
 * @throws {Error} If that cannot be looked at.
 *
 * @example
 * ```ts no-eval
 * import { isUnregistered } from "./unregistered.ts";
 * isUnregistered("/run/service", "gateway-coder");
 * ```
 */
export function isUnregistered(scandir: string, slot: string): boolean {
  return lstatIfPresent(markOf(scandir, slot)) !== undefined;
}

/**
 * Reads the environment that a slot had when {@linkcode unregister} took it away.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot's name.
 * @returns The environment; empty where none is noted.
 * @throws {Error} If that cannot be looked at.
 *
 * @example
 * ```ts no-eval
 * import { keptEnv } from "./unregistered.ts";
 * keptEnv("/run/service", "gateway-coder"); // { TOKEN: "x" }
 * ```
 */
export function keptEnv(scandir: string, slot: string): Record<string, string> {
  return readRunEnv(runOf(scandir, slot));
}
