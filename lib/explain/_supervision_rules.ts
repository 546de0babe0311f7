import { shellQuote } from "../_quote.ts";
import { ctl, type Rule, THEN_SYNC } from "./_rule.ts";

/** What is in the scandir. */
export const inTheScandir: Rule = (facts, { noRoom }) => {
  const { servicedir, slot, unregistered } = facts;
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
  return { cause: "no-slot", text, help: "gatewayctl sync" };
};

/** Who supervises it. */
export const supervision: Rule = ({ supervisor, supervisorPid }, { svscan, svscanPid, mode }) => {
  if (supervisor === "frozen") {
    const text = `its s6-supervise is frozen (pid ${supervisorPid})`;
    return { cause: "supervisor-frozen", text, help: `kill -s CONT ${supervisorPid}` };
  }
  if (supervisor !== "none") return undefined;
  if (svscan === "frozen") {
    const text = `nothing supervises it: s6-svscan is frozen (pid ${svscanPid})`;
    return { cause: "svscan-down", text, help: `kill -s CONT ${svscanPid}` };
  }
  if (svscan === "none" && mode === "isolated") {
    const text = "nothing supervises it: the service gateways, its s6-svscan, is down";
    return { cause: "svscan-down", text, help: "s6-svc -u /run/service/gateways" };
  }
  return { cause: "no-supervisor", text: "no s6-supervise runs for it", help: "gatewayctl sync" };
};

/** Whether it runs a second time. */
export const twice: Rule = ({ strays: [first, ...others], status }) => {
  if (first === undefined) return undefined;
  const pids = [first, ...others].join(" ");
  const beside = status?.up ? `beside the one that s6 supervises (pid ${status.pid})` : "past s6";
  return {
    cause: "two-gateways",
    text: `another gateway of this profile runs ${beside}: pid ${pids}`,
    help: `kill ${pids}`,
  };
};

/** One whose pipe nobody reads freezes after 64 KiB, and s6 calls it up. */
export const logging: Rule = ({ logger, logDir, logProblem, servicedir, status }) => {
  if (!status?.up || logger.supervisor === "unknown") return undefined;
  const consequence = "and it freezes when 64 KiB of its output wait";
  if (logProblem !== undefined) {
    const help = `chmod u+rwx ${shellQuote(logDir)}`;
    return {
      cause: "log-unwritable",
      text: `its log cannot be written, ${consequence}: ${logProblem}`,
      help,
    };
  }
  if (logger.supervisor === "frozen" || logger.frozen) {
    const pid = logger.frozen ? logger.status?.pid : logger.supervisorPid;
    const text = `its logger is frozen (pid ${pid}), ${consequence}`;
    return { cause: "logger-down", text, help: `kill -s CONT ${pid}` };
  }
  if (logger.supervisor === "none") {
    return {
      cause: "logger-down",
      text: `nothing supervises its logger, ${consequence}`,
      help: "gatewayctl sync",
    };
  }
  if (logger.status?.up) return undefined;
  const text = `its logger is down, ${consequence}`;
  return { cause: "logger-down", text, help: `s6-svc -u ${servicedir}/log` };
};
