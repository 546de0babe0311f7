const UNITS: readonly (readonly [name: string, seconds: number])[] = [
  ["d", 86400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
];

/**
 * Words a duration by its two largest units.
 *
 * @param seconds The duration, in seconds.
 * @returns Such as `2h 5m`.
 */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  const words: string[] = [];
  for (const [name, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) words.push(`${count}${name}`);
  }
  return words.slice(0, 2).join(" ") || "0s";
}

/** Words a time for a person. */
export type WordTime = (time: Date) => string;

/**
 * Makes a function that words times in a time zone.
 *
 * @param zone Its name, such as `Europe/Berlin`. Without one, or with one that
 * is not known: the system's.
 * @returns The function; it gives such as `2026-11-22 08:47:00`.
 */
export function timeWords(zone?: string): WordTime {
  const options = { dateStyle: "short", timeStyle: "medium" } as const;
  let style: Intl.DateTimeFormat;
  try {
    style = new Intl.DateTimeFormat("sv-SE", zone ? { ...options, timeZone: zone } : options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    style = new Intl.DateTimeFormat("sv-SE", options);
  }
  return (time) => style.format(time);
}

/**
 * Makes {@linkcode timeWords} for the caller, from `GATEWAYCTL_TZ`, which
 * gatewayctl's script sets from `TZ`: s6-log stamps in the system's time zone,
 * so that one has to stay this process's own. Needs `--allow-env` for it.
 *
 * @returns The function.
 */
export function callersTimeWords(): WordTime {
  return timeWords(Deno.env.get("GATEWAYCTL_TZ"));
}
