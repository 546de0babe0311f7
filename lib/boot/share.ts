import { errorWords, survivable } from "../_errors.ts";
import type { Owner } from "../_owner.ts";

/** What became of one static service. */
export interface SharedService {
  /** The service's name. */
  name: string;
  /** Why it was left alone; absent when its owner can control it now. */
  error?: string | undefined;
}

/** Options of {@linkcode shareScandir}. */
export interface ShareOptions {
  /** Who shall control it, through the group. */
  owner: Owner;
}

/** Options of {@linkcode shareStaticServices}. */
export interface ShareServicesOptions extends ShareOptions {
  /** The names of the services to share. Default: all but s6-rc's own. */
  only?: readonly string[] | undefined;
  /**
   * Whether the owner may wait for events (s6-svwait, s6-svc -w), too. Default:
   * `true`. Who may can also have root write to a file of its choosing: into
   * each `ftrig1:...` in `event/`, symlinks too, s6-supervise writes a letter.
   */
  events?: boolean | undefined;
}

// s6-rc's own: whoever controls them controls s6-rc, which is root.
const INTERNAL_PREFIX = "s6rc-";

/**
 * Refuses a directory in which the new owner could swap an entry for a
 * symlink between a look at it and a chown of it. In a sticky directory that
 * holds for root's entries only, so just the scandir, where only root's are
 * looked at, may be one.
 */
function assertNobodySwaps(
  dir: string,
  { uid }: Owner,
  { sticky = false } = {},
): Deno.FileInfo {
  const info = Deno.lstatSync(dir);
  if (!info.isDirectory) throw new Error(`${dir} is not a directory`);
  const mode = info.mode ?? 0o777;
  const writable = (mode & 0o022) !== 0 && !(sticky && (mode & 0o1000) !== 0);
  if (info.uid === uid || writable) {
    throw new Error(`${dir} can be changed by UID ${uid}: expected it to be root's alone`);
  }
  return info;
}

// chmod comes before chown: root without CAP_FOWNER cannot chmod what it gave
// away, and without CAP_FSETID a chmod would lose the setgid bit of event/.
function share(
  path: string,
  kind: "FIFO" | "directory",
  mode: number,
  { gid }: Owner,
  info: Deno.FileInfo = Deno.lstatSync(path),
): void {
  // A second name of a FIFO could be anywhere.
  const expected = kind === "FIFO" ? info.isFifo && info.nlink === 1 : info.isDirectory;
  if (!expected) {
    throw new Error(`${path} is not a ${kind}${kind === "FIFO" ? " with one name" : ""}`);
  }
  if (info.mode === null || (info.mode & 0o7777) !== mode) Deno.chmodSync(path, mode);
  if (info.gid === gid) return;
  try {
    Deno.chownSync(path, null, gid);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new Error(`cannot chown ${path}: this needs CAP_CHOWN`);
  }
}

function shareService(dir: string, owner: Owner, events: boolean): void {
  const supervise = `${dir}/supervise`;
  assertNobodySwaps(dir, owner);
  const info = assertNobodySwaps(supervise, owner);
  share(`${supervise}/control`, "FIFO", 0o660, owner);
  if (events) share(`${dir}/event`, "directory", 0o3730, owner);
  share(supervise, "directory", 0o755, owner, info);
}

/**
 * Lets an unprivileged owner use s6-svc, s6-svstat and s6-svwait on the static
 * (s6-rc) services, all but s6-rc's own. Root stays the owner of everything
 * and so keeps its access without CAP_DAC_OVERRIDE; the group gets what
 * s6-svperms(1) would give it: `supervise/` 0o755, `supervise/control` 0o660,
 * `event/` 0o3730. A second call changes nothing.
 *
 * Needs `--allow-read` and `--allow-write` for the directory.
 *
 * @param servicedirs s6-rc's live `servicedirs`.
 * @param options Who shall control what of them.
 * @returns One entry per service, by name; those left alone say why.
 * @throws {Error} If the directory cannot be read, or is not root's alone.
 *
 * @example
 * ```ts no-eval
 * import { shareStaticServices } from "./share.ts";
 * shareStaticServices("/run/s6-rc/servicedirs", { owner: { uid: 10000, gid: 10000 } });
 * ```
 */
export function shareStaticServices(
  servicedirs: string,
  { owner, only, events = true }: ShareServicesOptions,
): SharedService[] {
  assertNobodySwaps(servicedirs, owner);
  const services: SharedService[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(servicedirs)) {
    if (!isDirectory || name.startsWith(INTERNAL_PREFIX) || name.startsWith(".")) continue;
    if (only !== undefined && !only.includes(name)) continue;
    try {
      shareService(`${servicedirs}/${name}`, owner, events);
      services.push({ name });
    } catch (error) {
      services.push({ name, error: errorWords(survivable(error)) });
    }
  }
  return services.sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * Lets an unprivileged owner publish slots in the scandir and call
 * s6-svscanctl on it. The scandir becomes root:owner 0o1775, so that the
 * sticky bit keeps root's own entries from being renamed or removed;
 * `.s6-svscan/control` becomes 0o660. Nothing else there is touched.
 * A second call changes nothing.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir.
 *
 * @param scandir The scandir; s6-svscan runs on it.
 * @param options Who shall use it.
 * @throws {Error} If it cannot be changed safely.
 *
 * @example
 * ```ts no-eval
 * import { shareScandir } from "./share.ts";
 * shareScandir("/run/service", { owner: { uid: 10000, gid: 10000 } });
 * ```
 */
export function shareScandir(scandir: string, { owner }: ShareOptions): void {
  assertNobodySwaps(scandir, owner, { sticky: true });
  assertNobodySwaps(`${scandir}/.s6-svscan`, owner);
  share(`${scandir}/.s6-svscan/control`, "FIFO", 0o660, owner);
  share(scandir, "directory", 0o1775, owner);
}
