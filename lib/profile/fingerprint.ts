import { errorWords, survivable } from "../_errors.ts";
import { MARKER_FILE } from "./list.ts";

/** What a short look at `<home>/profiles` found. */
export type Glance =
  | {
    /** Whether it is a directory that can be listed. */
    readable: true;
    /** Which directory it is: another one in its place has another. */
    id: string;
    /** Names the profiles in it: the same ones give the same mark. */
    mark: string;
  }
  | {
    /** Whether it is a directory that can be listed. */
    readable: false;
    /** What it is instead. */
    why: string;
  };

/** Nothing for a directory that is no profile, else a character that says whether it can be read. */
function markOf(dir: string): string {
  try {
    const marker = `${dir}/${MARKER_FILE}`;
    if (Deno.lstatSync(marker).isSymlink) Deno.statSync(marker);
    return "+";
  } catch (error) {
    return survivable(error) instanceof Deno.errors.NotFound ? "" : "?";
  }
}

/**
 * Takes a short look at `<home>/profiles`: one lstat(2) for each directory in
 * it, and nothing is opened but `profiles` itself. Symlinks are not followed;
 * one in a profile's place is no profile here, as for a sync.
 *
 * Needs `--allow-read` for `<home>/profiles`.
 *
 * @param home The Hermes home.
 * @returns What it found. Two glances with the same `mark` saw the same
 * profiles; it is as long as their names.
 *
 * @example
 * ```ts no-eval
 * import { glanceAtProfiles } from "./fingerprint.ts";
 * glanceAtProfiles("/opt/data"); // { readable: true, id: "...", mark: "+coder/+writer" }
 * ```
 */
export function glanceAtProfiles(home: string): Glance {
  const root = `${home}/profiles`;
  try {
    const { isDirectory, dev, ino, birthtime } = Deno.lstatSync(root);
    if (!isDirectory) return { readable: false, why: `${root} is not a directory` };
    const marks: string[] = [];
    for (const entry of Deno.readDirSync(root)) {
      const mark = entry.isDirectory ? markOf(`${root}/${entry.name}`) : "";
      if (mark !== "") marks.push(mark + entry.name);
    }
    // An inode's number is used again, so its birth counts, too.
    const id = `${dev}:${ino}:${birthtime?.getTime() ?? ""}`;
    return { readable: true, id, mark: marks.sort().join("/") };
  } catch (error) {
    const missing = survivable(error) instanceof Deno.errors.NotFound;
    const why = missing ? `${root} is missing` : `cannot read ${root}: ${errorWords(error)}`;
    return { readable: false, why };
  }
}
