import { errorWords, survivable } from "../_errors.ts";
import { MARKER_FILE } from "./list.ts";

/** What tells one state of `<home>/profiles` from another. */
export type Fingerprint =
  | {
    /** Whether it is a directory that can be listed. */
    readable: true;
    /** Which directory it is: another one in its place has another. */
    directory: string;
    /** Which profiles are in it: the same ones give the same text. */
    profiles: string;
  }
  | {
    /** Whether it is a directory that can be listed. */
    readable: false;
    /** What it is instead. */
    problem: string;
  };

/** Nothing for a directory that is no profile, else a character that says whether it can be read. */
function markerOf(dir: string): string {
  try {
    const marker = `${dir}/${MARKER_FILE}`;
    if (Deno.lstatSync(marker).isSymlink) Deno.statSync(marker);
    return "+";
  } catch (error) {
    return survivable(error) instanceof Deno.errors.NotFound ? "" : "?";
  }
}

/**
 * Takes the fingerprint of `<home>/profiles`: one lstat(2) for each directory
 * in it, and nothing is opened but `profiles` itself. Symlinks are not
 * followed; one in a profile's place is no profile here, as for a sync.
 *
 * Needs `--allow-read` for `<home>/profiles`.
 *
 * @param home The Hermes home.
 * @returns The fingerprint, which is as long as the profiles' names.
 *
 * @example
 * ```ts no-eval
 * import { fingerprintProfiles } from "./fingerprint.ts";
 * fingerprintProfiles("/opt/data");
 * // { readable: true, directory: "...", profiles: "+coder/+writer" }
 * ```
 */
export function fingerprintProfiles(home: string): Fingerprint {
  const root = `${home}/profiles`;
  try {
    const { isDirectory, dev, ino, birthtime } = Deno.lstatSync(root);
    if (!isDirectory) return { readable: false, problem: `${root} is not a directory` };
    const profiles: string[] = [];
    for (const entry of Deno.readDirSync(root)) {
      const marker = entry.isDirectory ? markerOf(`${root}/${entry.name}`) : "";
      if (marker !== "") profiles.push(marker + entry.name);
    }
    // An inode's number is used again, so its birth counts, too.
    const directory = `${dev}:${ino}:${birthtime?.getTime() ?? ""}`;
    return { readable: true, directory, profiles: profiles.sort().join("/") };
  } catch (error) {
    const missing = survivable(error) instanceof Deno.errors.NotFound;
    const problem = missing ? `${root} is missing` : `cannot read ${root}: ${errorWords(error)}`;
    return { readable: false, problem };
  }
}
