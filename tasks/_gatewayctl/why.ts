import type { Facts } from "../../lib/rules/facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { diagnose } from "../../lib/explain/cause.ts";
import type { ContainerFacts, GatewayFacts, RecordedState } from "../../lib/explain/gateway.ts";
import { readBootLine } from "../../lib/explain/why_facts.ts";
import { parseLogLine } from "../../lib/s6/log.ts";
import { lastLogLines } from "../../lib/s6/log_reader.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { callersTimeWords, wordLogLine, type WordTime } from "./human.ts";
import { printJson } from "./json.ts";
import { lookAround, type Sight } from "./look.ts";
import { chooseProfiles } from "./profiles.ts";
import { EXIT, warn } from "./report.ts";

const LOG_LINES = 3;

function wordState({ state, setBy, setAt, problem }: RecordedState, word: WordTime): string {
  if (state === null) return problem ?? "none recorded";
  const when = setAt === null ? "" : ` at ${word(setAt)}`;
  return `${state}, set by the ${setBy}${when}`;
}

/** One gateway: for JSON, and in words. */
interface Explained {
  exitCode: number;
  json: Record<string, unknown>;
  text: string;
}

/** Explains one gateway in full. */
function explain(
  facts: GatewayFacts,
  container: ContainerFacts,
  { home, env }: Facts,
  words: WordTime,
): Explained {
  const { profile, recorded, logDir } = facts;
  const { cause, kind, text, help, outside, seeLog } = diagnose(facts, container);
  const bootLine = readBootLine(home, profile, env("HOSTNAME"));
  const logLines = kind === "unusable" ? [] : lastLogLines(logDir, LOG_LINES);
  const log = seeLog
    ? logLines.map((line, i) => [i === 0 ? "log:" : "", wordLogLine(parseLogLine(line), words)])
    : [];
  const rows = [
    ...kind === "unusable" ? [] : [["state:", wordState(recorded, words)]],
    ["boot log:", bootLine?.text ?? "no line"],
    ...log,
    ...help === undefined ? [] : [["try:", help]],
    ...outside === undefined ? [] : [["outside:", outside]],
  ];
  const lines = table(rows.map((row) => row.map(terminalSafe))).replace(/^/gm, "  ");
  return {
    exitCode: kind === "unusable" ? EXIT.absent : EXIT.done,
    json: { profile, cause, state: kind, text, try: help, outside, recorded, bootLine, logLines },
    text: `${terminalSafe(`${profile}: ${text}`)}\n${lines}`,
  };
}

/** Finds what is known of a profile; of one that is nowhere, that it is nowhere. */
function find({ gateways, unknown }: Sight, profile: string): GatewayFacts {
  return gateways.find((one) => one.profile === profile) ?? unknown(profile);
}

/** Runs `why`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const words = callersTimeWords();
  const container = facts();
  const sight = await lookAround(container, warn);
  const known = sight.gateways.map(({ profile }) => profile);
  const explained = chooseProfiles(args, known).map((profile) =>
    explain(find(sight, profile), sight.container, container, words)
  );
  if (args.flags.has("json")) printJson({ gateways: explained.map(({ json }) => json) });
  else console.log(explained.map(({ text }) => text).join("\n"));
  return Math.max(...explained.map(({ exitCode }) => exitCode));
}
