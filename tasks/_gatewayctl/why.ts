import type { Facts } from "../../lib/rules/facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { explain, isProfile, type RecordedState } from "../../lib/explain/why.ts";
import { gatherWhyFacts } from "../../lib/explain/why_facts.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { callersTimeWords, type WordTime } from "./human.ts";
import { wordLogLine } from "./logs.ts";
import { EXIT, warn } from "./report.ts";
import { containerCapacity, containerRules } from "../_facts.ts";

function wordState({ state, setBy, setAt, problem }: RecordedState, word: WordTime): string {
  if (state === null) return problem ?? "none recorded";
  const when = setAt === null ? "" : ` at ${word(setAt)}`;
  return `${state}, set by the ${setBy}${when}`;
}

/** Runs `why`. */
export async function run(
  { flags, operands: [profile = ""] }: Arguments,
  facts: () => Facts,
): Promise<number> {
  const word = callersTimeWords();
  const container = facts();
  const { home, scandir } = container;
  const rules = await containerRules(container, warn);
  const known = await gatherWhyFacts(profile, {
    ...{ home, scandir, rules, capacity: containerCapacity(container) },
  });
  const { cause, text, help, seeLog } = explain(known);
  const { recorded, bootLine, logLines, nameProblem } = known;
  if (flags.has("json")) {
    console.log(JSON.stringify({ profile, cause, text, help, recorded, bootLine, logLines }));
  } else {
    const rows = [
      ...nameProblem === undefined ? [["state:", wordState(recorded, word)]] : [],
      ["boot log:", bootLine?.text ?? "no line"],
      ...seeLog ? logLines.map((line, i) => [i === 0 ? "log:" : "", wordLogLine(line, word)]) : [],
      ...help === undefined ? [] : [["try:", help]],
    ];
    console.log(terminalSafe(`${profile}: ${text}`));
    console.log(table(rows.map((row) => row.map(terminalSafe))).replace(/^/gm, "  "));
  }
  return isProfile(cause) ? EXIT.done : EXIT.absent;
}
