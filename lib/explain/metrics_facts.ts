import { lstatIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { DOT_DIR } from "../slot/scandir.ts";

/**
 * Counts how often a slot's `finish` has let s6 start it again since the
 * container started (`libexec/count-restart`); an unregister forgets nothing.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot's name.
 * @returns The number.
 *
 * @example
 * ```ts no-eval
 * import { readRestarts } from "./metrics_facts.ts";
 * readRestarts("/run/service", "gateway-coder"); // 0
 * ```
 */
export function readRestarts(scandir: string, slot: string): number {
  const count = lstatIfPresent(`${scandir}/${DOT_DIR}/restarts-${slot}`);
  return count?.isFile ? count.size : 0;
}

/** What was found of the files of a log that are not written any more. */
interface Rotated {
  /** What the directory and `current` were like then. */
  stamp: string;
  bytes: number;
}

/** Sizes of logs; it remembers what does not change. */
export class LogSizes {
  readonly #known = new Map<string, Rotated>();

  /**
   * Finds how much is kept of a log. Needs `--allow-read` for its directory.
   *
   * @param dir The log directory of s6-log.
   * @returns The size, in bytes; `undefined` if there is none, or it cannot be read.
   */
  of(dir: string): number | undefined {
    try {
      const [info, current] = ["", "/current"].map((name) => lstatIfPresent(dir + name));
      if (!info?.isDirectory) return undefined;
      const stamp = `${info.ino} ${info.mtime?.getTime()} ${current?.ino}`;
      let rotated = this.#known.get(dir);
      if (rotated?.stamp !== stamp) {
        rotated = { stamp, bytes: rotatedBytes(dir) };
        this.#known.set(dir, rotated);
      }
      return rotated.bytes + (current?.isFile ? current.size : 0);
    } catch (error) {
      survivable(error);
      return undefined;
    }
  }
}

/** The size of the files that s6-log has rotated away. */
function rotatedBytes(dir: string): number {
  let bytes = 0;
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    if (!isFile || !/^(@[0-9a-f]{24}\.[su]|previous)$/.test(name)) continue;
    bytes += lstatIfPresent(`${dir}/${name}`)?.size ?? 0;
  }
  return bytes;
}
