import { BOOT_LOG } from "../boot/log.ts";
import { type PlanOptions, planProfile } from "../boot/plan.ts";
import { logWord } from "../_quote.ts";
import { readFileEnd } from "../s6/log.ts";
import { planSlot } from "../slot/slot.ts";
import { findSlots } from "../slot/slot_facts.ts";

/** The last line of the boot log about a profile. */
export interface BootLine {
  /** The line. */
  text: string;
  /** Whether it is of the latest boot. */
  latest: boolean;
}

/**
 * Finds what a boot log last says about a profile. What other containers on the
 * same home have written is left out.
 *
 * @param log The log's lines; those of one boot share their time.
 * @param profile The profile.
 * @param container This container's name. Default: not known, and every line counts.
 * @returns The line, or `undefined`.
 *
 * @example
 * ```ts
 * import { findBootLine } from "./why_facts.ts";
 * findBootLine(["T profile=coder prior_state=None"], "coder")?.latest; // true
 * ```
 */
export function findBootLine(
  log: readonly string[],
  profile: string,
  container = "",
): BootLine | undefined {
  const timeOfLine = (line: string | undefined) => line?.split(" ", 1)[0];
  const isOwn = (line: string) => {
    const [, who] = /^\S+ container=(\S+) /.exec(line) ?? [];
    return container === "" || who === undefined || who === logWord(container);
  };
  const own = log.filter(isOwn);
  const about = own.filter((line) => line.includes(` profile=${logWord(profile)} `));
  const time = timeOfLine(about.at(-1));
  // The first of that boot: profiles/default, which collides, comes after the root profile.
  const text = about.find((line) => timeOfLine(line) === time);
  return text === undefined ? undefined : { text, latest: timeOfLine(own.at(-1)) === time };
}

/**
 * Reads the boot log, and before it the one that was rotated away.
 * Needs `--allow-read` for both.
 *
 * @param home The Hermes home.
 * @returns The lines.
 */
export function readBootLog(home: string): string[] {
  return [`${home}/${BOOT_LOG}.1`, `${home}/${BOOT_LOG}`]
    .flatMap((path) => readFileEnd(path).split("\n")).filter((line) => line !== "");
}

/** Where a profile's service directory is, and what it is made by. */
export interface EditedOptions extends PlanOptions {
  /** The Hermes home. */
  home: string;
  /** The scandir. */
  scandir: string;
}

/**
 * Finds the files of a profile's service directory that are not what the suite
 * would write now. Needs `--allow-read` for the scandir.
 *
 * @param profile The profile; its name is legal.
 * @param options Where it is, and what it is made by.
 * @returns The files, such as `log/run`.
 * @throws {Error} If the scandir cannot be listed.
 *
 * @example
 * ```ts no-eval
 * import { findEdited } from "./why_facts.ts";
 * findEdited("coder", { home: "/opt/data", scandir: "/run/service" }); // []
 * ```
 */
export function findEdited(
  profile: string,
  { home, scandir, ...options }: EditedOptions,
): readonly string[] {
  // Whether there were other profiles when it was made, nobody remembers.
  const findings = [true, false].map((named) => {
    const company = { wantedBy: [], named };
    const { slot } = planProfile({ profile, listing: new Map() }, home, options, company);
    if (slot === undefined) return [];
    const found = findSlots(scandir, [slot]).found.get(slot);
    if (found === undefined) return [];
    return planSlot({ ...slot, keepsDown: true }, found).changes
      .flatMap((change) => change.do === "write" ? change.path : []);
  });
  return findings.reduce((least, one) => one.length < least.length ? one : least);
}
