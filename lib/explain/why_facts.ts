import { BOOT_LOG } from "../boot/log.ts";
import { logWord } from "../_quote.ts";
import { readFileEnd } from "../s6/log.ts";

/** The last line of the boot log about a profile. */
export interface BootLine {
  /** The line. */
  text: string;
  /** Whether it is of the latest boot. */
  latest: boolean;
}

/**
 * Finds what a boot log last says about a profile.
 *
 * @param log The log's lines; those of one boot share their time.
 * @param profile The profile.
 * @returns The line, or `undefined`.
 *
 * @example
 * ```ts
 * import { findBootLine } from "./why_facts.ts";
 * findBootLine(["T profile=coder prior_state=None"], "coder")?.latest; // true
 * ```
 */
export function findBootLine(log: readonly string[], profile: string): BootLine | undefined {
  const timeOfLine = (line: string | undefined) => line?.split(" ", 1)[0];
  const about = log.filter((line) => line.includes(` profile=${logWord(profile)} `));
  const time = timeOfLine(about.at(-1));
  // The first of that boot: profiles/default, which collides, comes after the root profile.
  const text = about.find((line) => timeOfLine(line) === time);
  return text === undefined ? undefined : { text, latest: timeOfLine(log.at(-1)) === time };
}

/**
 * Reads what the boot log last says about a profile.
 * Needs `--allow-read` for the log and the one before.
 *
 * @param home The Hermes home.
 * @param profile The profile.
 * @returns The line, or `undefined`.
 */
export function readBootLine(home: string, profile: string): BootLine | undefined {
  const lines = [`${home}/${BOOT_LOG}.1`, `${home}/${BOOT_LOG}`]
    .flatMap((path) => readFileEnd(path).split("\n"));
  return findBootLine(lines.filter((line) => line !== ""), profile);
}
