import { type Capacity, chooseFitting, roomFor, wordNoRoom } from "../s6/capacity.ts";
import { errorWords, NoRoomError } from "../_errors.ts";
import { slotName } from "../profile/name.ts";
import { WAITS } from "../s6/orders.ts";
import { readExtraEnv, renderSlot, type SlotDescription, type SlotFiles } from "./render.ts";
import { needsSkeleton, SKELETON_DIRECTORIES, SKELETON_FIFO } from "./skeleton.ts";

/** What a slot should be. */
export interface Slot {
  /** What its files are made from. */
  description: SlotDescription;
  /** The service directory's name. */
  name: string;
  /** The contents of its files when it is new. */
  files: SlotFiles;
  /** Whether a `down` file keeps s6-supervise from starting it by itself. */
  down: boolean;
  /** Whether it is down until its turn to be started has come. Default: `false`. */
  waits?: boolean | undefined;
  /** Whether one that is there keeps its `down`, or the lack of it. Default: `false`. */
  keepsDown?: boolean | undefined;
}

/** A file of a slot as it was found. */
export interface FoundFile {
  /** Its twelve mode bits. */
  mode: number;
  /** Its content, or why that of a small regular file could not be read. */
  content: string | Error;
}

/** A slot as it was found. */
export interface FoundSlot {
  /** What is in its four directories, by the path in the slot. */
  entries: ReadonlyMap<string, Pick<Deno.DirEntry, "isDirectory">>;
  /** Those of its files that are there, by the path in the slot. */
  files: ReadonlyMap<string, FoundFile>;
  /** Why one of the directories could not be listed. */
  error?: Error | undefined;
}

/** What was found of some slots. */
export interface SlotFacts {
  /** How many services are in the scandir, counted as its s6-svscan does; 0 where that has no limit. */
  services: number;
  /** Those that are there; the error tells why one could not be looked into. */
  found: ReadonlyMap<Slot, FoundSlot | Error>;
}

/** One thing to do so that a slot is as it should be; `path` is relative to the slot. */
export type Change =
  /** Build the slot and show it to s6-svscan. */
  | { do: "create" }
  /** Make a directory, mode 0o755. */
  | { do: "mkdir"; path: string }
  /** Replace a file, or make it. */
  | { do: "write"; path: string; text: string; mode: number }
  /** Remove a file. */
  | { do: "remove"; path: string }
  /** Make what is missing of the skeletons of the service and its logger. */
  | { do: "seed" };

/** What is to be done about a slot. */
export interface SlotPlan {
  /** What it should be. */
  slot: Slot;
  /** What to do, in this order; nothing: it is as it should be. */
  changes: Change[];
  /** What is lost by that. */
  warning?: string | undefined;
  /** Why it will not be as it should, whatever is done. */
  error?: Error | undefined;
}

/** What becomes of a slot, or why not. */
export type SlotOutcome = "created" | "refreshed" | "unchanged" | Error;

/**
 * Describes the slot of a profile. Pure.
 *
 * @param description The profile, its home, and what to export to its gateway.
 * @param down Whether a `down` file keeps it from starting by itself.
 * @returns The slot.
 * @throws {InvalidProfileNameError} If the profile's name is not legal.
 * @throws {TypeError} As {@linkcode renderSlot} does.
 *
 * @example
 * ```ts
 * import { gatewaySlot } from "./slot.ts";
 * gatewaySlot({ profile: "coder", home: "/opt/data" }, false).name; // "gateway-coder"
 * ```
 */
export function gatewaySlot(description: SlotDescription, down: boolean): Slot {
  return { description, name: slotName(description.profile), files: renderSlot(description), down };
}

/** The files of a slot, each with its content and mode. */
export function* slotFiles(
  files: SlotFiles,
  { down, waits = false }: Pick<Slot, "down" | "waits">,
): Generator<[path: string, text: string, mode: number]> {
  yield ["type", files.type, 0o644];
  yield ["run", files.run, 0o755];
  yield ["finish", files.finish, 0o755];
  if (down || waits) yield ["down", "", 0o644];
  if (waits) yield [WAITS, "", 0o644];
  yield ["log/run", files.logRun, 0o755];
}

/** The `run` for a slot that is there: it keeps the environment it was registered with. */
function fittedRun({ description, files }: Slot, held: FoundFile | undefined): string | Error {
  if (held === undefined || held.content === files.run) return files.run;
  if (held.content instanceof Error) return held.content;
  const extraEnv = readExtraEnv(held.content);
  if (extraEnv === undefined) return new Error("not made by this suite");
  return renderSlot({ ...description, extraEnv }).run;
}

/** What keeps the gateway of a slot that is there from being started at once. */
function fittedHold(
  { down, waits = false, keepsDown }: Slot,
  { entries }: FoundSlot,
): Required<Pick<Slot, "down" | "waits">> {
  if (keepsDown || waits && entries.has(WAITS)) {
    return { down: entries.has("down"), waits: entries.has(WAITS) };
  }
  // One that is supervised has had its turn.
  return { down, waits: waits && !entries.has("supervise/status") };
}

const HALVES = ["", "log/"];
const DIRECTORIES = [
  "log",
  ...HALVES.flatMap((half) => SKELETON_DIRECTORIES.map(([path]) => half + path)),
];
const SKELETONS = [...DIRECTORIES, ...HALVES.map((half) => half + SKELETON_FIFO[0])];

/** Decides about a slot that could be looked into. */
function planRefresh(slot: Slot, found: FoundSlot): SlotPlan {
  const { entries, files, error } = found;
  const changes: Change[] = [];
  const fitted = fittedRun(slot, files.get("run"));
  const run = typeof fitted === "string" ? fitted : slot.files.run;
  const hold = fittedHold(slot, found);
  const log = entries.get("log");
  if (log === undefined) changes.push({ do: "mkdir", path: "log" });
  for (const [path, text, mode] of slotFiles({ ...slot.files, run }, hold)) {
    const file = files.get(path);
    const blocked = path === "log/run" && log?.isDirectory === false;
    if (blocked || file?.mode === mode && file.content === text) continue;
    changes.push({ do: "write", path, text, mode });
  }
  for (const [path, isHeld] of [["down", hold.down || hold.waits], [WAITS, hold.waits]] as const) {
    if (!isHeld && entries.has(path)) changes.push({ do: "remove", path });
  }
  const obstacle = DIRECTORIES.find((path) => entries.get(path)?.isDirectory === false);
  const problem = obstacle === undefined
    ? error
    : new Error(`${slot.name}/${obstacle} is not a directory`);
  const lacks = needsSkeleton(slot.description) && SKELETONS.some((path) => !entries.has(path));
  if (problem === undefined && lacks) changes.push({ do: "seed" });
  if (typeof fitted === "string") return { slot, changes, error: problem };
  const why = errorWords(fitted);
  const warning = `profile=${slot.description.profile}: no environment is kept: run: ${why}`;
  return { slot, changes, error: problem, warning };
}

/**
 * Decides what to do so that a slot is as it should be. What s6-supervise may
 * hold, the supervise trees, is completed and never replaced. Pure.
 *
 * @param slot The slot.
 * @param found What is there of it, or why that is not known; `undefined`: nothing.
 * @returns The changes, and what cannot be changed or kept.
 *
 * @example
 * ```ts
 * import { gatewaySlot, planSlot } from "./slot.ts";
 * const slot = gatewaySlot({ profile: "coder", home: "/opt/data" }, true);
 * planSlot(slot, undefined).changes; // [{ do: "create" }]
 * ```
 */
export function planSlot(slot: Slot, found: FoundSlot | Error | undefined): SlotPlan {
  if (found === undefined) return { slot, changes: [{ do: "create" }] };
  if (found instanceof Error) return { slot, changes: [], error: found };
  return planRefresh(slot, found);
}

/** Leaves out the new slots for which there is no room. */
function fit(plans: readonly SlotPlan[], capacity: Capacity, services: number): SlotPlan[] {
  const asking = plans.filter(creates).map((plan) => {
    const { description: { profile }, down } = plan.slot;
    return { plan, profile, starts: !down };
  });
  const fitting = chooseFitting(asking, roomFor(capacity, services));
  if (fitting.size === asking.length) return [...plans];
  const leftOut = new Set(asking.filter((one) => !fitting.has(one)).map(({ plan }) => plan));
  const { problem, help } = wordNoRoom(capacity);
  const error = new NoRoomError(`${problem}: ${help}`);
  return plans.map((plan) => leftOut.has(plan) ? { slot: plan.slot, changes: [], error } : plan);
}

/**
 * Decides what to do so that slots are as they should be. Those that are there
 * keep their place; where there is no room for all others, the error of those
 * left out is a {@linkcode NoRoomError}. Pure.
 *
 * @param slots The slots.
 * @param facts What is there of them.
 * @param capacity What s6-svscan holds. Default: any number.
 * @returns A plan for each, and what to warn of: what is lost.
 */
export function planSlots(
  slots: readonly Slot[],
  { services, found }: SlotFacts,
  capacity?: Capacity,
): { plans: SlotPlan[]; warnings: string[] } {
  const plans = slots.map((slot) => planSlot(slot, found.get(slot)));
  return {
    plans: capacity === undefined ? plans : fit(plans, capacity, services),
    warnings: plans.flatMap(({ warning }) => warning ?? []),
  };
}

function creates({ changes }: SlotPlan): boolean {
  return changes[0]?.do === "create";
}

/**
 * Says what becomes of slots if all that is planned succeeds. Pure.
 *
 * @param plans The plans.
 * @returns What becomes of each.
 */
export function expectedOutcomes(plans: readonly SlotPlan[]): Map<Slot, SlotOutcome> {
  return new Map(plans.map((plan): [Slot, SlotOutcome] => {
    const word = creates(plan) ? "created" : plan.changes.length > 0 ? "refreshed" : "unchanged";
    return [plan.slot, plan.error ?? word];
  }));
}
