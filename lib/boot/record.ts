import { replaceFile } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import type { ReconcileAction } from "./action.ts";
import { DOT_DIR, type LockedScandir } from "../slot/scandir.ts";
import { MAX_STATE_BYTES, readJsonObject } from "../_json.ts";

const encoder = new TextEncoder();

/** Where the boot record is, relative to the scandir: like the slots, it is gone after a container stop. */
export const BOOT_RECORD = `${DOT_DIR}/last-boot.json`;

/** What a boot can have done about a profile. */
export type BootAction = "started" | "registered" | "skipped";

/** What the last boot did. */
export interface BootRecord {
  /** How long its pass over all profiles took, in seconds. */
  seconds: number;
  /** What it did about each profile; a skipped one's name is not necessarily legal. */
  actions: ReadonlyMap<string, BootAction>;
}

const ACTIONS = ["started", "registered", "skipped"] satisfies BootAction[];

function isBootAction(action: unknown): action is BootAction {
  return (ACTIONS as unknown[]).includes(action);
}

function recorded(scandir: string): BootRecord["actions"] | undefined {
  try {
    return readBootRecord(scandir).actions;
  } catch (error) {
    survivable(error);
    return undefined;
  }
}

function isSame(one: BootRecord["actions"] | undefined, other: BootRecord["actions"]): boolean {
  return one?.size === other.size &&
    [...other].every(([profile, action]) => one.get(profile) === action);
}

/**
 * Writes down what a boot did, in one step: a reader sees this record or the
 * one before. Of a slot that was there already it keeps what is recorded. A
 * record of the same actions is left as it is: a second pass that changes nothing
 * writes nothing.
 * Needs `--allow-read` and `--allow-write` for the scandir.
 *
 * @param scandir The locked scandir.
 * @param actions What was done about each profile.
 * @param seconds How long the pass took, in seconds.
 * @throws {Error} If it cannot be written, or is over {@linkcode MAX_STATE_BYTES};
 * the record before is then kept.
 */
export function writeBootRecord(
  scandir: LockedScandir,
  actions: readonly ReconcileAction[],
  seconds: number,
): void {
  // Of two, the first counts: profiles/default, which collides, comes after the root profile.
  const before = recorded(scandir.path);
  const done = new Map(
    actions.flatMap(({ profile, action }) => {
      const known = isBootAction(action) ? action : before?.get(profile);
      return known === undefined ? [] : [[profile, known] as const];
    }).toReversed(),
  );
  if (isSame(before, done)) return;
  const content = JSON.stringify({ seconds, actions: [...done] });
  if (encoder.encode(content).length > MAX_STATE_BYTES) throw new Error("too many profiles");
  const beside = `${scandir.openStaging().path}/replacement`;
  replaceFile(`${scandir.path}/${BOOT_RECORD}`, content, 0o644, beside);
}

function isEntry(entry: unknown): entry is [string, BootAction] {
  return Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" &&
    isBootAction(entry[1]);
}

/**
 * Reads what the last boot did. Whatever lies there, it does not wait.
 * Needs `--allow-read` for the scandir.
 *
 * @param scandir The scandir.
 * @returns The record.
 * @throws {Error} If there is none, or it is no regular file, too large for
 * {@linkcode readJsonObject}, or no boot record.
 *
 * @example
 * ```ts no-eval
 * import { readBootRecord } from "./record.ts";
 * readBootRecord("/run/service").actions.get("coder"); // "started"
 * ```
 */
export function readBootRecord(scandir: string): BootRecord {
  const path = `${scandir}/${BOOT_RECORD}`;
  if (!Deno.lstatSync(path).isFile) throw new Error("not a regular file");
  const { seconds, actions: entries } = readJsonObject(path);
  const known = typeof seconds === "number" && seconds >= 0 && Number.isFinite(seconds);
  if (!known || !Array.isArray(entries) || !entries.every(isEntry)) {
    throw new Error("not a boot record");
  }
  return { seconds, actions: new Map(entries) };
}
