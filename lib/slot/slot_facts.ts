import { listDirectory, listIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { MAX_STATE_BYTES } from "../_json.ts";
import { SLOT_PREFIX } from "../profile/name.ts";
import type { Capacity } from "../s6/capacity.ts";
import { WAITS } from "../s6/orders.ts";
import type { FoundFile, FoundSlot, Slot, SlotFacts } from "./slot.ts";

type Entries = Map<string, Deno.DirEntry>;

/** What was read in one pass, by inode: many slots share theirs. */
type ReadFiles = Map<number | null, string>;

const FILES = ["type", "run", "finish", "down", WAITS, "log/run"];

function contentOf(path: string, info: Deno.FileInfo, read: ReadFiles): string | Error {
  if (!info.isFile || info.size > MAX_STATE_BYTES) return new Error("not a regular small file");
  if (info.size === 0) return "";
  try {
    const content = read.get(info.ino) ?? Deno.readTextFileSync(path);
    if (info.nlink !== 1) read.set(info.ino, content);
    return content;
  } catch (error) {
    return survivable(error);
  }
}

/** Adds what is in a directory of a slot, if it is one. */
function list(slot: string, path: string, entries: Entries): void {
  if (entries.get(path)?.isDirectory !== true) return;
  for (const entry of Deno.readDirSync(`${slot}/${path}`)) {
    entries.set(`${path}/${entry.name}`, entry);
  }
}

function findSlot(slot: string, entry: Deno.DirEntry, read: ReadFiles): FoundSlot | Error {
  if (!entry.isDirectory) return new Error(`${entry.name} in the scandir is not a directory`);
  const entries = listDirectory(slot);
  let error: Error | undefined;
  for (const path of ["supervise", "log", "log/supervise"]) {
    try {
      list(slot, path, entries);
    } catch (thrown) {
      error ??= survivable(thrown);
    }
  }
  const files = new Map<string, FoundFile>();
  for (const path of FILES) {
    if (!entries.has(path)) continue;
    const info = Deno.lstatSync(`${slot}/${path}`);
    const content = contentOf(`${slot}/${path}`, info, read);
    files.set(path, { mode: (info.mode ?? 0) & 0o7777, content });
  }
  return { entries, files, error };
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    survivable(error);
    return true; // s6-svscan may see more than the caller
  }
}

/**
 * Counts the services in a scandir as its s6-svscan does: what is a directory,
 * or a symlink to one, and has no dot in front.
 * Needs `--allow-read` for the scandir.
 *
 * @param capacity What it holds.
 * @param entries What is in it. Default: it is listed.
 * @returns The number.
 * @throws {Error} If the scandir cannot be listed.
 *
 * @example
 * ```ts no-eval
 * import { countServices } from "./slot_facts.ts";
 * countServices({ scandir: "/run/service", max: 1000, countsLoggers: true });
 * ```
 */
export function countServices(
  { scandir, countsLoggers }: Capacity,
  entries: ReadonlyMap<string, Deno.DirEntry> = listIfPresent(scandir),
): number {
  let count = 0;
  for (const [name, entry] of entries) {
    if (name.startsWith(".") || !entry.isDirectory && !entry.isSymlink) continue;
    const path = `${scandir}/${name}`;
    if (entry.isSymlink && !isDirectory(path)) continue;
    count++;
    // A slot has a logger, or will have: asking for each would cost a 02 with thousands of them.
    if (countsLoggers && (name.startsWith(SLOT_PREFIX) || isDirectory(`${path}/log`))) count++;
  }
  return count;
}

/**
 * Tells whether an s6-supervise is, or has been, at work in a slot.
 *
 * @param facts What was found of the slots.
 * @param slot The slot.
 * @returns Whether it has left its status there.
 *
 * @example
 * ```ts no-eval
 * import { gatewaySlot } from "./slot.ts";
 * import { findSlots, isSupervised } from "./slot_facts.ts";
 * const slot = gatewaySlot({ profile: "coder", home: "/opt/data" }, false);
 * isSupervised(findSlots("/run/service", [slot]), slot);
 * ```
 */
export function isSupervised({ found }: SlotFacts, slot: Slot): boolean {
  const there = found.get(slot);
  return there !== undefined && !(there instanceof Error) && there.entries.has("supervise/status");
}

/**
 * Reads what is there of some slots, skeletons included. Whatever lies there,
 * it does not wait, and symlinks are not followed.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir; it need not exist.
 * @param slots The slots.
 * @param capacity What its s6-svscan holds. Default: any number.
 * @returns What was found of each, and of the scandir.
 * @throws {Error} If the scandir cannot be listed.
 *
 * @example
 * ```ts no-eval
 * import { gatewaySlot } from "./slot.ts";
 * import { findSlots } from "./slot_facts.ts";
 * const slot = gatewaySlot({ profile: "coder", home: "/opt/data" }, false);
 * findSlots("/run/service", [slot]).found.has(slot); // whether it is registered
 * ```
 */
export function findSlots(
  scandir: string,
  slots: readonly Slot[],
  capacity?: Capacity,
): SlotFacts {
  const entries = listIfPresent(scandir);
  const found = new Map<Slot, FoundSlot | Error>();
  const read: ReadFiles = new Map();
  for (const slot of slots) {
    const entry = entries.get(slot.name);
    if (entry === undefined) continue;
    try {
      found.set(slot, findSlot(`${scandir}/${slot.name}`, entry, read));
    } catch (error) {
      // Unregistered meanwhile: it is not there.
      if (!(error instanceof Deno.errors.NotFound)) found.set(slot, survivable(error));
    }
  }
  return { services: capacity === undefined ? 0 : countServices(capacity, entries), found };
}
