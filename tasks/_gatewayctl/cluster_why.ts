import { terminalSafe } from "../../lib/_quote.ts";
import { profileDir } from "../../lib/profile/name.ts";
import { readRecordedState } from "../../lib/profile/recorded_state.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { type ClusterRow, lookAtCluster } from "./cluster_look.ts";
import { callersTimeWords } from "./human.ts";
import { printJson } from "./json.ts";
import { present } from "./present.ts";
import { chooseProfiles } from "./profiles.ts";
import { EXIT } from "./report.ts";
import { wordBriefly, wordState } from "./why.ts";

/** One gateway: for JSON, and in words. */
function explain({ profile, diagnosis }: ClusterRow, home: string) {
  const { cause, kind, text, help, outside } = diagnosis;
  const recorded = readRecordedState(profileDir(home, profile));
  const rows = [
    ...kind === "unusable" ? [] : [["state:", wordState(recorded, callersTimeWords())]],
    ...help === undefined ? [] : [["try:", help]],
    ...outside === undefined ? [] : [["outside:", outside]],
  ];
  const lines = table(rows.map((row) => row.map(terminalSafe))).replace(/^/gm, "  ");
  return {
    json: { profile, cause, state: kind, text, try: help, outside, recorded, logLines: [] },
    text: [terminalSafe(`${profile}: ${text}`), ...rows.length === 0 ? [] : [lines]].join("\n"),
    exitCode: kind === "unusable" ? EXIT.absent : EXIT.done,
  };
}

/**
 * Runs `why` in the pod of a cluster's loop.
 *
 * @param args What was given.
 * @param container The pod's facts.
 * @param look How to find out how the gateways are.
 * @returns The exit code.
 */
export async function run(
  args: Arguments,
  container: Facts,
  look: typeof lookAtCluster = lookAtCluster,
): Promise<number> {
  const { operands, flags } = args;
  const { home } = container;
  const all = await look(container);
  if (operands.length === 0) {
    const amiss = all.filter(({ diagnosis: { kind } }) =>
      ["failed", "starting", "unusable"].includes(kind)
    );
    if (flags.has("json")) {
      printJson({ gateways: amiss.map((row) => explain(row, home).json), problems: [] });
    } else if (amiss.length > 0) console.log(amiss.map(wordBriefly).join("\n"));
    else console.log("nothing is wrong");
    return EXIT.done;
  }
  const known = all.map(({ profile }) => profile);
  const { found, exitCode } = await present(args, chooseProfiles(args, known), known);
  const explained = all.filter(({ profile }) => found.has(profile))
    .map((row) => explain(row, home));
  if (flags.has("json")) printJson({ gateways: explained.map(({ json }) => json) });
  else if (explained.length > 0) console.log(explained.map(({ text }) => text).join("\n"));
  return Math.max(exitCode, ...explained.map(({ exitCode }) => exitCode));
}
