import { type CreateOptions, listDirectory, lstatIfPresent, makeDirectory } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import type { Owner } from "../_owner.ts";
import type { SlotDefaults } from "./render.ts";

/** Where mkfifo(1) is; the only program a boot stage may run, and only for a skeleton. */
export const MKFIFO = "/usr/bin/mkfifo";

// s6-supervise makes supervise/ 0o700 and control 0o600 but accepts EEXIST and
// then leaves owner and mode alone, so what is laid down before it starts is
// what its clients find (skaware list 1424, just-containers/s6-overlay#130).
// One that is hermes makes them for its clients as they are.
/** The directories of a skeleton, relative to the service directory, with their modes. */
export const SKELETON_DIRECTORIES: readonly (readonly [path: string, mode: number])[] = [
  ["event", 0o3730],
  ["supervise", 0o755],
  ["supervise/event", 0o3730],
];

/** The FIFO of a skeleton, relative to the service directory, and its mode. */
export const SKELETON_FIFO: readonly [path: string, mode: number] = ["supervise/control", 0o660];

// The kernel allows 2 MiB of arguments under the usual 8 MiB stack.
const MAX_ARGUMENT_BYTES = 1 << 20;

/**
 * Tells whether a slot needs a skeleton: only where its s6-supervise is root.
 *
 * @param defaults What the slot is made with.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { needsSkeleton } from "./skeleton.ts";
 * needsSkeleton({ drops: false }); // false
 * ```
 */
export function needsSkeleton({ drops = true }: SlotDefaults): boolean {
  return drops;
}

/** Options of {@linkcode seedSuperviseSkeleton}. */
export interface SkeletonOptions {
  /** Whom to give what is made. Absent: it stays the caller's. */
  owner?: Owner | undefined;
}

/**
 * Makes the directories of one skeleton that do not exist yet.
 * Needs `--allow-read` and `--allow-write` for the service directory.
 *
 * @param serviceDir A service directory, or the `log` directory in one.
 * @param options What is known about modes.
 * @returns Those that were made, parents first, and the path of the control
 * FIFO that belongs to them.
 * @throws {Error} If one cannot be made, or something else is there.
 */
export function makeSkeletonDirectories(
  serviceDir: string,
  options: CreateOptions = {},
): { made: string[]; control: string } {
  const made: string[] = [];
  for (const [path, mode] of SKELETON_DIRECTORIES) {
    const directory = `${serviceDir}/${path}`;
    if (makeDirectory(directory, mode, options)) made.push(directory);
  }
  return { made, control: `${serviceDir}/${SKELETON_FIFO[0]}` };
}

/** Whether a skeleton is whole, by two listings: asking for each entry costs several times as much. */
function isSeeded(serviceDir: string): boolean {
  if (!listDirectory(serviceDir).get("event")?.isDirectory) return false;
  try {
    const supervise = listDirectory(`${serviceDir}/supervise`);
    return supervise.get("event")?.isDirectory === true && supervise.has("control");
  } catch (error) {
    survivable(error);
    return false; // making it will tell what is wrong
  }
}

function* chunks(paths: readonly string[]): Generator<string[]> {
  let chunk: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    bytes += 3 * path.length + 9; // UTF-8 at its longest, NUL, pointer
    if (bytes > MAX_ARGUMENT_BYTES && chunk.length > 0) {
      yield chunk;
      [chunk, bytes] = [[], 3 * path.length + 9];
    }
    chunk.push(path);
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Makes FIFOs, mode 0o660 whatever the umask, in one exec of mkfifo(1) for
 * several thousand. Needs `--allow-run` for {@linkcode MKFIFO}.
 *
 * @param paths Where; nothing may be there.
 * @returns A line for each that could not be made; the others were.
 * @throws {Error} If mkfifo cannot be run.
 */
export function makeFifos(paths: readonly string[]): string[] {
  const said: string[] = [];
  for (const chunk of chunks(paths)) {
    const { success, stderr } = new Deno.Command(MKFIFO, {
      args: ["-m", "0660", "--", ...chunk],
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).outputSync();
    if (success) continue;
    const lines = new TextDecoder().decode(stderr).split("\n").filter((line) => line !== "");
    said.push(...lines.length > 0 ? lines : [`Failed to run ${MKFIFO}`]);
  }
  return said;
}

/** Gives a path away; being refused (EPERM: the caller is not root) is fine. */
function giveTo(path: string, { uid, gid }: Owner): void {
  try {
    Deno.chownSync(path, uid, gid);
  } catch (error) {
    const refused = error instanceof Deno.errors.PermissionDenied &&
      (error as { code?: string }).code === "EPERM";
    if (!refused) throw error;
  }
}

/**
 * Lays down the supervise tree of a service, and of its logger if there is a
 * `log` directory, so that the owner can use s6-svc, s6-svstat and s6-svwait
 * on it. It must run before s6-supervise first starts there. What already
 * exists is left untouched (it may be a live FIFO), so a second call changes
 * nothing.
 *
 * Modes are exact whatever the umask: `event/` and `supervise/event/` 0o3730,
 * `supervise/` 0o755, `supervise/control` a FIFO 0o660.
 *
 * Needs `--allow-read` and `--allow-write` for the service directory and
 * `--allow-run=/usr/bin/mkfifo`.
 *
 * @param serviceDir The service directory.
 * @param options Whom to give the tree. Being refused (EPERM) is fine.
 * @throws {Error} If something cannot be made or given away.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 *
 * @example
 * ```ts no-eval
 * import { seedSuperviseSkeleton } from "./skeleton.ts";
 * seedSuperviseSkeleton("/run/service/gateway-coder", { owner: { uid: 10000, gid: 10000 } });
 * ```
 */
export function seedSuperviseSkeleton(serviceDir: string, options: SkeletonOptions = {}): void {
  const log = `${serviceDir}/log`;
  const dirs = lstatIfPresent(log) === undefined ? [serviceDir] : [serviceDir, log];
  const made: string[] = [];
  const controls: string[] = [];
  for (const dir of dirs.filter((dir) => !isSeeded(dir))) {
    const skeleton = makeSkeletonDirectories(dir);
    made.push(...skeleton.made);
    controls.push(skeleton.control);
  }
  const missing = controls.filter((path) => lstatIfPresent(path) === undefined);
  const [problem] = makeFifos(missing);
  if (problem !== undefined) throw new Error(problem);
  const { owner } = options;
  if (owner === undefined) return;
  // Children first: without CAP_DAC_OVERRIDE root has no way into a directory
  // that it has given away. Their modes are final: that may take CAP_FOWNER.
  for (const path of [...made, ...missing].toReversed()) giveTo(path, owner);
}
