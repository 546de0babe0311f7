import { lstatIfPresent } from "../_fs.ts";
import { parseLogLine } from "./log.ts";

/** How much is read of a log at a time, in bytes; a longer line is cut. */
export const LOG_BLOCK_BYTES = 1 << 15;

const NEWLINE = 10;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const buffer = new Uint8Array(LOG_BLOCK_BYTES);

/** A place in a log: a file, which keeps its inode when it is rotated away, and a byte in it. */
export interface LogPlace {
  /** The file's inode. */
  ino: number | null;
  /** How many bytes are before the place. */
  offset: number;
}

/** A file of a log, open. */
class LogFile {
  readonly file: Deno.FsFile;
  readonly ino: number | null;
  readonly size: number;

  constructor(file: Deno.FsFile) {
    this.file = file;
    const { ino, size } = file.statSync();
    this.ino = ino;
    this.size = size;
  }

  [Symbol.dispose](): void {
    this.file.close();
  }
}

/** Opens a file of a log, which may be renamed at any time. */
function openLog(path: string): LogFile | undefined {
  // Opening a FIFO would wait for ever.
  if (!lstatIfPresent(path)?.isFile) return undefined;
  try {
    return new LogFile(Deno.openSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The files that were rotated away, oldest first; s6-log names them by TAI64N, for a moment `previous`. */
function rotatedFiles(dir: string): string[] {
  try {
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name);
    const stamped = names.filter((name) => /^@[0-9a-f]{24}\.[su]$/.test(name)).sort();
    return [...stamped, "previous"].map((name) => `${dir}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** All files, newest first. The others are listed after `current` is open: it is known by its inode there. */
function* newestFirst(dir: string): Generator<LogFile> {
  using current = openLog(`${dir}/current`);
  if (current !== undefined) yield current;
  for (const path of rotatedFiles(dir).reverse()) {
    using file = openLog(path);
    if (file !== undefined && file.ino !== current?.ino) yield file;
  }
}

/** Fills the buffer from a place on; gives fewer bytes only at the file's end. */
function fill(file: Deno.FsFile, offset: number, length: number): Uint8Array<ArrayBuffer> {
  file.seekSync(offset, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < length) {
    const read = file.readSync(buffer.subarray(filled, length));
    if (read === null) break;
    filled += read;
  }
  return buffer.subarray(0, filled);
}

/** Finds the nth newline of a file from its end, or how many there are. */
function nthNewline({ file, size }: LogFile, n: number): { after: number } | { count: number } {
  let count = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - LOG_BLOCK_BYTES);
    const bytes = fill(file, start, end - start);
    for (let i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] === NEWLINE && ++count === n) return { after: start + i + 1 };
    }
    end = start;
  }
  return { count };
}

/**
 * Finds where the last lines of a log begin, also in the files that were
 * rotated away. Needs `--allow-read` for the directory.
 *
 * @param dir The log directory of s6-log; it need not exist.
 * @param count How many lines; 0 finds the log's end.
 * @returns The place; `undefined` where there is no log.
 * @throws {Error} If the directory or a file cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { LogReader, placeOfLast } from "./log_reader.ts";
 * const dir = "/opt/data/logs/gateways/coder";
 * new LogReader(dir, () => placeOfLast(dir, 20)).read();
 * ```
 */
export function placeOfLast(dir: string, count: number): LogPlace | undefined {
  let place: LogPlace | undefined;
  let newlines = count + 1; // the first of them ends the line before
  for (const file of newestFirst(dir)) {
    const found = nthNewline(file, newlines);
    if ("after" in found) return { ino: file.ino, offset: found.after };
    place = { ino: file.ino, offset: 0 };
    newlines -= found.count;
    if (newlines === 1) break;
  }
  return place;
}

/** The time of the first line that begins at a place or after it. */
function timeAfter(file: Deno.FsFile, offset: number): Date | null {
  const lines = decoder.decode(fill(file, offset, LOG_BLOCK_BYTES)).split("\n");
  for (const line of offset === 0 ? lines : lines.slice(1)) {
    const { time } = parseLogLine(line);
    if (time !== null) return time;
  }
  return null;
}

/**
 * Finds a place in a log before which everything is older than a time, and not
 * much after it is. Needs `--allow-read` for the directory.
 *
 * @param dir The log directory of s6-log; it need not exist.
 * @param since The time.
 * @returns The place; `undefined` where there is no log.
 * @throws {Error} If the directory or a file cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { placeSince } from "./log_reader.ts";
 * placeSince("/opt/data/logs/gateways/coder", new Date(Date.now() - 600_000));
 * ```
 */
export function placeSince(dir: string, since: Date): LogPlace | undefined {
  let place: LogPlace | undefined;
  for (const { file, ino, size } of newestFirst(dir)) {
    const isOlder = (offset: number) => (timeAfter(file, offset) ?? since) < since;
    place = { ino, offset: 0 };
    if (!isOlder(0)) continue;
    let beyond = size;
    while (beyond - place.offset > 2 * LOG_BLOCK_BYTES) {
      const middle = Math.floor((place.offset + beyond) / 2);
      if (isOlder(middle)) place.offset = middle;
      else beyond = middle;
    }
    const bytes = fill(file, place.offset, LOG_BLOCK_BYTES);
    if (place.offset > 0) place.offset += bytes.indexOf(NEWLINE) + 1;
    return place;
  }
  return place;
}

/**
 * Reads a log forward, across rotations, and goes on with what is written
 * later. Between two reads it holds no file open and no text.
 * Needs `--allow-read` for the directory.
 *
 * @example
 * ```ts no-eval
 * import { LogReader } from "./log_reader.ts";
 * const reader = new LogReader("/opt/data/logs/gateways/coder");
 * for (let lines = reader.read(); lines.length > 0; lines = reader.read()) console.log(lines);
 * ```
 */
export class LogReader {
  readonly #dir: string;
  #find: (() => LogPlace | undefined) | undefined;
  #at: LogPlace | undefined;
  /** How much of the file has been seen, with a last line that has no end yet. */
  #seen = -1;
  /** Whether the last read stopped before the end of what there was. */
  behind = false;

  /**
   * Makes a reader.
   *
   * @param dir The log directory of s6-log; it need not exist yet.
   * @param find Finds, at the first read, where to begin. Default, and without a
   * place: with what is in `current` once it is there.
   */
  constructor(dir: string, find?: () => LogPlace | undefined) {
    this.#dir = dir;
    this.#find = find;
  }

  /**
   * Reads on, {@linkcode LOG_BLOCK_BYTES} at most.
   *
   * @param whole Also a last line that has no end yet. Default: `false`.
   * @returns Whole lines; none: there are no more for now.
   * @throws {Error} If the directory or a file cannot be read.
   */
  read(whole = false): string[] {
    this.#at ??= this.#find?.();
    this.#find = undefined;
    for (;;) {
      this.behind = false;
      const path = `${this.#dir}/current`;
      const info = lstatIfPresent(path);
      const current = info?.isFile ? info : undefined;
      if (this.#at === undefined) {
        if (current === undefined) return [];
        this.#enter(current.ino);
      }
      const at = this.#at!;
      if (current?.ino === at.ino) {
        if (current.size < at.offset) this.#enter(current.ino); // it was emptied
        if (current.size === this.#seen && !whole) return [];
        const lines = this.#block(path, whole) ?? [];
        if (lines.length > 0 || !this.behind) return lines;
        continue;
      }
      // What has been rotated away is complete.
      const [here, next] = this.#rotated(at.ino);
      const lines = here === undefined ? undefined : this.#block(here, true);
      if (lines !== undefined && lines.length > 0) return lines;
      using follower = openLog(next ?? path);
      if (follower === undefined || (here !== undefined && lines === undefined)) return [];
      this.#enter(follower.ino);
    }
  }

  /** Finds the path of a file that was rotated away, and of the one after it. */
  #rotated(ino: number | null): (string | undefined)[] {
    // A file that is renamed while a directory is read may be missed once.
    for (let tries = 0; tries < 3; tries++) {
      const paths = rotatedFiles(this.#dir).filter((path) => lstatIfPresent(path)?.isFile);
      const here = paths.findIndex((path) => lstatIfPresent(path)?.ino === ino);
      if (here >= 0) return paths.slice(here, here + 2);
    }
    return [];
  }

  #enter(ino: number | null): void {
    this.#at = { ino, offset: 0 };
    this.#seen = -1;
  }

  /** Reads lines of the file at a path; `undefined`: it is another file by now. */
  #block(path: string, whole: boolean): string[] | undefined {
    const at = this.#at!;
    using log = openLog(path);
    if (log?.ino !== at.ino) return undefined;
    const bytes = fill(log.file, at.offset, LOG_BLOCK_BYTES);
    this.behind = bytes.length === LOG_BLOCK_BYTES;
    let end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end === 0 ? this.behind || whole : whole && !this.behind) end = bytes.length;
    at.offset += end;
    this.#seen = at.offset + bytes.length - end;
    return decoder.decode(bytes.subarray(0, end)).split("\n").filter((line) => line !== "");
  }
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
 * import { lastLogLines } from "./log_reader.ts";
 * lastLogLines("/opt/data/logs/gateways/coder", 20);
 * ```
 */
export function lastLogLines(dir: string, count: number): string[] {
  if (count === 0) return [];
  const reader = new LogReader(dir, () => placeOfLast(dir, count));
  const found: string[] = [];
  for (let lines = reader.read(true); lines.length > 0; lines = reader.read(true)) {
    found.push(...lines);
    found.splice(0, Math.max(0, found.length - count));
  }
  return found;
}
