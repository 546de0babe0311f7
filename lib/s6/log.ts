import { lstatIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";

/** A line of a log that s6-log has stamped (`T`). */
export interface LogLine {
  /** When; `null` where there is no stamp. */
  time: Date | null;
  /** The line without its stamp. */
  text: string;
}

/** No more than this is read of one file, from its end, in bytes; s6-log rotates at 1000000. */
const MAX_READ_BYTES = 1 << 21;

const STAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3})\d* {2}/;

/**
 * Reads a line of a log. s6-log stamps in the system's time zone, as does
 * JavaScript where `TZ` is not set.
 *
 * @param line The line.
 * @returns Its time and its text.
 *
 * @example
 * ```ts
 * import { parseLogLine } from "./log.ts";
 * parseLogLine("2026-11-22 08:47:00.123456789  up").text; // "up"
 * ```
 */
export function parseLogLine(line: string): LogLine {
  const stamp = STAMP.exec(line);
  if (stamp === null) return { time: null, text: line };
  const [year = 0, month = 1, day, hours, minutes, seconds, ms] = stamp.slice(1).map(Number);
  const time = new Date(year, month - 1, day, hours, minutes, seconds, ms);
  return { time, text: line.slice(stamp[0].length) };
}

/**
 * Reads the end of a file, 2 MiB at most; what is no regular file has none.
 * Needs `--allow-read` for the file.
 *
 * @param path The file; it need not exist.
 * @returns The text, maybe from the middle of a line on.
 * @throws {Error} If it cannot be read.
 */
export function readFileEnd(path: string): string {
  // Opening a FIFO would wait for ever.
  const info = lstatIfPresent(path);
  if (!info?.isFile) return "";
  using file = Deno.openSync(path);
  const start = Math.max(0, info.size - MAX_READ_BYTES);
  file.seekSync(start, Deno.SeekMode.Start);
  const bytes = new Uint8Array(info.size - start);
  let length = 0;
  for (let read: number | null = 0; read !== null && length < bytes.length; length += read ?? 0) {
    read = file.readSync(bytes.subarray(length));
  }
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/**
 * Finds when a log was last written to. Needs `--allow-read` for the directory.
 *
 * @param dir The log directory of s6-log; it need not exist.
 * @returns The time, or `null` when there is no log.
 */
export function lastLogTime(dir: string): Date | null {
  try {
    return lstatIfPresent(`${dir}/current`)?.mtime ?? null;
  } catch (error) {
    survivable(error);
    return null;
  }
}
