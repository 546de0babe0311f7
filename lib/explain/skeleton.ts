import type { Owner } from "../_owner.ts";
import { SKELETON_DIRECTORIES, SKELETON_FIFO } from "../slot/skeleton.ts";

/** What an entry of a skeleton is. */
export interface SkeletonEntry {
  /** The service directory, relative to the scandir. */
  service: string;
  /** Its path, relative to that. */
  path: string;
  /** What it is; `missing` if it is not there. */
  kind: "directory" | "fifo" | "other" | "missing";
  /** Its mode, up to 0o7777. */
  mode: number;
  /** Its owner. */
  owner: Owner;
}

/** The entries of a skeleton, relative to the service directory, with their modes. */
export const SKELETON: ReadonlyMap<string, number> = new Map([
  ...SKELETON_DIRECTORIES,
  SKELETON_FIFO,
]);

/** What s6-supervise makes of it by itself, with modes that are its own. */
const ITS_OWN: ReadonlySet<string> = new Set(["event", "supervise", SKELETON_FIFO[0]]);

/** What a skeleton should be. */
export interface ExpectedSkeleton {
  /** Who should own it. Default: whoever does. */
  owner?: Owner | undefined;
  /** Whether it was laid down for an s6-supervise that is root; else hermes's has made it. Default: `true`. */
  drops?: boolean | undefined;
}

function word(kind: string, mode: number | undefined, { uid, gid }: Owner): string {
  const bits = mode === undefined ? "" : ` ${mode.toString(8).padStart(4, "0")}`;
  return `${kind}${bits} ${uid}:${gid}`;
}

/**
 * Says what is wrong with an entry of a skeleton. Pure.
 *
 * @param entry The entry.
 * @param options What it should be.
 * @returns The problem, or `undefined`.
 *
 * @example
 * ```ts
 * import { skeletonProblem } from "./skeleton.ts";
 * const entry = { service: "gateway-coder", path: "event", owner: { uid: 1, gid: 1 } };
 * skeletonProblem({ ...entry, kind: "directory", mode: 0o3730 }); // undefined
 * ```
 */
export function skeletonProblem(
  entry: SkeletonEntry,
  { owner = entry.owner, drops = true }: ExpectedSkeleton = {},
): string | undefined {
  const { service, path, kind, mode } = entry;
  if (!drops && !ITS_OWN.has(path)) return undefined;
  const expectedKind = path === SKELETON_FIFO[0] ? "fifo" : "directory";
  const expected = word(expectedKind, drops ? SKELETON.get(path) : undefined, owner);
  const found = kind === "missing" ? "nothing" : word(kind, drops ? mode : undefined, entry.owner);
  return found === expected ? undefined : `${service}/${path}: expected ${expected}, got ${found}`;
}
