import type { Warn } from "../_warn.ts";
import { errorWords, survivable } from "../_errors.ts";
import { DEFAULT_PROFILE, profileNameProblem } from "./name.ts";

/** The file that makes a directory a profile. */
export const MARKER_FILE = "SOUL.md";
/** Where a profile's state is kept, relative to its directory. */
export const STATE_FILE = "gateway_state.json";
/** Where a gateway notes how far its life has come, relative to its directory. */
export const LIFECYCLE_FILE = "state/gateway.lifecycle.json";
/** The files of a profile that name PIDs of a dead namespace after a container start. */
export const STALE_FILES: readonly string[] = ["gateway.pid", "processes.json"];
/** The files of a profile that a boot reads or removes, relative to its directory. */
export const PROFILE_FILES: readonly string[] = [STATE_FILE, LIFECYCLE_FILE, ...STALE_FILES];

/** What kind of entry a name is. */
export type Kind = Pick<Deno.DirEntry, "isFile" | "isSymlink">;

/** The names in a profile's directory that matter here, each with its kind. */
export type Listing = ReadonlyMap<string, Kind>;

/** A directory under `$HERMES_HOME/profiles` that holds `SOUL.md`. */
export interface ProfileEntry {
  /** Its name; not necessarily a legal one. */
  name: string;
  /** Whether the entry is a symlink that leads to a directory. */
  symlink?: boolean | undefined;
  /** Why it could not be looked into, if so. */
  error?: string | undefined;
}

/** A {@linkcode ProfileEntry} with what it holds. */
export interface ListedProfile extends ProfileEntry {
  /** What it holds. */
  listing: Listing;
}

/** Why a profile gets no slot. */
export interface Refusal {
  /** The reason, for the operator. */
  reason: string;
  /** Whether it is an I/O error rather than a rule. */
  failed: boolean;
}

/**
 * Decides whether a directory under `profiles/` is a profile that gets a slot.
 *
 * @param entry The directory.
 * @returns Why not, or `undefined` when it does.
 *
 * @example
 * ```ts
 * import { refuseProfile } from "./list.ts";
 * refuseProfile({ name: "coder" }); // undefined
 * refuseProfile({ name: "default" })?.failed; // false
 * ```
 */
export function refuseProfile({ name, symlink, error }: ProfileEntry): Refusal | undefined {
  const problem = profileNameProblem(name);
  if (problem !== undefined) return { reason: `illegal profile name: ${problem}`, failed: false };
  if (name === DEFAULT_PROFILE) {
    return { reason: "profiles/default collides with the root profile", failed: false };
  }
  if (symlink) return { reason: "a symlink: expected a directory", failed: false };
  if (error !== undefined) return { reason: error, failed: true };
}

/**
 * Orders profiles as they are reported: by code units, which for legal names
 * is the order of the C locale.
 *
 * @param a One entry.
 * @param b Another.
 * @returns A negative number, zero or a positive number.
 */
export function byName(a: ProfileEntry, b: ProfileEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

const LISTED = new Set([MARKER_FILE, STATE_FILE, "state", ...STALE_FILES]);

function list(dir: string): Map<string, Kind> {
  const listing = new Map<string, Kind>();
  for (const entry of Deno.readDirSync(dir)) {
    if (LISTED.has(entry.name)) listing.set(entry.name, entry);
  }
  return listing;
}

function follow(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    survivable(error);
    return undefined;
  }
}

function listProfile(root: string, { name, isSymlink }: Deno.DirEntry): ListedProfile | undefined {
  const entry: ListedProfile = { name, symlink: isSymlink, listing: new Map() };
  const dir = `${root}/${name}`;
  if (isSymlink && !follow(dir)?.isDirectory) return undefined;
  try {
    const listing = list(dir);
    const marker = listing.get(MARKER_FILE);
    const holdsMarker = marker !== undefined &&
      (!marker.isSymlink || follow(`${dir}/${MARKER_FILE}`) !== undefined);
    return holdsMarker ? { ...entry, listing } : undefined;
  } catch (error) {
    // Deno decodes names that are not UTF-8 with replacement characters, and
    // then cannot find them; anything else that is not found has just vanished.
    if (error instanceof Deno.errors.NotFound && !name.includes("\ufffd")) return undefined;
    return { ...entry, error: `cannot list the directory: ${errorWords(survivable(error))}` };
  }
}

/**
 * Lists the directories under `<home>/profiles` that hold `SOUL.md`, in no
 * particular order. One that cannot be looked into is listed with its error.
 * Needs `--allow-read` for `<home>/profiles`.
 *
 * @param home The Hermes home.
 * @param warn Told when `profiles` is there but no directory.
 * @returns The directories; none if there is no `profiles`.
 * @throws {Error} If `profiles` cannot be read.
 */
export function listProfiles(home: string, warn: Warn): ListedProfile[] {
  const root = `${home}/profiles`;
  const found: ListedProfile[] = [];
  try {
    // Not through a symlink: it could lead out of the volume.
    if (!Deno.lstatSync(root).isDirectory) {
      warn(`${root} is not a directory: no named profiles`);
      return found;
    }
    for (const entry of Deno.readDirSync(root)) {
      if (!entry.isDirectory && !entry.isSymlink) continue;
      const profile = listProfile(root, entry);
      if (profile !== undefined) found.push(profile);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}

/**
 * Finds which of {@linkcode PROFILE_FILES} the root profile has, one by one:
 * a boot may not list the Hermes home. What a symlink in the place of `state`
 * leads to is not there.
 * Needs `--allow-read` for those files.
 *
 * @param home The Hermes home, without symlinks.
 * @returns The names in it that matter.
 */
export function listRootProfile(home: string): Listing {
  const listing = new Map<string, Kind>();
  for (const path of PROFILE_FILES) {
    const file = `${home}/${path}`;
    try {
      const info = Deno.lstatSync(file);
      if (path !== LIFECYCLE_FILE) listing.set(path, info);
      // The permissions follow a symlink, and do not allow a look at the directory itself.
      else if (Deno.realPathSync(file) === file) listing.set("state", info);
    } catch (error) {
      survivable(error);
    }
  }
  return listing;
}
