import { BOOT_LOG } from "../boot/log.ts";
import { foldIntents } from "../boot/plan.ts";
import { lstatIfPresent } from "../_fs.ts";
import { errorWords, survivable } from "../_errors.ts";
import { DEFAULT_PROFILE, profileDir, profileNameProblem } from "../profile/name.ts";
import { byName, listProfiles, refuseProfile, STATE_FILE } from "../profile/list.ts";
import { logWord } from "../_quote.ts";
import { askGateway, confirmStates, type GatewayState } from "../control/status.ts";
import { readFileEnd } from "../s6/log.ts";
import { lastLogLines } from "../s6/log_reader.ts";
import { NO_RULES, type Rules } from "../rules/rules.ts";
import { type Capacity, roomFor, wordNoRoom } from "../s6/capacity.ts";
import { countServices } from "../slot/slot_facts.ts";
import { S6ServiceManager } from "../control/manager.ts";
import { readJsonObject } from "../_json.ts";
import { stateOf } from "../profile/prior_state.ts";
import type { BootLine, RecordedState, WhyFacts } from "./why.ts";

/** Options of {@linkcode gatherWhyFacts}. */
export interface WhyOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string | undefined;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** How many of the log's last lines. Default: 3. */
  logLines?: number | undefined;
  /** The container's rules. Default: none. */
  rules?: Rules | undefined;
  /** The container's name, for the boot log. Default: not known. */
  container?: string | undefined;
  /** What the scandir's s6-svscan holds. Default: any number. */
  capacity?: Capacity | undefined;
}

/** Reads `updated_at`: seconds since the epoch from the operator, maybe text from a gateway. */
function timeOf(value: unknown): Date | null {
  if (typeof value !== "number" && typeof value !== "string") return null;
  const time = new Date(typeof value === "number" ? value * 1000 : value);
  return Number.isNaN(time.getTime()) ? null : time;
}

/**
 * Decides what a profile's `gateway_state.json` says, and who said it.
 *
 * @param content The parsed file.
 * @returns The state.
 *
 * @example
 * ```ts
 * import { recordedState } from "./why_facts.ts";
 * recordedState({ desired_state: "stopped", updated_at: 1 }).setBy; // "operator"
 * ```
 */
export function recordedState(content: Readonly<Record<string, unknown>>): RecordedState {
  const state = stateOf(content);
  const setAt = timeOf(content["updated_at"]);
  if (state === null) return { state, setBy: null, setAt, problem: `${STATE_FILE} holds no state` };
  return {
    state,
    setBy: typeof content["desired_state"] === "string" ? "operator" : "gateway",
    setAt,
  };
}

/**
 * Reads what state is recorded of a profile; whatever lies there, it does not throw.
 * Needs `--allow-read` for its state file.
 *
 * @param dir The profile's directory.
 * @returns The state.
 */
export function readRecordedState(dir: string): RecordedState {
  const nothing = (problem: string) => ({ state: null, setBy: null, setAt: null, problem });
  try {
    const info = lstatIfPresent(`${dir}/${STATE_FILE}`);
    if (info === undefined) return nothing(`no ${STATE_FILE}`);
    if (!info.isFile) return nothing(`${STATE_FILE} is not a regular file`);
    return recordedState(readJsonObject(`${dir}/${STATE_FILE}`));
  } catch (error) {
    return nothing(`${STATE_FILE}: ${errorWords(survivable(error))}`);
  }
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

function readBootLine(home: string, profile: string, container?: string): BootLine | undefined {
  const lines = [`${home}/${BOOT_LOG}.1`, `${home}/${BOOT_LOG}`]
    .flatMap((path) => readFileEnd(path).split("\n"));
  return findBootLine(lines.filter((line) => line !== ""), profile, container);
}

function findOnVolume(home: string, profile: string): Pick<WhyFacts, "found" | "refusal"> {
  if (profile === DEFAULT_PROFILE) return { found: "profile" };
  const entry = listProfiles(home, () => {}).find(({ name }) => name === profile);
  if (entry === undefined) {
    // Not longer than a file name may be: 255 bytes of UTF-8.
    const plain = /^[^./][^/]{0,84}$/u.test(profile) || profileNameProblem(profile) === undefined;
    const dir = plain ? lstatIfPresent(profileDir(home, profile)) : undefined;
    return { found: dir?.isDirectory ? "no SOUL.md" : "no directory" };
  }
  return { found: "profile", refusal: refuseProfile(entry)?.reason };
}

/**
 * Finds the profiles for which the root profile's gateway has to run, beside
 * its own.
 * Needs `--allow-read` for `<home>/profiles`.
 *
 * @param home The Hermes home.
 * @param rules The container's rules.
 * @returns Their names, in order; none where each has a gateway of its own.
 * @throws {Error} If the profiles cannot be listed.
 */
export function readWantedBy(home: string, rules: Rules): string[] {
  if (rules.topology !== "one") return [];
  const named = listProfiles(home, () => {}).filter((entry) => refuseProfile(entry) === undefined);
  const profiles = named.sort(byName).map(({ name: profile }) => {
    const { state: priorState } = readRecordedState(profileDir(home, profile));
    return { profile, memory: { priorState, priorExit: "unknown" as const } };
  });
  return foldIntents(profiles, rules);
}

async function ask(manager: S6ServiceManager, profile: string): Promise<GatewayState> {
  const state = await askGateway(manager, profile);
  const [confirmed] = await confirmStates(manager, [state]);
  return confirmed ?? state;
}

/**
 * Gathers what there is to know about a profile and its gateway.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles`, the root profile's
 * state file, the boot log and `<home>/logs/gateways`, and `--allow-run` for
 * `s6-svstat` and {@linkcode START_TIME} by their full paths.
 *
 * @param profile The profile's name, legal or not.
 * @param options Where.
 * @returns The facts.
 * @throws {Error} If the volume or the scandir cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { explain } from "./why.ts";
 * import { gatherWhyFacts } from "./why_facts.ts";
 * explain(await gatherWhyFacts("coder", { home: "/opt/data" })).text;
 * ```
 */
export async function gatherWhyFacts(profile: string, options: WhyOptions): Promise<WhyFacts> {
  const { home, logLines = 3, rules = NO_RULES, container, capacity, ...where } = options;
  const dir = profileDir(home, profile);
  const nameProblem = profileNameProblem(profile);
  const facts: WhyFacts = {
    profile,
    dir,
    nameProblem,
    ...findOnVolume(home, profile),
    recorded: { state: null, setBy: null, setAt: null },
    bootLine: readBootLine(home, profile, container),
    registered: false,
    supervised: false,
    status: null,
    logLines: [],
  };
  if (nameProblem !== undefined) return facts;
  return {
    ...facts,
    noRoom: capacity !== undefined && roomFor(capacity, countServices(capacity)) === 0
      ? wordNoRoom(capacity)
      : undefined,
    notSelected: rules.selection.whyNot(profile),
    served: rules.topology === "one" && profile !== DEFAULT_PROFILE,
    wantedBy: profile === DEFAULT_PROFILE ? readWantedBy(home, rules) : [],
    ...await ask(new S6ServiceManager({ home, ...where }), profile),
    recorded: readRecordedState(dir),
    logLines: lastLogLines(`${home}/logs/gateways/${profile}`, logLines),
  };
}
