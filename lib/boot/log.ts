import { lstatIfPresent, makeDirectory } from "../_fs.ts";
import { logWord } from "../_quote.ts";
import { type ReconcileAction, wordAction } from "./action.ts";

/** The boot log's size, in bytes, at which the next append rotates it. */
export const BOOT_LOG_ROTATE_BYTES = 262144;

/** Where the boot log is, relative to the Hermes home. */
export const BOOT_LOG = "logs/container-boot.log";

/**
 * Words the lines a reconciliation leaves in the boot log.
 *
 * @param actions What it did.
 * @param now When.
 * @param container The container's name; other containers may write to the same log. Empty: not known.
 * @returns One line per action, each ending in a newline.
 *
 * @example
 * ```ts
 * import { bootLogLines } from "./log.ts";
 * bootLogLines([], new Date()); // ""
 * ```
 */
export function bootLogLines(
  actions: readonly ReconcileAction[],
  now: Date,
  container = "",
): string {
  const time = now.toISOString().slice(0, 19) + "+0000";
  const who = container === "" ? "" : ` container=${logWord(container)}`;
  return actions.map((action) =>
    `${time}${who} ${wordAction(action, ` prior_exit=${action.priorExit}`)}\n`
  ).join("");
}

/** Tells whether a file's last line lacks its newline: its writer was killed, or found the disk full. */
function endsMidLine(path: string): boolean {
  using file = Deno.openSync(path);
  file.seekSync(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  return file.readSync(last) === 1 && last[0] !== 0x0a;
}

/**
 * Appends to `<home>/logs/container-boot.log`, on a new line whatever is there;
 * once that has reached {@linkcode BOOT_LOG_ROTATE_BYTES} it is first renamed
 * to `container-boot.log.1`. It writes only to a regular file with one name in a
 * real directory, so nothing that a symlink or a hard link leads to is changed.
 * Needs `--allow-read` and `--allow-write` for `<home>/logs`.
 *
 * @param home The Hermes home.
 * @param lines Whole lines.
 * @throws {Error} If the log cannot be written, or is no such file.
 */
export function appendBootLog(home: string, lines: string): void {
  if (lines === "") return;
  const dir = `${home}/logs`;
  const path = `${home}/${BOOT_LOG}`;
  makeDirectory(dir, 0o755);
  const info = lstatIfPresent(path);
  if (info !== undefined && (!info.isFile || info.nlink !== 1)) {
    throw new Error(`${path} is not a regular file with one name`);
  }
  const size = info?.size ?? 0;
  const rotate = size >= BOOT_LOG_ROTATE_BYTES;
  if (rotate) Deno.renameSync(path, `${path}.1`);
  const newline = !rotate && size > 0 && endsMidLine(path) ? "\n" : "";
  Deno.writeTextFileSync(path, newline + lines, { append: true, mode: 0o644 });
}
