import { wordWantedBy } from "../boot/action.ts";
import { STALE_STATUS } from "../_errors.ts";
import { shellQuote } from "../_quote.ts";
import type { GatewayStatus } from "../control/manager.ts";

/** What `gateway_state.json` says, and who said it. */
export interface RecordedState {
  /** The state; `null`: nothing usable. */
  state: string | null;
  /** Who set it: the operator (`desired_state`) or the gateway itself (`gateway_state`). */
  setBy: "operator" | "gateway" | null;
  /** When, if that is recorded. */
  setAt: Date | null;
  /** Why there is nothing usable. */
  problem?: string | undefined;
}

/** The last line of the boot log about a profile. */
export interface BootLine {
  /** The line. */
  text: string;
  /** Whether it is of the latest boot. */
  latest: boolean;
}

/** What is known of a profile and its gateway. */
export interface WhyFacts {
  /** The profile's name; not necessarily a legal one. */
  profile: string;
  /** Where its directory is, or would be. */
  dir: string;
  /** What is wrong with its name. */
  nameProblem?: string | undefined;
  /** What its directory is. */
  found: "profile" | "no directory" | "no SOUL.md";
  /** Why it gets no slot although it is a profile. */
  refusal?: string | undefined;
  /** Why the container's rules give it no slot. */
  notSelected?: string | undefined;
  /** Why there is no room for one more gateway, and what helps. */
  noRoom?: { problem: string; help: string } | undefined;
  /** Whether the root profile's gateway serves it, so that a boot leaves its own down. */
  served?: boolean | undefined;
  /** The profiles that its gateway serves and that are to run. */
  wantedBy?: readonly string[] | undefined;
  /** What state is recorded. */
  recorded: RecordedState;
  /** Its last line in the boot log. */
  bootLine?: BootLine | undefined;
  /** Whether it has a slot. */
  registered: boolean;
  /** Whether an s6-supervise is at work in it. */
  supervised: boolean;
  /** What s6 says; `null` when nothing supervises the slot, or that is out of date. */
  status: GatewayStatus | null;
  /** The last lines of its log. */
  logLines: readonly string[];
}

/** Why a gateway is where it is. */
export type Cause =
  | "illegal-name"
  | "no-directory"
  | "no-soul"
  | "refused"
  | "not-selected"
  | "no-room"
  | "served"
  | "newer-than-boot"
  | "unregistered"
  | "not-supervised"
  | "not-known"
  | "up"
  | "restarting"
  | "stopped-by-operator"
  | "exit-78"
  | "exit-0"
  | "crash-loop"
  | "state"
  | "not-started"
  | "down";

/** An answer to "why is this gateway where it is?". */
export interface Answer {
  /** The cause. */
  cause: Cause;
  /** The same in words. */
  text: string;
  /** The command that helps; absent when nothing needs help. */
  help?: string | undefined;
  /** Whether the log shows more. */
  seeLog?: true | undefined;
}

/** From this many deaths on the finish script gives up. */
const PARKED_DEATHS = 10;

type Rule = (facts: WhyFacts) => Answer | undefined;

function ctl(command: string, { profile }: WhyFacts): string {
  return `gatewayctl ${command} ${profile}`;
}

function lastEnd({ exitCode, signal }: GatewayStatus): string {
  return signal === null ? `exit code ${exitCode}` : signal;
}

/** Says for whom else a gateway runs, if for anybody. */
function wanted({ wantedBy = [] }: WhyFacts, before = "; "): string {
  return wantedBy.length === 0 ? "" : before + wordWantedBy(wantedBy);
}

/** What stands between a name and a profile; a slot may be there all the same. */
const onTheVolume: Rule = (facts) => {
  const { dir, found, nameProblem, registered, refusal } = facts;
  const removed = registered ? "gatewayctl sync --prune" : undefined;
  if (nameProblem !== undefined) {
    const [, parent = ""] = /^(.*)\/[^/]*$/s.exec(dir) ?? [];
    const help = found === "profile"
      ? `mv ${shellQuote(dir)} ${shellQuote(`${parent}/new-name`)}; gatewayctl sync`
      : "gatewayctl list";
    return { cause: "illegal-name", text: `not a legal profile name: ${nameProblem}`, help };
  }
  if (found === "no directory") {
    const text = `not a profile: there is no directory ${dir}`;
    return { cause: "no-directory", text, help: removed ?? "gatewayctl list" };
  }
  if (found === "no SOUL.md") {
    const help = removed ?? `touch ${shellQuote(`${dir}/SOUL.md`)}; gatewayctl sync`;
    return { cause: "no-soul", text: `not a profile: there is no ${dir}/SOUL.md`, help };
  }
  if (refusal === undefined) return undefined;
  const help = removed ?? "mend it; gatewayctl sync";
  return { cause: "refused", text: `gets no gateway: ${refusal}`, help };
};

const room: Rule = ({ noRoom, registered }) => {
  if (noRoom === undefined || registered) return undefined;
  return { cause: "no-room", text: `not registered: ${noRoom.problem}`, help: noRoom.help };
};

const inTheScandir: Rule = (facts) => {
  const { bootLine, registered, supervised, status } = facts;
  if (!registered) {
    if (bootLine?.latest && !bootLine.text.includes(" action=skipped")) {
      const text = "not registered: it was unregistered since the container started";
      return { cause: "unregistered", text, help: ctl("register", facts) };
    }
    const text = bootLine?.latest
      ? "not registered: it was skipped when the container started"
      : "not registered: it is newer than the container's start";
    return { cause: "newer-than-boot", text, help: "gatewayctl sync" };
  }
  if (status === null && supervised) {
    return { cause: "not-known", text: STALE_STATUS, help: "gatewayctl doctor" };
  }
  if (status === null) {
    const text = "registered, but no s6-supervise listens for this user";
    return { cause: "not-supervised", text, help: "gatewayctl doctor" };
  }
};

const moving: Rule = (facts) => {
  const { status } = facts;
  if (status?.up) {
    const deaths = status.deaths === 0
      ? ""
      : `; it has died ${status.deaths} times since its start`;
    const text = `up, pid ${status.pid}${wanted(facts)}${deaths}`;
    return status.deaths === 0 ? { cause: "up", text } : { cause: "up", text, seeLog: true };
  }
  if (status?.wantedUp) {
    const text = `down for a moment: ended with ${lastEnd(status)} and is being restarted` +
      ` (${status.deaths} deaths; s6 gives up at ${PARKED_DEATHS} in two minutes)`;
    return { cause: "restarting", text, help: ctl("logs -f", facts), seeLog: true };
  }
};

const stoppedOnPurpose: Rule = (facts) => {
  const { state, setBy } = facts.recorded;
  if (setBy !== "operator" || state !== "stopped") return undefined;
  const text = `down: the operator stopped it${
    wanted(facts, "; at the next container start it is ")
  }`;
  return { cause: "stopped-by-operator", text, help: ctl("start", facts) };
};

const parked: Rule = (facts) => {
  const { status } = facts;
  if (status === null || status.deaths === 0) return undefined;
  const [logs, start] = [ctl("logs", facts), ctl("start", facts)];
  if (status.exitCode === 78) {
    const text = "parked: its configuration is wrong (exit code 78), s6 does not retry";
    return { cause: "exit-78", text, help: `${logs}; mend it; ${start}`, seeLog: true };
  }
  if (status.exitCode === 0) {
    const text = "down: it ended by itself with exit code 0, which s6 takes for intended";
    return { cause: "exit-0", text, help: start, seeLog: true };
  }
  if (status.deaths < PARKED_DEATHS) return undefined;
  const text = `parked: a crash loop, ${status.deaths} deaths, the last by ${
    lastEnd(status)
  }; s6 gave up`;
  return { cause: "crash-loop", text, help: `${logs}; mend it; ${start}`, seeLog: true };
};

const neverStarted: Rule = (facts) => {
  const { recorded: { state, setBy, problem }, status } = facts;
  if (status === null || status.deaths !== 0) return undefined;
  const help = ctl("start", facts);
  if (state === null) {
    const text = `down: no prior state (${problem ?? "none recorded"}), and only "running" starts`;
    return { cause: "state", text, help };
  }
  if (state !== "running") {
    const text = `down: its state is "${state}", set by the ${setBy}, and only "running" starts`;
    return { cause: "state", text, help };
  }
  return { cause: "not-started", text: "down: it was registered without being started", help };
};

const selected: Rule = ({ notSelected, registered }) => {
  if (notSelected === undefined || registered) return undefined;
  const text = `not selected for this container: ${notSelected}`;
  const help = "the container's HERMES_GATEWAY_PROFILES and HERMES_GATEWAY_SHARD";
  return { cause: "not-selected", text, help };
};

const served: Rule = ({ served, status, recorded: { state } }) => {
  if (!served || status === null || status.deaths !== 0 || state !== "running") return undefined;
  const text = "served by the root profile's gateway, as all are; its own stays down";
  return { cause: "served", text, help: "gatewayctl why default" };
};

// The first rule with an answer wins.
const RULES: readonly Rule[] = [
  onTheVolume,
  selected,
  room,
  inTheScandir,
  moving,
  stoppedOnPurpose,
  parked,
  served,
  neverStarted,
];

/**
 * Decides why a gateway is where it is, and which command helps. Pure.
 *
 * @param facts What is known.
 * @returns The answer.
 *
 * @example
 * ```ts
 * import { explain } from "./why.ts";
 * explain({
 *   profile: "coder",
 *   dir: "/opt/data/profiles/coder",
 *   found: "no SOUL.md",
 *   recorded: { state: null, setBy: null, setAt: null },
 *   registered: false,
 *   supervised: false,
 *   status: null,
 *   logLines: [],
 * }).cause; // "no-soul"
 * ```
 */
export function explain(facts: WhyFacts): Answer {
  for (const rule of RULES) {
    const answer = rule(facts);
    if (answer !== undefined) return answer;
  }
  const { status } = facts;
  const end = status === null ? "" : `, its last end: ${lastEnd(status)}`;
  return {
    cause: "down",
    text: `down: it was brought down past gatewayctl (s6-svc -d)${end}`,
    help: ctl("start", facts),
    seeLog: true,
  };
}

/**
 * Tells whether a profile of this name can be: the causes that say it is none.
 * Pure.
 *
 * @param cause The cause.
 * @returns Whether there is such a profile.
 */
export function isProfile(cause: Cause): boolean {
  return cause !== "illegal-name" && cause !== "no-directory" && cause !== "no-soul";
}
