import { wordWantedBy } from "../boot/action.ts";
import type { ServiceStatus } from "../s6/status.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";
import { kindOf } from "./causes.ts";
import { type Answer, ctl, type Diagnosis, pathWord, type Rule } from "./_rule.ts";
import { elsewhere, onTheVolume } from "./_volume_rules.ts";
import { inTheScandir, logging, supervision, twice } from "./_supervision_rules.ts";

export type { Diagnosis };

/** From this many deaths on the finish script gives up. */
const GIVEN_UP = 10;

function lastEnd({ exitCode, signal }: ServiceStatus): string {
  return signal ?? `exit code ${exitCode}`;
}

/** Says for whom else a gateway runs, if for anybody. */
function wanted({ wantedBy }: GatewayFacts, before = "; "): string {
  return wantedBy.length === 0 ? "" : before + wordWantedBy(wantedBy);
}

function isEdited({ edited = [] }: GatewayFacts): boolean {
  return edited.length > 0;
}

/** Until a restart it runs by what was there when it was started. */
function wordEdited(facts: GatewayFacts, before: string): Answer {
  const { edited = [], servicedir } = facts;
  const text = `${before}; what is in ${servicedir} is not what the suite wrote: ${
    edited.join(", ")
  }`;
  return { cause: "run-edited", text, help: `gatewayctl sync; ${ctl("restart", facts)}` };
}

const moving: Rule = (facts, { full }) => {
  const { status, deaths, frozen, servicedir, supervisor } = facts;
  if (status === null) {
    if (supervisor === "unknown") return undefined;
    const text = "it is not known whether it runs: s6 could not write that down";
    if (full !== undefined) return { cause: "no-space", text: `${text}: ${full}`, outside: full };
    // Told what it is to do, s6-supervise writes down how it is.
    return {
      cause: "unknown",
      text,
      help: `s6-svc ${isWanted(facts) ? "-u" : "-d"} ${servicedir}`,
    };
  }
  if (status.up) {
    const died = deaths === 0 ? "" : `; it has died ${deaths} times since it was started by hand`;
    if (frozen) {
      const text = `it is frozen, by SIGSTOP (pid ${status.pid})`;
      return { cause: "gateway-frozen", text, help: `kill -s CONT ${status.pid}` };
    }
    if (!status.wantedUp) {
      const text = `it was told to stop, and does not (pid ${status.pid})`;
      return {
        cause: "stopping",
        text,
        help: `${ctl("stop", facts)} --kill-after 5`,
        seeLog: true,
      };
    }
    if (isEdited(facts)) return wordEdited(facts, `running, pid ${status.pid}`);
    return {
      cause: "running",
      text: `running, pid ${status.pid}${wanted(facts)}${died}`,
      ...deaths > 0 && { seeLog: true },
    };
  }
  if (!status.wantedUp) return undefined;
  if (isEdited(facts)) return wordEdited(facts, "it does not run");
  if (deaths === 0) return { cause: "starting", text: "s6 is starting it" };
  return {
    cause: "restarting",
    text: `it ended with ${lastEnd(status)} and is being restarted; s6 gives up at ` +
      `${GIVEN_UP} deaths in two minutes, and has counted ${deaths}; correct what its log says first`,
    help: ctl("restart", facts),
    seeLog: true,
  };
};

const waiting: Rule = (facts) => {
  if (!facts.waiting) return undefined;
  const text = "it waits for its turn to be started: HERMES_START_PARALLEL";
  return { cause: "waiting", text, help: ctl("start", facts) };
};

const stoppedOnPurpose: Rule = (facts) => {
  const { state, setBy } = facts.recorded;
  if (setBy !== "operator" || state !== "stopped") return undefined;
  const still = wanted(facts, "; at the next container start it is ");
  return { cause: "stopped", text: `an operator stopped it${still}`, help: ctl("start", facts) };
};

const ended: Rule = (facts, { hasHermes, full }) => {
  const { status, deaths } = facts;
  if (status === null || deaths === 0) return undefined;
  const failed = { help: ctl("start", facts), seeLog: true } as const;
  if (isEdited(facts)) return wordEdited(facts, "it has ended");
  if (status.exitCode === 0) {
    const text = "it ended with exit code 0, by itself or told to past gatewayctl: s6 takes that " +
      "for intended";
    return { cause: "ended", text, ...failed };
  }
  if (full !== undefined) {
    return { cause: "no-space", text: `it ended with ${lastEnd(status)}: ${full}`, outside: full };
  }
  if (status.exitCode === 78) {
    if (!hasHermes) {
      const outside = "the image: it has no hermes on PATH";
      return { cause: "no-hermes", text: "this image has no hermes", outside };
    }
    const text =
      "its configuration is wrong (exit code 78), and s6 does not retry; correct it first";
    return { cause: "wrong-configuration", text, ...failed };
  }
  if (deaths < GIVEN_UP) return undefined;
  const text = `a crash loop: ${deaths} deaths, the last by ${lastEnd(status)}, and s6 gave up; ` +
    "correct what its log says first";
  return { cause: "crash-loop", text, ...failed };
};

const neverStarted: Rule = (facts) => {
  const { dir, recorded: { state, setBy, problem }, served, status, deaths } = facts;
  if (served && (state === "running" || served.up)) {
    return served.up ? { cause: "served", text: `${served.by} serves it` } : {
      cause: "server-down",
      text: `${served.by} serves it, and is down`,
      help: ctl("start", facts),
    };
  }
  if (status === null || deaths !== 0) return undefined;
  const help = ctl("start", facts);
  if (problem !== undefined) {
    const file = pathWord(`${dir}/gateway_state.json`);
    const aside = `mv -f ${file} ${file}.bad && ${help}`;
    return { cause: "state-unusable", text: `it was not started: ${problem}`, help: aside };
  }
  if (state === null) {
    const text = 'it was never started: no state is recorded, and only "running" starts by itself';
    return { cause: "never-started", text, help };
  }
  if (state !== "running") {
    const text =
      `its state is "${state}", set by the ${setBy}, and only "running" starts by itself`;
    return { cause: "stopped", text, help };
  }
  return {
    cause: "not-started",
    text: "it is to run, and was registered without being started",
    help,
  };
};

// The first rule with an answer wins.
const RULES: readonly Rule[] = [
  onTheVolume,
  elsewhere,
  inTheScandir,
  supervision,
  twice,
  logging,
  moving,
  waiting,
  stoppedOnPurpose,
  ended,
  neverStarted,
];

function firstAnswer(facts: GatewayFacts, container: ContainerFacts): Answer {
  for (const rule of RULES) {
    const answer = rule(facts, container);
    if (answer !== undefined) return answer;
  }
  const { status } = facts;
  const end = status === null ? "" : `; its last end: ${lastEnd(status)}`;
  return {
    cause: "brought-down",
    text: `it was brought down past gatewayctl (s6-svc -d)${end}`,
    help: ctl("start", facts),
    seeLog: true,
  };
}

/**
 * Tells whether somebody wants a gateway to run: s6, or the state that is
 * recorded of its profile, or of one that it serves. Pure.
 *
 * @param facts What is known of it.
 * @returns Whether it is wanted.
 */
export function isWanted({ recorded, wantedBy, status, waiting = false }: GatewayFacts): boolean {
  return waiting || recorded.state === "running" || wantedBy.length > 0 ||
    status?.wantedUp === true;
}

/**
 * Decides why a gateway is as it is, and what helps. Pure.
 *
 * @param facts What is known of it.
 * @param container What is known of the container.
 * @returns The answer.
 *
 * @example
 * ```ts no-eval
 * import { diagnose } from "./cause.ts";
 * import { gatherOverview } from "./overview_facts.ts";
 * const { container, gateways } = gatherOverview(options);
 * gateways.map((facts) => diagnose(facts, container).cause);
 * ```
 */
export function diagnose(facts: GatewayFacts, container: ContainerFacts): Diagnosis {
  const answer = firstAnswer(facts, container);
  const kind = kindOf(answer.cause);
  // What nobody wants to run has not failed by being down.
  const isIdle = kind === "failed" && answer.cause !== "state-unusable" && !isWanted(facts) &&
    !facts.status?.up;
  return { ...answer, kind: isIdle ? "stopped" : kind };
}
