import {
  type CreateOptions,
  lstatIfPresent,
  makeDirectory,
  makeFile,
  removeIfPresent,
  replaceFile,
} from "./create.ts";
import type { SlotFiles } from "./render.ts";
import { makeFifos, makeSkeletonDirectories, seedSuperviseSkeleton } from "./skeleton.ts";

const encoder = new TextEncoder();

/** A slot as it should stand in the scandir. */
export interface Slot {
  /** The service directory's name. */
  name: string;
  /** The contents of its files. */
  files: SlotFiles;
  /** Whether a `down` file keeps s6-supervise from starting it by itself. */
  down: boolean;
}

function* slotFiles({ files, down }: Slot): Generator<[path: string, text: string, mode: number]> {
  yield ["type", files.type, 0o644];
  yield ["run", files.run, 0o755];
  yield ["finish", files.finish, 0o755];
  if (down) yield ["down", "", 0o644];
  yield ["log/run", files.logRun, 0o755];
}

/**
 * Builds a slot in a staging directory, all but its FIFOs.
 * Needs `--allow-write` for the staging directory.
 *
 * @param staging Where to build it.
 * @param slot The slot.
 * @param create The owner, and what is known about modes.
 * @returns The FIFOs it still lacks.
 * @throws {Error} If an entry cannot be made; nothing of the slot is then left.
 */
export function stageSlot(staging: string, slot: Slot, create: CreateOptions): string[] {
  const dir = `${staging}/${slot.name}`;
  try {
    makeDirectory(dir, 0o755, create);
    makeDirectory(`${dir}/log`, 0o755, create);
    for (const [path, text, mode] of slotFiles(slot)) {
      makeFile(`${dir}/${path}`, text, mode, create);
    }
    return [makeSkeletonDirectories(dir, create), makeSkeletonDirectories(`${dir}/log`, create)];
  } catch (error) {
    removeIfPresent(dir, { recursive: true });
    throw error;
  }
}

/**
 * Builds slots and publishes each by one rename, so that s6-svscan sees a
 * whole slot or none. When the file system fills up, the slots that fit are
 * published. Needs `--allow-read` and `--allow-write` for the scandir and
 * `--allow-run=/usr/bin/mkfifo`; one mkfifo serves several thousand slots.
 *
 * @param scandir The scandir.
 * @param staging An empty directory on the same file system.
 * @param slots The slots; none of their names may exist in the scandir.
 * @param create The owner, and what is known about modes.
 * @returns What went wrong, by the name of each slot that was not published.
 */
export function createSlots(
  scandir: string,
  staging: string,
  slots: readonly Slot[],
  create: CreateOptions,
): Map<string, Error> {
  const failed = new Map<string, Error>();
  const staged: Slot[] = [];
  const fifos: string[] = [];
  for (const slot of slots) {
    try {
      fifos.push(...stageSlot(staging, slot, create));
      staged.push(slot);
    } catch (error) {
      failed.set(slot.name, asFailure(error));
    }
  }
  try {
    makeFifos(fifos, create.owner);
  } catch (error) {
    for (const { name } of staged) removeIfPresent(`${staging}/${name}`, { recursive: true });
    const [only] = staged;
    if (staged.length === 1 && only !== undefined) return failed.set(only.name, asFailure(error));
    // No room for all their FIFOs: what fits is found by halves.
    const half = staged.length >> 1;
    for (const part of [staged.slice(0, half), staged.slice(half)]) {
      for (const [name, failure] of createSlots(scandir, staging, part, create)) {
        failed.set(name, failure);
      }
    }
    return failed;
  }
  for (const { name } of staged) {
    try {
      Deno.renameSync(`${staging}/${name}`, `${scandir}/${name}`);
    } catch (error) {
      failed.set(name, asFailure(error));
    }
  }
  return failed;
}

function asFailure(error: unknown): Error {
  if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
  return error;
}

function holds(path: string, text: string, mode: number): boolean {
  const info = lstatIfPresent(path);
  return info !== undefined && info.isFile && info.mode !== null &&
    (info.mode & 0o7777) === mode && info.size === encoder.encode(text).length &&
    Deno.readTextFileSync(path) === text;
}

/**
 * Tells whether an existing slot is as it should be, its supervise tree aside.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @param slot The slot; its service directory exists.
 * @returns Whether {@linkcode refreshSlot} would leave its files as they are.
 * @throws {Error} If a file cannot be read.
 */
export function isCurrent(scandir: string, slot: Slot): boolean {
  const dir = `${scandir}/${slot.name}`;
  for (const [path, text, mode] of slotFiles(slot)) {
    if (!holds(`${dir}/${path}`, text, mode)) return false;
  }
  return slot.down || lstatIfPresent(`${dir}/down`) === undefined;
}

/**
 * Brings an existing slot up to date file by file, each by one rename. Its
 * supervise tree is kept: s6-supervise may hold it. A slot that is already
 * right is only read. Needs `--allow-read` and `--allow-write` for the scandir
 * and `--allow-run=/usr/bin/mkfifo`.
 *
 * @param scandir The scandir.
 * @param slot The slot; its service directory exists.
 * @param create The owner, and what is known about modes.
 * @returns Whether anything was changed.
 * @throws {Error} If a file cannot be read or replaced.
 */
export function refreshSlot(scandir: string, slot: Slot, create: CreateOptions): boolean {
  const dir = `${scandir}/${slot.name}`;
  const log = `${dir}/log`;
  let changed = makeDirectory(log, 0o755, create);
  for (const path of [dir, log]) {
    if (!Deno.lstatSync(path).isDirectory) {
      throw new Error(`Failed to refresh ${slot.name}: ${path} is not a directory`);
    }
  }
  for (const [path, text, mode] of slotFiles(slot)) {
    if (holds(`${dir}/${path}`, text, mode)) continue;
    replaceFile(`${dir}/${path}`, text, mode, create);
    changed = true;
  }
  if (!slot.down) changed = removeIfPresent(`${dir}/down`) || changed;
  seedSuperviseSkeleton(dir, create);
  return changed;
}
