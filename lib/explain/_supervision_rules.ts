import type { ContainerFacts, GatewayFacts } from "./gateway.ts";
import { SHARED_SCANDIR, WAKE } from "../s6/places.ts";
import { type Answer, ctl, type Rule, THEN_SYNC } from "./_rule.ts";

/** With shared supervision s6's own processes are root's, and only root can wake them. */
function ofRoot({ mode }: ContainerFacts): string {
  return mode === "shared" ? ", which is root's," : "";
}

const GATEWAYS = `${SHARED_SCANDIR}/gateways`;
/** It may lack its s6-supervise, which only root can change. */
const START_GATEWAYS = `s6-svok ${GATEWAYS} || ${WAKE} ${SHARED_SCANDIR}; s6-svc -u ${GATEWAYS}`;

/** Says why nobody supervises anything, if that is so. */
function svscanAnswer(what: string, container: ContainerFacts): Answer | undefined {
  const { svscan, svscanPid, mode } = container;
  if (svscan === "frozen") {
    const text = `${what}: s6-svscan${ofRoot(container)} is frozen (pid ${svscanPid})`;
    return { cause: "svscan-down", text, help: `kill -s CONT ${svscanPid}` };
  }
  if (svscan !== "none" || mode !== "isolated") return undefined;
  const text = `${what}: the service gateways, its s6-svscan, is down`;
  return { cause: "svscan-down", text, help: START_GATEWAYS };
}

/** Makes what is missing, and has s6-svscan start what it does not supervise. */
function wake({ servicedir }: GatewayFacts): string {
  return `gatewayctl sync; ${WAKE} ${servicedir.slice(0, servicedir.lastIndexOf("/"))}`;
}

/** What is in the scandir. */
export const inTheScandir: Rule = (facts, container) => {
  const { servicedir, slot, unregistered } = facts;
  const { noRoom } = container;
  if (slot === "directory") return undefined;
  if (slot === "other") {
    const text = `${servicedir} is not a directory`;
    return { cause: "not-a-directory", text, help: `rm -f ${servicedir}${THEN_SYNC}` };
  }
  if (unregistered) {
    const text = "an operator has unregistered it since the container started";
    return { cause: "unregistered", text, help: ctl("register", facts) };
  }
  if (noRoom !== undefined) {
    return { cause: "svscan-full", text: noRoom.problem, outside: noRoom.help };
  }
  const text =
    "it has no service directory: its profile is newer than the container's start, or it was removed";
  return svscanAnswer("it has no service directory, and can get none", container) ??
    { cause: "no-slot", text, help: "gatewayctl sync" };
};

/** Who supervises it. */
export const supervision: Rule = (facts, container) => {
  const { supervisor, supervisorPid } = facts;
  if (supervisor === "frozen") {
    const text = `its s6-supervise${ofRoot(container)} is frozen (pid ${supervisorPid})`;
    return { cause: "supervisor-frozen", text, help: `kill -s CONT ${supervisorPid}` };
  }
  if (supervisor !== "none") return undefined;
  const text = "no s6-supervise runs for it";
  return svscanAnswer("nothing supervises it", container) ??
    { cause: "no-supervisor", text, help: wake(facts) };
};

/** Whether it runs a second time. */
export const twice: Rule = ({ strays, doubles, status }) => {
  if (doubles.length > 0) {
    const text = `a second s6-supervise runs another gateway of this profile: pid ${
      doubles.join(" ")
    }`;
    return { cause: "two-gateways", text, help: "gatewayctl sync" };
  }
  if (strays.length === 0) return undefined;
  const pids = strays.join(" ");
  const beside = status?.up ? `beside the one that s6 supervises (pid ${status.pid})` : "past s6";
  return {
    cause: "two-gateways",
    text: `another gateway of this profile runs ${beside}: pid ${pids}`,
    help: `kill ${pids}`,
  };
};

/** Its log cannot be written, or nobody does. */
function brokenLog(facts: GatewayFacts, container: ContainerFacts): Answer | undefined {
  const { logger, logProblem, servicedir } = facts;
  if (logProblem !== undefined) {
    const { text, help } = logProblem;
    const again = `s6-svc -t ${servicedir}/log`;
    if (help === undefined) {
      return { cause: "log-unwritable", text, outside: container.full ?? text };
    }
    return { cause: "log-unwritable", text, help: help === "" ? again : `${help} && ${again}` };
  }
  if (logger.supervisor === "frozen" || logger.frozen) {
    const [pid, what] = logger.frozen
      ? [logger.status?.pid, "logger"]
      : [logger.supervisorPid, `logger's s6-supervise${ofRoot(container)}`];
    return {
      cause: "logger-down",
      text: `its ${what} is frozen (pid ${pid})`,
      help: `kill -s CONT ${pid}`,
    };
  }
  // s6-svscan has the pipe between the two, and may have closed it: both have to be made anew.
  const anew = `${ctl("unregister", facts)} && ${ctl("register", facts)}`;
  if (logger.supervisor === "none") {
    const answer = svscanAnswer("nothing supervises its logger", container) ??
      { text: "nothing supervises its logger", help: anew };
    return { ...answer, cause: "logger-down" };
  }
  const { status } = logger;
  if (status?.up) return undefined;
  if (status?.wantedUp && status.exitCode === 0) {
    const text = "its logger ends at once: nobody writes to its pipe";
    return { cause: "logger-down", text, help: anew };
  }
  return { cause: "logger-down", text: "its logger is down", help: `s6-svc -u ${servicedir}/log` };
}

/** One whose pipe nobody reads freezes after 64 KiB, and s6 calls it up. */
export const logging: Rule = (facts, container) => {
  if (!facts.status?.up || facts.logger.supervisor === "unknown") return undefined;
  const answer = brokenLog(facts, container);
  return answer &&
    { ...answer, text: `${answer.text}; when 64 KiB of its output wait, the gateway stands still` };
};
