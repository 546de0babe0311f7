import {
  type CreateOptions,
  lstatIfPresent,
  makeDirectory,
  makeFile,
  removeIfPresent,
  replaceFile,
} from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { WAITS } from "../s6/orders.ts";
import type { LockedScandir, Staging } from "./scandir.ts";
import {
  makeFifos,
  makeSkeletonDirectories,
  needsSkeleton,
  seedSuperviseSkeleton,
} from "./skeleton.ts";
import {
  type Change,
  expectedOutcomes,
  type Slot,
  slotFiles,
  type SlotOutcome,
  type SlotPlan,
} from "./slot.ts";

// The same in every slot: a hard link costs a quarter of a file.
const SHARED_FILES: ReadonlySet<string> = new Set(["type", "finish", "down", WAITS]);

/**
 * Builds a slot in a staging directory, all but its FIFOs. With `twins`, its
 * `type`, `finish`, `down` and `waits` are hard links to those of earlier slots.
 * Needs `--allow-read` and `--allow-write` for the staging directory.
 *
 * @param staging Where to build it.
 * @param slot The slot.
 * @param options What is known about modes, and which files may be shared.
 * @returns The FIFOs it still lacks.
 * @throws {Error} If an entry cannot be made; nothing of the slot is then left.
 */
export function stageSlot(staging: string, slot: Slot, options: CreateOptions = {}): string[] {
  const dir = `${staging}/${slot.name}`;
  const log = `${dir}/log`;
  const unshared = { modesHold: options.modesHold };
  try {
    makeDirectory(dir, 0o755, options);
    makeDirectory(log, 0o755, options);
    for (const [path, text, mode] of slotFiles(slot.files, slot)) {
      makeFile(`${dir}/${path}`, text, mode, SHARED_FILES.has(path) ? options : unshared);
    }
    if (!needsSkeleton(slot.description)) return [];
    return [dir, log].map((one) => makeSkeletonDirectories(one, options).control);
  } catch (error) {
    removeIfPresent(dir, { recursive: true });
    throw error;
  }
}

/** A slot in the staging directory, and the FIFOs it still lacks. */
interface StagedSlot {
  slot: Slot;
  fifos: string[];
}

/** Stages each slot that can be staged; notes why the others cannot. */
function stageAll(
  { path, modesHold }: Staging,
  slots: readonly Slot[],
  failed: Map<Slot, Error>,
): StagedSlot[] {
  const staged: StagedSlot[] = [];
  const twins = new Map<string, string>();
  for (const slot of slots) {
    try {
      staged.push({ slot, fifos: stageSlot(path, slot, { modesHold, twins }) });
    } catch (error) {
      twins.clear(); // they may be gone with it
      failed.set(slot, survivable(error));
    }
  }
  return staged;
}

function isThere(path: string): boolean {
  try {
    return lstatIfPresent(path) !== undefined;
  } catch (error) {
    survivable(error); // such as a path that is too long
    return false;
  }
}

/** What a staged slot lacks now. */
function remainder({ slot, fifos }: StagedSlot): StagedSlot {
  return { slot, fifos: fifos.filter((path) => !isThere(path)) };
}

/**
 * Makes the FIFOs of staged slots. Where there is no room for all, the room
 * of one slot that goes is enough for the FIFOs of several others.
 *
 * @returns The slots that are whole; the others are gone, and noted.
 */
function complete(
  { path }: Staging,
  staged: readonly StagedSlot[],
  failed: Map<Slot, Error>,
): Slot[] {
  const whole: Slot[] = [];
  let lacking = staged;
  for (let idle = 0;;) {
    const said = makeFifos(lacking.flatMap(({ fifos }) => fifos));
    const left = said.length === 0
      ? []
      : lacking.map(remainder).filter(({ fifos }) => fifos.length > 0);
    const incomplete = new Set(left.map(({ slot }) => slot));
    whole.push(...lacking.map(({ slot }) => slot).filter((slot) => !incomplete.has(slot)));
    if (left.length === 0) return whole;
    idle = left.length < lacking.length ? 0 : idle + 1;
    // Once room has been made in vain, it is not room that they lack.
    for (const { slot } of idle < 2 ? left.splice(-1) : left.splice(0)) {
      removeIfPresent(`${path}/${slot.name}`, { recursive: true });
      failed.set(slot, new Error(said.find((line) => line.includes(`/${slot.name}/`)) ?? said[0]));
    }
    lacking = left;
  }
}

/** Builds slots, and publishes each by one rename; notes why one is not published. */
function createSlots(
  { path: scandir, openStaging }: LockedScandir,
  slots: readonly Slot[],
  failed: Map<Slot, Error>,
): void {
  try {
    const staging = openStaging();
    for (const slot of complete(staging, stageAll(staging, slots, failed), failed)) {
      try {
        Deno.renameSync(`${staging.path}/${slot.name}`, `${scandir}/${slot.name}`);
      } catch (error) {
        failed.set(slot, survivable(error));
      }
    }
  } catch (error) {
    const failure = survivable(error); // no staging directory, or no mkfifo
    for (const slot of slots) failed.set(slot, failure);
  }
}

type Refresh = Exclude<Change, { do: "create" }>;

function carryOut(scandir: LockedScandir, dir: string, change: Refresh): void {
  if (change.do === "seed") return seedSuperviseSkeleton(dir);
  const path = `${dir}/${change.path}`;
  if (change.do === "mkdir") makeDirectory(path, 0o755);
  else if (change.do === "remove") removeIfPresent(path);
  else replaceFile(path, change.text, change.mode, `${scandir.openStaging().path}/replacement`);
}

/**
 * Carries plans out. New slots are built in one go, with one mkfifo for
 * several thousand, and published each by one rename, so that s6-svscan sees a
 * whole slot or none; when the file system fills up, those that fit are there.
 * Those that are there are changed file by file, each by one rename. A slot
 * that fails does not stop the others.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir and, for skeletons,
 * `--allow-run=/usr/bin/mkfifo`.
 *
 * @param scandir The locked scandir.
 * @param plans The plans, made since it was locked.
 * @returns What became of each slot.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 *
 * @example
 * ```ts no-eval
 * import { publish } from "./publish.ts";
 * import { lockScandir } from "./scandir.ts";
 * import { gatewaySlot, planSlots } from "./slot.ts";
 * import { findSlots } from "./slot_facts.ts";
 *
 * using scandir = await lockScandir("/run/service");
 * const slots = [gatewaySlot({ profile: "coder", home: "/opt/data" }, false)];
 * publish(scandir, planSlots(slots, findSlots(scandir.path, slots)).plans);
 * ```
 */
export function publish(
  scandir: LockedScandir,
  plans: readonly SlotPlan[],
): Map<Slot, SlotOutcome> {
  const failed = new Map<Slot, Error>();
  const missing: Slot[] = [];
  for (const { slot, changes } of plans) {
    try {
      for (const change of changes) {
        if (change.do === "create") missing.push(slot);
        else carryOut(scandir, `${scandir.path}/${slot.name}`, change);
      }
    } catch (error) {
      failed.set(slot, survivable(error));
    }
  }
  if (missing.length > 0) createSlots(scandir, missing, failed);
  return new Map([...expectedOutcomes(plans), ...failed]);
}
