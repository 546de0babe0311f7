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

const STAMP = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.\d+ {2}/;

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
  const [year = 0, month = 1, day, hours, minutes, seconds] = stamp.slice(1).map(Number);
  const time = new Date(year, month - 1, day, hours, minutes, seconds);
  return { time, text: line.slice(stamp[0].length) };
}

/** The log's files, oldest first; s6-log names what it rotated by TAI64N. */
function logFiles(dir: string): string[] {
  try {
    const rotated = [...Deno.readDirSync(dir)]
      .filter(({ name, isFile }) => isFile && /^@[0-9a-f]{24}\.[su]$/.test(name))
      .map(({ name }) => `${dir}/${name}`);
    return [...rotated.sort(), `${dir}/current`];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
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
 * Reads the last lines of a log, also from the files that were rotated away.
 * Needs `--allow-read` for the directory.
 *
 * @param dir The log directory of s6-log; it need not exist.
 * @param count How many lines at most.
 * @returns The lines, oldest first.
 * @throws {Error} If the directory or a file cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { lastLogLines } from "./log.ts";
 * lastLogLines("/opt/data/logs/gateways/coder", 20);
 * ```
 */
export function lastLogLines(dir: string, count: number): string[] {
  let lines: string[] = [];
  for (const path of logFiles(dir).reverse()) {
    if (lines.length >= count) break;
    lines = [...readFileEnd(path).split("\n").filter((line) => line !== ""), ...lines];
  }
  return lines.slice(Math.max(0, lines.length - count));
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

/** The file a follower is in. */
interface Position {
  file: Deno.FsFile;
  ino: number | null;
}

function openLog(path: string, seek: Deno.SeekMode): Position | undefined {
  const info = lstatIfPresent(path);
  if (!info?.isFile) return undefined;
  const file = Deno.openSync(path);
  file.seekSync(0, seek);
  return { file, ino: file.statSync().ino };
}

/** The files written since the one with this inode, oldest first. */
function filesSince(dir: string, ino: number | null): string[] {
  const files = logFiles(dir);
  const last = files.findIndex((path) => lstatIfPresent(path)?.ino === ino);
  return last === -1 ? files.slice(-1) : files.slice(last + 1);
}

/**
 * Follows a log from its end on, across rotations.
 * Needs `--allow-read` for the directory.
 *
 * @param dir The log directory of s6-log; it need not exist yet.
 * @param pollMs How often to look, in milliseconds.
 * @param signal Ends it.
 * @returns Whole lines as they are written.
 * @throws {Error} If a file cannot be read.
 */
export async function* followLog(
  dir: string,
  pollMs: number,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65536);
  let rest = "";
  let at = openLog(`${dir}/current`, Deno.SeekMode.End);
  try {
    while (!signal?.aborted) {
      // Looked up first: what has been rotated away is complete, so the read below ends it.
      const [next] = at === undefined ? [`${dir}/current`] : filesSince(dir, at.ino);
      for (let read = at?.file.readSync(buffer); read; read = at?.file.readSync(buffer)) {
        const text = rest + decoder.decode(buffer.subarray(0, read), { stream: true });
        const lines = text.split("\n");
        rest = lines.pop() ?? "";
        yield* lines;
      }
      const opened = next === undefined ? undefined : openLog(next, Deno.SeekMode.Start);
      if (opened === undefined) {
        await new Promise((resolve) => setTimeout(resolve, pollMs));
        continue;
      }
      at?.file.close();
      at = opened;
    }
  } finally {
    at?.file.close();
  }
}
