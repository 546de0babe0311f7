import type { Facts } from "../../lib/rules/facts.ts";
import { lstatIfPresent } from "../../lib/_fs.ts";
import { slotName } from "../../lib/profile/name.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { followLog, lastLogLines, parseLogLine } from "../../lib/s6/log.ts";
import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { callersTimeWords, type WordTime } from "./human.ts";
import { EXIT } from "./report.ts";

const POLL_MS = 200;

/**
 * Words a line of a gateway's log.
 *
 * @param line The line, as s6-log wrote it.
 * @param word Words its time.
 * @returns The line, safe for a terminal.
 */
export function wordLogLine(line: string, word: WordTime): string {
  const { time, text } = parseLogLine(line);
  return terminalSafe(time === null ? text : `${word(time)}  ${text}`);
}

/** Runs `logs`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { flags, operands: [profile = ""] } = args;
  const count = numberOf(args, "lines", 20);
  const { home, scandir } = facts();
  const slot = `${scandir}/${slotName(profile)}`;
  const dir = `${home}/logs/gateways/${profile}`;
  if (lstatIfPresent(dir) === undefined && lstatIfPresent(slot) === undefined) {
    throw new GatewayNotRegisteredError(profile);
  }
  const word = callersTimeWords();
  // Followed from here on, so that no line is lost between the two.
  const followed = flags.has("follow") ? followLog(dir, POLL_MS) : undefined;
  const next = followed?.next();
  for (const line of lastLogLines(dir, count)) console.log(wordLogLine(line, word));
  if (followed === undefined) return EXIT.done;
  const first = await next;
  if (first && !first.done) console.log(wordLogLine(first.value, word));
  for await (const line of followed) console.log(wordLogLine(line, word));
  return EXIT.done;
}
