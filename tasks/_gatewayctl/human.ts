import { terminalSafe } from "../../lib/_quote.ts";
import type { LogLine } from "../../lib/s6/log.ts";

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

/**
 * Words a line of a gateway's log.
 *
 * @param line The line.
 * @param word Words its time.
 * @returns The line, safe for a terminal.
 */
export function wordLogLine({ time, text }: LogLine, word: WordTime): string {
  return terminalSafe(time === null ? text : `${word(time)}  ${text}`);
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Reads an age, such as `10m`, or a time, such as `2026-11-22 08:47`.
 *
 * @param text What was typed.
 * @param word Words times in the zone of a time without one.
 * @param now Since when an age counts.
 * @returns The time; `undefined` if it is neither.
 */
export function parseWhen(text: string, word: WordTime, now: Date): Date | undefined {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = UNITS.find(([name]) => name === unit)?.[1];
  if (seconds !== undefined) return new Date(now.getTime() - Number(count) * seconds * 1000);
  const [, year, month, day, hours = "00", minutes = "00", rest = "00", zone] = TIME.exec(text) ??
    [];
  if (year === undefined) return undefined;
  const wall = `${year}-${month}-${day}T${hours}:${minutes}:${rest}`;
  const there = Date.parse(`${wall}Z`);
  // Date takes the 31st of a month of 30 days for the 1st.
  if (Number.isNaN(there) || !new Date(there).toISOString().startsWith(wall)) return undefined;
  if (zone !== undefined) return new Date(`${wall}${zone}`);
  // Twice, as the zone's offset may be another one at the first guess.
  let time = there;
  for (let i = 0; i < 2; i++) {
    time += there - Date.parse(`${word(new Date(time)).replace(" ", "T")}Z`);
  }
  return new Date(time);
}
