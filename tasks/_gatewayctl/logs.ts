import { blue, cyan, green, magenta, yellow } from "@std/fmt/colors";
import { lstatIfPresent } from "../../lib/_fs.ts";
import { errorWords, GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { slotName } from "../../lib/profile/name.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { type LogPlace, LogReader, placeOfLast, placeSince } from "../../lib/s6/log_reader.ts";
import { type LogSource, readLogs, type SourceLine } from "../../lib/s6/read_logs.ts";
import { UsageError } from "../_cli.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { callersTimeWords, parseWhen, wordLogLine, type WordTime } from "./human.ts";
import { wordJson } from "./json.ts";
import { write } from "./output.ts";
import { chooseProfiles, chosenOf, isPattern } from "./profiles.ts";
import { EXIT, nearestFor, reportError } from "./report.ts";

const COLOURS = [cyan, yellow, green, magenta, blue];

/** A longer name does not push the lines of all others to the right. */
const MAX_PADDING = 24;

function readSince({ values }: Arguments, word: WordTime): Date | undefined {
  const [text] = values.get("since") ?? [];
  if (text === undefined) return undefined;
  const since = parseWhen(text, word, new Date());
  if (since !== undefined) return since;
  const such = `an age (10m) or a time ("2026-11-22 08:47")`;
  throw new UsageError(`--since: expected ${such}, got ${JSON.stringify(text)}`);
}

/** Makes a function that words a line: as it is, after its profile, or as JSON. */
function wording(
  args: Arguments,
  profiles: readonly string[],
  word: WordTime,
): (line: SourceLine) => string {
  if (args.flags.has("json")) {
    return ({ name: profile, time, text }) => wordJson({ profile, time, text });
  }
  const alone = args.operands.length === 1 && !args.operands.some(isPattern);
  if (alone) return (line) => wordLogLine(line, word);
  const width = Math.min(MAX_PADDING, Math.max(...profiles.map(({ length }) => length)));
  const colours = new Map<string, (text: string) => string>();
  const isTerminal = Deno.stdout.isTerminal();
  return (line) => {
    const paint = colours.get(line.name) ?? COLOURS[colours.size % COLOURS.length]!;
    colours.set(line.name, paint);
    const prefix = `${line.name.padEnd(width)} |`;
    return `${isTerminal ? paint(prefix) : prefix} ${wordLogLine(line, word)}`;
  };
}

/** Finds where reading begins. */
function placing(args: Arguments, since: Date | undefined): (dir: string) => LogPlace | undefined {
  if (since !== undefined && !args.values.has("lines")) return (dir) => placeSince(dir, since);
  const count = numberOf(args, "lines", 20);
  return (dir) => placeOfLast(dir, count);
}

/** Runs `logs`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command, flags, operands } = args;
  const word = callersTimeWords();
  const since = readSince(args, word);
  const place = placing(args, since);
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir });
  const registered = await manager.listProfileGateways();
  let exitCode: number = EXIT.done;
  const failed = (profile: string, error: unknown, nearest?: string) => {
    exitCode = Math.max(exitCode, reportError(error, profile, { command, nearest }));
  };
  const dirOf = (name: string) => `${home}/logs/gateways/${name}`;
  const found: LogSource[] = [];
  for (const name of chooseProfiles(args, registered)) {
    try {
      const [slot, dir] = [`${scandir}/${slotName(name)}`, dirOf(name)];
      if (lstatIfPresent(dir) === undefined && lstatIfPresent(slot) === undefined) {
        throw new GatewayNotRegisteredError(name);
      }
      found.push({ name, reader: new LogReader(dir, () => place(dir)) });
    } catch (error) {
      failed(name, error, await nearestFor(error, registered));
    }
  }
  const grows = flags.has("all") || operands.some(isPattern);
  const more = async (last: Date) =>
    chosenOf(args, await manager.listProfileGateways())
      .map((name) => ({
        name,
        reader: new LogReader(dirOf(name), () => placeSince(dirOf(name), last)),
      }));
  const lines = readLogs(found, {
    since,
    follow: flags.has("follow") && (found.length > 0 || grows),
    more: grows ? more : undefined,
    failed: (name, error) => failed(name, new Error(`cannot read its log: ${errorWords(error)}`)),
  });
  const wordLine = wording(args, found.map(({ name }) => name), word);
  for await (const some of lines) {
    if (!write(some.map((line) => `${wordLine(line)}\n`).join(""))) break;
  }
  return exitCode;
}
