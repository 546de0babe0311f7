import { logWord } from "../_quote.ts";

/** Another container that has started gateways of the same profiles. */
export interface Rival {
  /** Its name, as in the boot log. */
  container: string;
  /** When. */
  time: string;
  /** The profiles. */
  profiles: string[];
}

/**
 * Finds out of a boot log who has started gateways on this home since this
 * container has: it may still be there. Pure.
 *
 * @param log The log's lines, oldest first.
 * @param own This container's name; empty: not known.
 * @param profiles The profiles that have a gateway here.
 * @returns The others, each with its last start.
 *
 * @example
 * ```ts
 * import { findRivals } from "./rivals.ts";
 * const log = ["T1 container=a profile=x action=started", "T2 container=b profile=x action=started"];
 * findRivals(log, "a", ["x"])[0]?.container; // "b"
 * ```
 */
export function findRivals(
  log: readonly string[],
  own: string,
  profiles: readonly string[],
): Rival[] {
  if (own === "") return [];
  const entries = log.map((line) =>
    /^(\S+) container=(\S+) profile=(\S+) .*?\baction=started\b/.exec(line) ??
      /^(\S+) container=(\S+) /.exec(line) ?? []
  );
  const since = entries.findLastIndex(([, , container]) => container === logWord(own));
  if (since < 0) return [];
  const rivals = new Map<string, Rival>();
  for (const [, time = "", container, profile] of entries.slice(since + 1)) {
    if (container === undefined || profile === undefined || !profiles.includes(profile)) continue;
    const known = rivals.get(container);
    const same = known?.time === time ? known.profiles : [];
    rivals.set(container, { container, time, profiles: [...same, profile] });
  }
  return [...rivals.values()];
}
