import type { Facts } from "../../lib/rules/facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { inOrder, legalProfiles } from "../../lib/control/status.ts";
import { explain, isProfile, type RecordedState, type WhyFacts } from "../../lib/explain/why.ts";
import { gatherWhyFacts } from "../../lib/explain/why_facts.ts";
import { parseLogLine } from "../../lib/s6/log.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { callersTimeWords, wordLogLine, type WordTime } from "./human.ts";
import { printJson } from "./json.ts";
import { pooled } from "./pool.ts";
import { chooseProfiles, isPattern } from "./profiles.ts";
import { EXIT, warn } from "./report.ts";
import { containerCapacity, containerRules } from "../_facts.ts";

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

function word(known: WhyFacts, words: WordTime): Explained {
  const { profile, recorded, bootLine, logLines, nameProblem } = known;
  const { cause, text, help, seeLog } = explain(known);
  const log = seeLog
    ? logLines.map((line, i) => [i === 0 ? "log:" : "", wordLogLine(parseLogLine(line), words)])
    : [];
  const rows = [
    ...nameProblem === undefined ? [["state:", wordState(recorded, words)]] : [],
    ["boot log:", bootLine?.text ?? "no line"],
    ...log,
    ...help === undefined ? [] : [["try:", help]],
  ];
  const lines = table(rows.map((row) => row.map(terminalSafe))).replace(/^/gm, "  ");
  return {
    exitCode: isProfile(cause) ? EXIT.done : EXIT.absent,
    json: { profile, cause, text, help, recorded, bootLine, logLines },
    text: `${terminalSafe(`${profile}: ${text}`)}\n${lines}`,
  };
}

/** Runs `why`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const words = callersTimeWords();
  const container = facts();
  const { home, scandir } = container;
  const rules = await containerRules(container, warn);
  const registered = () => new S6ServiceManager({ home, scandir }).listProfileGateways();
  const known = args.operands.some(isPattern)
    ? inOrder([...legalProfiles(home, warn), ...await registered()])
    : [];
  const capacity = containerCapacity(container);
  const where = { home, scandir, rules, capacity, container: container.env("HOSTNAME") };
  const explained = await Array.fromAsync(
    pooled(chooseProfiles(args, known), async (profile) => {
      return word(await gatherWhyFacts(profile, where), words);
    }),
  );
  if (args.flags.has("json")) printJson({ gateways: explained.map(({ json }) => json) });
  else console.log(explained.map(({ text }) => text).join("\n"));
  return Math.max(...explained.map(({ exitCode }) => exitCode));
}
