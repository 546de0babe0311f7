import { errorWords, ScandirBusyError, survivable } from "../_errors.ts";
import { lstatIfPresent, makeDirectory, removeIfPresent } from "../_fs.ts";

/**
 * The suite's own directory in a scandir. s6-svscan skips names that start with
 * a dot, so what is built in here can never be supervised half-built.
 */
export const DOT_DIR = ".hermes";
const RETIRED_PREFIX = "retired-";
const STAGING_PREFIX = "staging-";

/** What hermes's own service manager builds a slot in, in the scandir; it stays if that is killed. */
const LEFTOVER = /^\.gateway-.*\.tmp$/;
const LOCK_POLL_MS = 20;

/** A directory for building slots, on the scandir's file system. */
export interface Staging {
  /** Its path; it is empty. */
  readonly path: string;
  /** Whether plain modes hold in it, for {@linkcode makeDirectory} and {@linkcode makeFile}. */
  readonly modesHold: boolean;
}

/** A scandir that no other reconcile or register changes until this is disposed of. */
export interface LockedScandir extends Disposable {
  /** The scandir's path. */
  readonly path: string;
  /**
   * Makes a staging directory of its own, at the first call; disposing of the
   * lock removes it.
   *
   * @returns The directory.
   * @throws {Error} If it cannot be made.
   */
  openStaging(): Staging;
  /**
   * Takes a slot out of s6-svscan's sight. Its supervisors keep running until
   * the next `s6-svscanctl -an`.
   *
   * @param name The slot's name; it exists.
   * @returns Where it is now, relative to the scandir.
   * @throws {Error} If it cannot be renamed.
   */
  retire(name: string): string;
  /**
   * Lists the slots that were retired and not removed yet.
   *
   * @returns Where they are, relative to the scandir.
   */
  retired(): string[];
  /**
   * Removes what hermes's own service manager was making when it was killed.
   * Not while a hermes may be at it.
   *
   * @throws {Error} If something cannot be removed.
   */
  sweepLeftovers(): void;
}

/** Options of {@linkcode lockScandir}. */
export interface LockScandirOptions {
  /** How long to wait for another holder, in milliseconds. Default: 30000. */
  timeoutMs?: number | undefined;
}

async function takeLock(path: string, timeoutMs: number): Promise<Deno.FsFile> {
  // Opening would follow a symlink, and wait for ever for the peer of a FIFO.
  if (lstatIfPresent(path)?.isFile === false) throw new Error(`${path} is not a regular file`);
  const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  const deadline = performance.now() + timeoutMs;
  while (!file.tryLockSync(true)) {
    if (performance.now() >= deadline) {
      file.close();
      throw new ScandirBusyError(
        `Failed to lock ${path} within ${timeoutMs} ms: another reconcile or register holds it`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
  return file;
}

/**
 * Removes what killed holders have left. The mkfifo of one may still be at work
 * there, and what cannot be removed now is in nobody's way: the next holder
 * tries again.
 */
function sweepStaging(dotDir: string): void {
  for (const { name } of Deno.readDirSync(dotDir)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    try {
      removeIfPresent(`${dotDir}/${name}`, { recursive: true });
    } catch (error) {
      survivable(error);
    }
  }
}

// The new directory tells what umask and parent did to the mode asked for; so
// that has neither to be asked (--allow-sys) nor repaired.
function openStaging(path: string): Staging {
  Deno.mkdirSync(path, { mode: 0o777 });
  const { mode } = Deno.lstatSync(path);
  return { path, modesHold: mode !== null && (mode & 0o7755) === 0o755 };
}

function retire(path: string, name: string): string {
  const target = `${DOT_DIR}/${RETIRED_PREFIX}${crypto.randomUUID()}`;
  Deno.renameSync(`${path}/${name}`, `${path}/${target}`);
  return target;
}

function listRetired(path: string): string[] {
  return [...Deno.readDirSync(`${path}/${DOT_DIR}`)]
    .filter(({ name }) => name.startsWith(RETIRED_PREFIX))
    .map(({ name }) => `${DOT_DIR}/${name}`);
}

function sweepLeftovers(path: string): void {
  for (const { name } of Deno.readDirSync(path)) {
    if (LEFTOVER.test(name)) removeIfPresent(`${path}/${name}`, { recursive: true });
  }
}

/**
 * Makes a scandir if there is none, takes its lock, and removes the staging
 * directories that killed holders have left, as far as it can.
 * Needs `--allow-read` and `--allow-write` for the scandir.
 *
 * @param path The scandir, an absolute path.
 * @param options How long to wait for the lock.
 * @returns The locked scandir; dispose of it to let others in.
 * @throws {ScandirBusyError} If the lock is held for too long.
 * @throws {Error} If the scandir is no directory or cannot be written to.
 *
 * @example
 * ```ts no-eval
 * import { lockScandir } from "./scandir.ts";
 * using scandir = await lockScandir("/run/service");
 * const { path } = scandir.openStaging();
 * ```
 */
export async function lockScandir(
  path: string,
  { timeoutMs = 30_000 }: LockScandirOptions = {},
): Promise<LockedScandir> {
  const dotDir = `${path}/${DOT_DIR}`;
  // Of its own: the mkfifo of a holder that was killed may still be at work in another.
  const staging = `${dotDir}/${STAGING_PREFIX}${crypto.randomUUID().slice(0, 8)}`;
  try {
    Deno.mkdirSync(path, { recursive: true, mode: 0o755 });
    makeDirectory(dotDir, 0o700);
  } catch (error) {
    throw new Error(`cannot make ${dotDir}: ${errorWords(survivable(error))}`, { cause: error });
  }
  const lock = await takeLock(`${dotDir}/lock`, timeoutMs);
  try {
    sweepStaging(dotDir);
  } catch (error) {
    lock.close();
    throw error;
  }
  let opened: Staging | undefined;
  return {
    path,
    openStaging: () => opened ??= openStaging(staging),
    retire: (name) => retire(path, name),
    retired: () => listRetired(path),
    sweepLeftovers: () => sweepLeftovers(path),
    [Symbol.dispose]() {
      using _ = lock;
      removeIfPresent(staging, { recursive: true });
    },
  };
}
