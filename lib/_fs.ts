/** What {@linkcode makeDirectory} and {@linkcode makeFile} know. */
export interface CreateOptions {
  /** `true` when mkdir(2) and open(2) alone are known to give exact 0o755 and 0o644. */
  modesHold?: boolean | undefined;
  /**
   * Files made before, by their text, of which another name (a hard link) will
   * do where the same text and mode are asked for.
   */
  twins?: Map<string, string> | undefined;
}

function ensureMode(path: string, mode: number, modesHold = false): void {
  const holds = modesHold && (mode & ~0o755) === 0;
  if (!holds) Deno.chmodSync(path, mode);
}

/**
 * Makes a directory with an exact mode, whatever the umask; one that is
 * already there is left as it is.
 * Needs `--allow-read` and `--allow-write` for the path.
 *
 * @param path The directory; its parent must exist.
 * @param mode Its mode, up to 0o7777.
 * @param options What is known about modes.
 * @returns Whether it was made.
 * @throws {Error} If it cannot be made, or something else is there.
 */
export function makeDirectory(path: string, mode: number, options: CreateOptions = {}): boolean {
  try {
    Deno.mkdirSync(path, { mode: mode & 0o777 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (Deno.lstatSync(path).isDirectory) return false;
    throw new Error(`${path} is not a directory`);
  }
  ensureMode(path, mode, options.modesHold);
  return true;
}

const encoder = new TextEncoder();

/**
 * Makes a new file with an exact mode, whatever the umask.
 * Needs `--allow-write` for the path, with `twins` also `--allow-read`.
 *
 * @param path The file; nothing may be there.
 * @param text Its content.
 * @param mode Its mode, up to 0o777.
 * @param options What is known about modes, and which files may be shared.
 * @throws {Deno.errors.AlreadyExists} If something is there.
 * @throws {Error} If the file cannot be written whole.
 */
export function makeFile(
  path: string,
  text: string,
  mode: number,
  { modesHold, twins }: CreateOptions = {},
): void {
  const twin = twins?.get(text);
  if (twin !== undefined) return Deno.linkSync(twin, path);
  Deno.writeFileSync(path, encoder.encode(text), { mode, createNew: true });
  ensureMode(path, mode, modesHold);
  twins?.set(text, path);
}

/**
 * Replaces a file in one step: writes another on the same file system and
 * renames that over it.
 * Needs `--allow-read` and `--allow-write` for both paths.
 *
 * @param path The file; it need not exist.
 * @param text Its new content.
 * @param mode Its mode, up to 0o777.
 * @param beside Where it is written first; what is there is removed.
 * @throws {Error} If the file cannot be written whole; `path` is then as it was.
 */
export function replaceFile(path: string, text: string, mode: number, beside: string): void {
  removeIfPresent(beside);
  try {
    makeFile(beside, text, mode);
    Deno.renameSync(beside, path);
  } catch (error) {
    removeIfPresent(beside);
    throw error;
  }
}

/**
 * Removes a file, a symlink or an empty directory; its absence is fine.
 * Needs `--allow-write` for the path.
 *
 * @param path What to remove.
 * @param options `recursive`: also a directory that is not empty.
 * @returns Whether something was there.
 * @throws {Error} If it is there and cannot be removed.
 */
export function removeIfPresent(path: string, options: Deno.RemoveOptions = {}): boolean {
  try {
    Deno.removeSync(path, options);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Lists a directory. Needs `--allow-read` for it.
 *
 * @param path The directory.
 * @returns Its entries, by name.
 * @throws {Error} If it cannot be listed.
 */
export function listDirectory(path: string): Map<string, Deno.DirEntry> {
  const entries = new Map<string, Deno.DirEntry>();
  for (const entry of Deno.readDirSync(path)) entries.set(entry.name, entry);
  return entries;
}

/**
 * Lists a directory; its absence is fine. Needs `--allow-read` for it.
 *
 * @param path The directory.
 * @returns Its entries, by name; none if it is not there.
 * @throws {Error} If it cannot be listed.
 */
export function listIfPresent(path: string): Map<string, Deno.DirEntry> {
  try {
    return listDirectory(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
}

/**
 * Looks at an entry without following it; its absence is fine.
 * Needs `--allow-read` for the path.
 *
 * @param path Where to look.
 * @returns What is there, or `undefined`.
 * @throws {Error} If it cannot be looked at.
 */
export function lstatIfPresent(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
