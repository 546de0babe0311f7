import { lstatIfPresent, makeFile, removeIfPresent } from "../_fs.ts";
import { DOT_DIR, type LockedScandir } from "./scandir.ts";

function markOf(scandir: string, slot: string): string {
  return `${scandir}/${DOT_DIR}/unregistered-${slot}`;
}

/**
 * Takes a slot out of s6-svscan's sight, if it is there, and notes that it is not
 * missed. Like the slots, that is forgotten at a container stop.
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
  if (lstatIfPresent(`${scandir.path}/${slot}`) !== undefined) scandir.retire(slot);
}

/**
 * Forgets what {@linkcode unregister} has noted: the slot is there again.
 * Needs `--allow-write` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot's name.
 * @throws {Error} If that cannot be removed.
 */
export function clearUnregistered(scandir: string, slot: string): void {
  removeIfPresent(markOf(scandir, slot));
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
