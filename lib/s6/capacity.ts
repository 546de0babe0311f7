import { SHARED_SCANDIR } from "./places.ts";

/** How many services a scandir's s6-svscan holds. */
export interface Capacity {
  /** The scandir. */
  scandir: string;
  /** How many. One too many, and s6 2.15 takes up nothing that is new. */
  max: number;
  /** Whether a logger is one more; before s6 2.12 it was not. */
  countsLoggers: boolean;
}

/** What asks for room. */
export interface Candidate {
  /** The profile. */
  profile: string;
  /** Whether its gateway starts by itself. */
  starts: boolean;
}

/** What hermes may register by itself, in gateways: it looks for them in PID 1's scandir alone. */
const SPARE = 8;

/**
 * Reads how many services a scandir's s6-svscan holds. Pure.
 *
 * @param scandir The scandir.
 * @param svscanMax The fact `svscan_max`: its option, such as `-C 1000`.
 * @returns What it holds; `undefined` where that is not known.
 *
 * @example
 * ```ts
 * import { parseCapacity } from "./capacity.ts";
 * parseCapacity("/run/service", "-c 500")?.countsLoggers; // false
 * ```
 */
export function parseCapacity(scandir: string, svscanMax = ""): Capacity | undefined {
  const [, option, max] = /^-([cC]) (\d+)$/.exec(svscanMax) ?? [];
  if (option === undefined) return undefined;
  return { scandir, max: Number(max), countsLoggers: option === "C" };
}

/** Tells how many gateways are kept free. */
function spareOf({ scandir }: Capacity): number {
  return scandir === SHARED_SCANDIR ? SPARE : 0;
}

/**
 * Tells how many gateways still fit. Pure.
 *
 * @param capacity What s6-svscan holds.
 * @param used How much of that is taken, counted as it counts.
 * @returns The number.
 *
 * @example
 * ```ts
 * import { roomFor } from "./capacity.ts";
 * roomFor({ scandir: "/run/service", max: 1000, countsLoggers: true }, 6); // 489
 * ```
 */
export function roomFor(capacity: Capacity, used: number): number {
  const fit = Math.floor((capacity.max - used) / (capacity.countsLoggers ? 2 : 1));
  return Math.max(0, fit - spareOf(capacity));
}

/**
 * Chooses who gets the room that is left: the root profile first, then those
 * that start before those that stay down, then by name. Pure.
 *
 * @param candidates Those that ask for it, in any order.
 * @param room For how many there is room.
 * @returns Those that get it.
 *
 * @example
 * ```ts
 * import { chooseFitting } from "./capacity.ts";
 * const [a, b] = [{ profile: "a", starts: false }, { profile: "b", starts: true }];
 * chooseFitting([a, b], 1).has(b); // true
 * ```
 */
export function chooseFitting<T extends Candidate>(candidates: readonly T[], room: number): Set<T> {
  if (candidates.length <= room) return new Set(candidates);
  const rank = ({ profile, starts }: T) => profile === "default" ? 0 : starts ? 1 : 2;
  const byRank = candidates.toSorted((a, b) =>
    rank(a) - rank(b) || (a.profile < b.profile ? -1 : a.profile > b.profile ? 1 : 0)
  );
  return new Set(byRank.slice(0, room));
}

/**
 * Says that there is no room for one more gateway, and what helps. Pure.
 *
 * @param capacity What s6-svscan holds.
 * @returns The words.
 *
 * @example
 * ```ts
 * import { wordNoRoom } from "./capacity.ts";
 * wordNoRoom({ scandir: "/run/service", max: 500, countsLoggers: false }).help;
 * // "HERMES_SUPERVISION=isolated has room for more"
 * ```
 */
export function wordNoRoom(capacity: Capacity): { problem: string; help: string } {
  const { scandir, max, countsLoggers } = capacity;
  const what = countsLoggers ? "services and loggers" : "services";
  const spare = spareOf(capacity);
  const kept = spare === 0 ? "" : ` (room for ${spare} gateways is kept for hermes's own)`;
  return {
    problem: `no room: s6-svscan supervises at most ${max} ${what} in ${scandir}${kept}`,
    help: scandir === SHARED_SCANDIR
      ? "HERMES_SUPERVISION=isolated has room for more"
      : "HERMES_GATEWAY_SHARD divides the profiles among containers",
  };
}
