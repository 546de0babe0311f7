import {
  type CreateOptions,
  giveAll,
  listDirectory,
  lstatIfPresent,
  makeDirectory,
  makeFile,
  removeIfPresent,
  replaceFile,
} from "../_fs.ts";
import { survivable } from "../_errors.ts";
import type { SlotFiles } from "./render.ts";
import type { LockedScandir, Staging } from "./scandir.ts";
import { makeFifos, makeSkeletonDirectories, seedSuperviseSkeleton } from "./skeleton.ts";
import { MAX_STATE_BYTES } from "../_json.ts";

const encoder = new TextEncoder();

/** A slot as it should stand in the scandir. */
export interface Slot {
  /** The service directory's name. */
  name: string;
  /** The contents of its files. */
  files: SlotFiles;
  /** Whether a `down` file keeps s6-supervise from starting it by itself. */
  down: boolean;
  /**
   * Renders `run` anew for a slot that is there and holds another one, which may
   * have something to keep. Absent: it is replaced by that of `files`.
   *
   * @param run What is there, or why it cannot be read.
   * @returns What it should hold.
   */
  refit?(run: string | Error): string;
}

function* slotFiles({ files, down }: Slot): Generator<[path: string, text: string, mode: number]> {
  yield ["type", files.type, 0o644];
  yield ["run", files.run, 0o755];
  yield ["finish", files.finish, 0o755];
  if (down) yield ["down", "", 0o644];
  yield ["log/run", files.logRun, 0o755];
}

// The same in every slot: a hard link costs a quarter of a file.
const SHARED_FILES: ReadonlySet<string> = new Set(["type", "finish", "down"]);

/**
 * Builds a slot in a staging directory, all but its FIFOs. With `twins`, its
 * `type`, `finish` and `down` are hard links to those of earlier slots.
 * Needs `--allow-read` and `--allow-write` for the staging directory.
 *
 * @param staging Where to build it.
 * @param slot The slot.
 * @param options What is known about modes, who is told, and which files may be shared.
 * @returns The FIFOs it still lacks.
 * @throws {Error} If an entry cannot be made; nothing of the slot is then left.
 */
export function stageSlot(staging: string, slot: Slot, options: CreateOptions = {}): string[] {
  const dir = `${staging}/${slot.name}`;
  const log = `${dir}/log`;
  const { twins: _, ...unshared } = options;
  try {
    makeDirectory(dir, 0o755, options);
    makeDirectory(log, 0o755, options);
    for (const [path, text, mode] of slotFiles(slot)) {
      makeFile(`${dir}/${path}`, text, mode, SHARED_FILES.has(path) ? options : unshared);
    }
    return [makeSkeletonDirectories(dir, options), makeSkeletonDirectories(log, options)];
  } catch (error) {
    removeIfPresent(dir, { recursive: true });
    throw error;
  }
}

/** A slot in the staging directory: what it consists of, and the FIFOs it still lacks. */
interface StagedSlot {
  slot: Slot;
  /** Absent where nothing is given away. */
  made?: string[];
  fifos: string[];
}

/** Stages each slot that can be staged; notes why the others cannot. */
function stageAll(
  { path, modesHold, owner }: Staging,
  slots: readonly Slot[],
  failed: Map<string, Error>,
): StagedSlot[] {
  const staged: StagedSlot[] = [];
  const twins = new Map<string, string>();
  for (const slot of slots) {
    const gift = owner === undefined ? {} : { made: [] };
    try {
      staged.push({ slot, ...gift, fifos: stageSlot(path, slot, { modesHold, twins, ...gift }) });
    } catch (error) {
      twins.clear(); // they may be gone with it
      failed.set(slot.name, survivable(error));
    }
  }
  return staged;
}

/** Publishes a staged slot that has its FIFOs. */
function publish(scandir: string, { path, owner }: Staging, staged: StagedSlot): void {
  const { slot: { name }, made, fifos } = staged;
  if (made !== undefined) giveAll([...made, ...fifos], owner);
  Deno.renameSync(`${path}/${name}`, `${scandir}/${name}`);
}

/**
 * Builds slots and publishes each by one rename, so that s6-svscan sees a
 * whole slot or none. When the file system fills up, the slots that fit are
 * published. Needs `--allow-read` and `--allow-write` for the scandir and
 * `--allow-run=/usr/bin/mkfifo`; one mkfifo serves several thousand slots.
 *
 * @param scandir The scandir.
 * @param staging A directory on the same file system.
 * @param slots The slots; none of their names may exist in the scandir.
 * @returns What went wrong, by the name of each slot that was not published.
 */
export function createSlots(
  scandir: string,
  staging: Staging,
  slots: readonly Slot[],
): Map<string, Error> {
  const failed = new Map<string, Error>();
  const staged = stageAll(staging, slots, failed);
  try {
    makeFifos(staged.flatMap(({ fifos }) => fifos));
  } catch (error) {
    for (const { slot: { name } } of staged) {
      removeIfPresent(`${staging.path}/${name}`, { recursive: true });
    }
    if (staged.length === 1) return failed.set(staged[0]!.slot.name, survivable(error));
    // No room for all their FIFOs: what fits is found by halves.
    const half = staged.length >> 1;
    for (const part of [staged.slice(0, half), staged.slice(half)]) {
      const partly = createSlots(scandir, staging, part.map(({ slot }) => slot));
      for (const [name, failure] of partly) failed.set(name, failure);
    }
    return failed;
  }
  for (const one of staged) {
    try {
      publish(scandir, staging, one);
    } catch (error) {
      failed.set(one.slot.name, survivable(error));
    }
  }
  return failed;
}

/** What was read in one pass, by inode: many slots share theirs. */
export type ReadFiles = Map<number | null, string>;

function contentOf(path: string, info: Deno.FileInfo, read: ReadFiles): string {
  if (info.size === 0) return "";
  const content = read.get(info.ino) ?? Deno.readTextFileSync(path);
  if (info.nlink !== 1) read.set(info.ino, content);
  return content;
}

function contentToKeep(path: string, info: Deno.FileInfo): string | Error {
  try {
    if (info.isFile && info.size <= MAX_STATE_BYTES) return Deno.readTextFileSync(path);
    return new Error("not a regular small file");
  } catch (error) {
    return survivable(error);
  }
}

/** Says what a file of an existing slot should hold instead; `undefined`: it is right. */
function correction(
  path: string,
  text: string,
  mode: number,
  read: ReadFiles,
  refit?: Slot["refit"],
): string | undefined {
  const info = lstatIfPresent(path);
  if (info === undefined) return text;
  const fits = info.isFile && info.mode !== null && (info.mode & 0o7777) === mode;
  const sameSize = fits && info.size === encoder.encode(text).length;
  const held = sameSize ? contentOf(path, info, read) : refit && contentToKeep(path, info);
  if (sameSize && held === text) return undefined;
  const wanted = refit === undefined || held === undefined ? text : refit(held);
  return fits && held === wanted ? undefined : wanted;
}

/** What to write into each file of an existing slot that is not as it should be. */
function* corrections(
  dir: string,
  slot: Slot,
  read: ReadFiles,
): Generator<[path: string, text: string, mode: number]> {
  for (const [path, text, mode] of slotFiles(slot)) {
    const refit = path === "run" ? slot.refit : undefined;
    const wanted = correction(`${dir}/${path}`, text, mode, read, refit);
    if (wanted !== undefined) yield [`${dir}/${path}`, wanted, mode];
  }
}

/**
 * Tells whether an existing slot is as it should be, its supervise tree aside.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot; its service directory exists.
 * @param read What was read in this pass; is added to.
 * @returns Whether {@linkcode refreshSlot} would leave its files as they are.
 * @throws {Error} If a file cannot be read.
 */
export function isCurrent(
  scandir: string,
  slot: Slot,
  read: ReadFiles = new Map(),
): boolean {
  const dir = `${scandir}/${slot.name}`;
  for (const _ of corrections(dir, slot, read)) return false;
  return slot.down || lstatIfPresent(`${dir}/down`) === undefined;
}

/**
 * Brings an existing slot up to date file by file, each by one rename. Its
 * supervise tree is kept: s6-supervise may hold it. A slot that is already
 * right is only read. Needs `--allow-read` and `--allow-write` for the scandir
 * and `--allow-run=/usr/bin/mkfifo`.
 *
 * @param scandir The locked scandir.
 * @param slot The slot; its service directory exists.
 * @param read What was read in this pass; is added to.
 * @returns Whether anything was changed.
 * @throws {Error} If a file cannot be read or replaced.
 */
export function refreshSlot(
  scandir: LockedScandir,
  slot: Slot,
  read: ReadFiles = new Map(),
): boolean {
  const dir = `${scandir.path}/${slot.name}`;
  const entries = listDirectory(dir);
  let changed = false;
  if (!entries.get("log")?.isDirectory) {
    changed = makeDirectory(`${dir}/log`, 0o755);
    giveAll([`${dir}/log`], scandir.owner);
  }
  for (const [path, text, mode] of corrections(dir, slot, read)) {
    const beside = `${scandir.openStaging().path}/replacement`;
    replaceFile(path, text, mode, beside, scandir.owner);
    changed = true;
  }
  if (!slot.down && entries.has("down")) changed = removeIfPresent(`${dir}/down`) || changed;
  seedSuperviseSkeleton(dir, scandir.owner === undefined ? {} : { owner: scandir.owner });
  return changed;
}
