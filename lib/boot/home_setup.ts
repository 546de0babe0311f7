import { makeDirectory, removeIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import type { Owner } from "../_owner.ts";
import type { Warn } from "../_warn.ts";

/** Folders by name, each with the folders in it. */
interface Folders {
  readonly [name: string]: Folders;
}

/** The folders that the suite needs in a home. */
const FOLDERS: Folders = { profiles: {}, logs: { gateways: {} } };

/** Options of {@linkcode setUpHome}. */
export interface HomeSetupOptions {
  /** Who shall own the home. Absent: nothing is given away, what is made stays the caller's. */
  owner?: Owner | undefined;
  /** Told of what is left alone by a rule. Default: nobody. */
  warn?: Warn | undefined;
}

/** What {@linkcode setUpHome} did, with paths relative to the home; `.` is the home itself. */
export interface HomeSetup {
  /** What was made. */
  made: string[];
  /** What was there and has got its owner. */
  given: string[];
}

/**
 * Thrown when root may not give a home away or write to it: it lacks
 * CAP_CHOWN, or the file system takes its word for nothing (root_squash).
 */
export class HomeRefusedError extends Error {
  /** The error's class name. */
  override name = "HomeRefusedError";
}

/** What a folder lacks; a `refused` path is something other than a directory. */
type Need = "made" | "given" | "refused" | undefined;

function isForeign({ uid }: Deno.FileInfo, owner: Owner | undefined): boolean {
  return owner !== undefined && uid !== owner.uid;
}

// Root without CAP_DAC_OVERRIDE is not let into what is its owner's alone; as
// that owner made it, nothing in there is expected to need root.
function unlessHidden<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

function needOf(path: string, owner: Owner | undefined): Need {
  return unlessHidden(() => {
    try {
      const info = Deno.lstatSync(path);
      if (!info.isDirectory) return "refused";
      return isForeign(info, owner) ? "given" : undefined;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "made";
      if (error instanceof Deno.errors.NotADirectory) return "refused";
      throw error;
    }
  });
}

/** Whether folders are there and their owner's, all that can be. */
function isSetUp(
  dir: string,
  folders: Folders,
  owner: Owner | undefined,
  warn: Warn,
): boolean {
  return Object.entries(folders).map(([name, inner]) => {
    const path = `${dir}/${name}`;
    const need = needOf(path, owner);
    if (need === "refused") warn(`${path}: left alone: expected a directory`);
    return need === "refused" || need === undefined && isSetUp(path, inner, owner, warn);
  }).every(Boolean);
}

function give(path: string, { uid, gid }: Owner): void {
  try {
    Deno.chownSync(path, uid, gid);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new HomeRefusedError(
      `cannot chown ${path}: this needs CAP_CHOWN, on a file system that lets root change owners`,
    );
  }
}

function makeFolder(path: string, home: string): void {
  try {
    makeDirectory(path, 0o755);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new HomeRefusedError(
      `cannot make ${path}: permission denied: give ${home} to hermes, or start the container as root`,
    );
  }
}

const WRITABLE_BY_OTHERS = 0o022;

/**
 * Works in a directory while nobody but root can change it, so that no entry
 * can be swapped for a symlink between a look and a chown; then gives it away.
 */
function inTaken(dir: string, owner: Owner | undefined, act: () => void): void {
  if (owner === undefined) return act();
  const { uid, mode } = Deno.lstatSync(dir);
  const kept = (mode ?? 0) & 0o7777;
  // The group's bits are also the mask of an access control list, by which
  // the last owner might keep a way in.
  const shut = kept & ~WRITABLE_BY_OTHERS;
  if (uid !== 0) give(dir, { uid: 0, gid: 0 });
  try {
    if (shut !== kept) Deno.chmodSync(dir, shut);
    const taken = Deno.lstatSync(dir);
    if (!taken.isDirectory || taken.uid !== 0 || (taken.mode ?? ~0) & WRITABLE_BY_OTHERS) {
      throw new Error(`cannot keep others from changing ${dir} for a moment`);
    }
    act();
  } finally {
    // chmod comes before chown: root without CAP_FOWNER cannot chmod what it gave away.
    if (shut !== kept) Deno.chmodSync(dir, kept);
    give(dir, owner);
  }
}

/** Removes folders that were made and have nothing in them. */
function unmake(home: string, made: readonly string[]): void {
  for (const folder of made.filter((folder) => folder !== ".").toReversed()) {
    try {
      removeIfPresent(`${home}/${folder}`);
    } catch (error) {
      survivable(error);
    }
  }
}

/**
 * Makes a Hermes home and the folders that the suite needs in it, `profiles`,
 * `logs` and `logs/gateways`, and gives exactly these to their owner if they
 * are somebody else's. Where all is well nothing is changed, not even a time.
 * Groups and modes are left as they are.
 *
 * It never follows a symlink, and no race can make it: while there is
 * something to change the directory it is in belongs to root. A running
 * process of the owner is kept out of it for that moment.
 *
 * Needs `--allow-read` and `--allow-write` for the home; as root CAP_CHOWN, and
 * neither CAP_DAC_OVERRIDE nor CAP_FOWNER.
 *
 * @param home The home, an absolute path. Its owner must not be able to change
 * any directory above it.
 * @param options Whom to give it, and who is told of what is left alone.
 * @returns What was done.
 * @throws {HomeRefusedError} If the caller may not make it or give it away; no
 * folder that was made is left behind.
 * @throws {Error} If the home is no directory.
 *
 * @example
 * ```ts no-eval
 * import { setUpHome } from "./home_setup.ts";
 * setUpHome("/opt/data", { owner: { uid: 10000, gid: 10000 } }).made;
 * // [".", "profiles", "logs", "logs/gateways"] on an empty volume's first boot
 * ```
 */
export function setUpHome(
  home: string,
  { owner, warn = () => {} }: HomeSetupOptions = {},
): HomeSetup {
  const done: HomeSetup = { made: [], given: [] };
  const provide = (dir: string, folders: Folders) => {
    for (const [name, inner] of Object.entries(folders)) {
      const path = `${dir}/${name}`;
      const need = needOf(path, owner);
      if (need === "refused") continue;
      if (need === undefined && isSetUp(path, inner, owner, () => {})) continue;
      if (need === "made") makeFolder(path, home);
      if (need !== undefined) done[need].push(path.slice(home.length + 1));
      inTaken(path, owner, () => provide(path, inner));
    }
  };

  const need = needOf(home, owner);
  if (need === "refused") throw new Error(`${home} is not a directory`);
  if (need === "made") {
    Deno.mkdirSync(home, { recursive: true });
    Deno.chmodSync(home, 0o755);
  } else {
    const whole = isSetUp(home, FOLDERS, owner, warn);
    if (need === undefined && whole) return done;
  }
  if (need !== undefined) done[need].push(".");
  try {
    inTaken(home, owner, () => provide(home, FOLDERS));
  } catch (error) {
    unmake(home, done.made);
    throw error;
  }
  return done;
}
