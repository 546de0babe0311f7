import { lstatIfPresent, replaceFile } from "../_fs.ts";
import { survivable } from "../_errors.ts";

/** Where a volume's ID is, relative to the Hermes home. */
export const VOLUME_ID_FILE = ".hermes-boot-volume";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n$/;

/**
 * Reads the ID of a volume, by which a loop knows that the profiles it misses
 * are gone and not merely on another volume.
 * Needs `--allow-read` for the file.
 *
 * @param home The Hermes home.
 * @returns The ID; `undefined`: it has none yet.
 * @throws {Error} If it cannot be read, or is something else.
 *
 * @example
 * ```ts no-eval
 * import { readVolumeId } from "./volume_id.ts";
 * readVolumeId("/opt/data");
 * ```
 */
export function readVolumeId(home: string): string | undefined {
  const path = `${home}/${VOLUME_ID_FILE}`;
  const info = lstatIfPresent(path);
  if (info === undefined) return undefined;
  const text = info.isFile && info.size < 64 ? Deno.readTextFileSync(path) : "";
  if (!UUID.test(text)) throw new Error(`${path}: expected a file with a UUID; remove it`);
  return text.trimEnd();
}

/**
 * Reads the ID of a volume, and gives it one if it has none. Of two loops that
 * do so at once the later one wins; the other sees it at its next pass.
 * Needs `--allow-read` and `--allow-write` for the file and its `.new`.
 *
 * @param home The Hermes home.
 * @returns The ID.
 * @throws {Error} If it cannot be read or written, or is something else.
 *
 * @example
 * ```ts no-eval
 * import { ensureVolumeId } from "./volume_id.ts";
 * ensureVolumeId("/opt/data");
 * ```
 */
export function ensureVolumeId(home: string): string {
  const found = readVolumeId(home);
  if (found !== undefined) return found;
  const path = `${home}/${VOLUME_ID_FILE}`;
  const id = crypto.randomUUID();
  replaceFile(path, `${id}\n`, 0o644, `${path}.new`);
  return readVolumeId(home) ?? id;
}

/**
 * Tells whether a volume still is the one with this ID.
 * Needs `--allow-read` for the file.
 *
 * @param home The Hermes home.
 * @param id The ID.
 * @returns Whether it is; where that cannot be read it is not.
 */
export function isVolume(home: string, id: string): boolean {
  try {
    return readVolumeId(home) === id;
  } catch (error) {
    survivable(error);
    return false;
  }
}
