import type { Facts } from "../../lib/rules/facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { diagnose, type Diagnosis } from "../../lib/explain/cause.ts";
import type { ContainerFacts, GatewayFacts } from "../../lib/explain/gateway.ts";
import type { RecordedState } from "../../lib/profile/recorded_state.ts";
import { findProblems, findUnwanted } from "../../lib/explain/overview.ts";
import { type BootLine, findBootLine, readBootLog } from "../../lib/explain/why_facts.ts";
import { parseLogLine } from "../../lib/s6/log.ts";
import { lastLogLines } from "../../lib/s6/log_reader.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { explainedJson, findProfile } from "./explained.ts";
import { callersTimeWords, wordLogLine, type WordTime } from "./human.ts";
import { printJson } from "./json.ts";
import { lookAround, type Sight } from "./look.ts";
import { chooseProfiles } from "./profiles.ts";
import { EXIT, warn } from "./report.ts";
import { containerRules } from "../_facts.ts";

const LOG_LINES = 3;

/** Words what is recorded of a profile. */
export function wordState({ state, setBy, setAt, problem }: RecordedState, word: WordTime): string {
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

/** Makes a function that explains one gateway in full. */
function explainer(
  container: ContainerFacts,
  { home, env }: Facts,
): (facts: GatewayFacts) => Explained {
  const words = callersTimeWords();
  const bootLog = readBootLog(home);
  const bootLineOf = (profile: string) => findBootLine(bootLog, profile, env("HOSTNAME"));
  return (facts) => explain(facts, container, words, bootLineOf(facts.profile));
}

function explain(
  facts: GatewayFacts,
  container: ContainerFacts,
  words: WordTime,
  bootLine: BootLine | undefined,
): Explained {
  const { profile, recorded, logDir } = facts;
  const { kind, text, help, outside, seeLog } = diagnose(facts, container);
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
    json: explainedJson(facts, container, bootLine, logLines),
    text: `${terminalSafe(`${profile}: ${text}`)}\n${lines}`,
  };
}

/** What a line about a gateway is made of. */
interface Brief {
  profile: string;
  diagnosis: Diagnosis;
}

/** One that is not as it should be, in a line. */
export function wordBriefly({ profile, diagnosis }: Brief): string {
  const { kind, text, help, outside } = diagnosis;
  const next = help === undefined
    ? outside === undefined ? "" : `; outside: ${outside}`
    : `; try: ${help}`;
  return terminalSafe(`${profile}: ${kind}: ${text}${next}`);
}

/** Explains all that is not as it should be. */
function explainAll({ gateways, container }: Sight, facts: Facts, { flags }: Arguments): number {
  const unwanted = findUnwanted(gateways, container);
  const problems = findProblems(container);
  if (flags.has("json")) {
    const explain = explainer(container, facts);
    printJson({
      gateways: unwanted.map((one) => explain(one.facts).json),
      problems: problems.map(({ text, help }) => ({ text, try: help })),
    });
    return EXIT.done;
  }
  for (const { text, help } of problems) console.log(terminalSafe(`${text}; try: ${help}`));
  for (const one of unwanted) console.log(wordBriefly({ ...one, profile: one.facts.profile }));
  if (unwanted.length + problems.length > 0) return EXIT.done;
  const running = gateways.filter((facts) => facts.status?.up).length;
  console.log(`nothing is wrong: ${running} ${running === 1 ? "gateway runs" : "gateways run"}`);
  return EXIT.done;
}

/** Runs `why`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const container = facts();
  if (container.role === "cluster") {
    const { run } = await import("./cluster_why.ts");
    return await run(args, container);
  }
  const sight = await lookAround(container, warn, undefined, containerRules(container, warn));
  if (args.operands.length === 0) return explainAll(sight, container, args);
  const known = sight.gateways.map(({ profile }) => profile);
  const explained = chooseProfiles(args, known)
    .flatMap((profile) => findProfile(sight, container, profile))
    .map(explainer(sight.container, container));
  if (args.flags.has("json")) printJson({ gateways: explained.map(({ json }) => json) });
  else console.log(explained.map(({ text }) => text).join("\n"));
  return Math.max(...explained.map(({ exitCode }) => exitCode));
}
