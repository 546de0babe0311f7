import { RUNNING, type Scene, STOPPED } from "./_live.ts";
import { DIR, type Row } from "./_why_row.ts";

/** A profile that is to run, and whose gateway does as told. */
export const stub = (text: string): Scene => ({ ...RUNNING, stub: text });
/** Defines `pid_of ARGS`. */
export const PID =
  `pid_of() { ps -eo pid=,args= | sed -n "s:^ *\\\\([0-9]*\\\\) $1\\$:\\\\1:p"; }; `;
/** Sends a signal to the s6-supervise of the profile, or its logger. */
export const signalSupervisor = (name: string, half = "") =>
  `${PID}kill -s ${name} $(pid_of "s6-supervise gateway-$1${half}")`;
const SVSTAT = `s6-svstat -o pid`;
const STRAY =
  `cd / && HOME=/opt/data HERMES_GATEWAY_NO_SUPERVISE=1 setsid /usr/local/bin/hermes -p "$1" gateway run --replace >/dev/null 2>&1 </dev/null &`;
const NO_STUB = `rm "${DIR}/$1/stub"`;

/** What operators do. */
export const OPERATORS: readonly Row[] = [
  { cause: "running", profile: "running", scene: RUNNING, silent: true },
  { cause: "stopped", profile: "stopped", scene: RUNNING, plant: `gatewayctl stop "$1"` },
  { cause: "stopped", profile: "was-stopped", scene: { state: { gateway_state: "stopped" } } },
  { cause: "never-started", profile: "never", scene: {} },
  {
    cause: "not-started",
    profile: "down",
    scene: RUNNING,
    plant: `gatewayctl unregister "$1" && gatewayctl register --down "$1"`,
  },
  {
    cause: "unregistered",
    profile: "unregistered",
    scene: RUNNING,
    plant: `gatewayctl unregister "$1"`,
  },
  {
    cause: "stopping",
    profile: "hang",
    scene: stub("hang"),
    plant: `s6-svc -d "$2"`,
    then: "stopped",
  },
  {
    cause: "brought-down",
    profile: "svc-d",
    scene: stub("upstream"),
    plant: `s6-svc -d "$2"`,
    says: /past gatewayctl/,
  },
  {
    cause: "ended",
    profile: "svc-d-0",
    scene: RUNNING,
    plant: `s6-svc -d "$2"`,
    says: /exit code 0/,
  },
];

/** What gateways do. */
export const GATEWAYS: readonly Row[] = [
  { cause: "ended", profile: "ended", scene: stub("exit 0"), correct: NO_STUB },
  { cause: "wrong-configuration", profile: "config", scene: stub("exit 78"), correct: NO_STUB },
  {
    cause: "crash-loop",
    profile: "loop",
    scene: stub("exit 1"),
    correct: NO_STUB,
    says: /10 deaths, the last by exit code 1/,
  },
  {
    cause: "restarting",
    profile: "restarting",
    scene: STOPPED,
    plant: `echo "exit 1" >"${DIR}/$1/stub"; gatewayctl start --no-wait "$1"`,
    again: `gatewayctl start --no-wait "$1"`,
    correct: NO_STUB,
  },
  {
    cause: "gateway-frozen",
    profile: "frozen",
    scene: RUNNING,
    plant: `kill -s STOP $(${SVSTAT} "$2")`,
  },
  {
    cause: "two-gateways",
    profile: "beside",
    scene: RUNNING,
    plant: STRAY,
    says: /beside the one/,
  },
  {
    cause: "two-gateways",
    profile: "past",
    scene: STOPPED,
    plant: STRAY,
    then: "stopped",
    says: /past s6/,
  },
];

/** What any scan for what is gone would end: nobody else may ask for one meanwhile. */
export const ORPHAN: readonly Row[] = [
  {
    cause: "two-gateways",
    profile: "orphan",
    scene: RUNNING,
    says: /a second s6-supervise/,
    plant:
      `cd "$2/.." && cp -a "$2" .hermes/copy && rm -rf "$2" .hermes/copy/leader && mv .hermes/copy "$2" && s6-svscanctl -a .`,
  },
];

/** What becomes of s6, and what it goes by. */
export const S6: readonly Row[] = [
  // s6 starts nothing that it cannot execute, and tries again.
  {
    cause: "run-edited",
    profile: "mode",
    scene: STOPPED,
    others: "starting",
    plant: `chmod a-x "$2/run" && s6-svc -u "$2"`,
  },
  {
    cause: "run-edited",
    profile: "edited",
    scene: RUNNING,
    others: "running",
    plant: `echo "# x" >>"$2/run"`,
    says: /: run$/,
  },
  {
    cause: "run-edited",
    profile: "edited-log",
    scene: RUNNING,
    others: "running",
    plant: `echo exit >"$2/log/run"`,
    says: /: log\/run$/,
  },
  { cause: "unknown", profile: "unknown", scene: RUNNING, plant: `rm "$2/supervise/status"` },
  {
    cause: "unknown",
    profile: "unknown-down",
    scene: STOPPED,
    plant: `rm "$2/supervise/status"`,
    then: "stopped",
  },
  {
    cause: "supervisor-frozen",
    profile: "supervisor",
    scene: RUNNING,
    planter: "root",
    helper: "s6",
    plant: signalSupervisor("STOP"),
  },
  { cause: "no-slot", profile: "gone", scene: RUNNING, plant: `rm -rf "$2"` },
  {
    cause: "no-slot",
    profile: "newer",
    plant:
      `mkdir "${DIR}/$1" && cd "${DIR}/$1" && : >SOUL.md && echo '{"desired_state":"running"}' >gateway_state.json`,
  },
  {
    cause: "not-a-directory",
    profile: "file",
    scene: RUNNING,
    plant: `gatewayctl unregister "$1" && : >"$2"`,
  },
  { cause: "logger-down", profile: "log-down", scene: RUNNING, plant: `s6-svc -d "$2/log"` },
  {
    cause: "logger-down",
    profile: "log-frozen",
    scene: RUNNING,
    plant: `kill -s STOP $(${SVSTAT} "$2/log")`,
  },
  {
    cause: "logger-down",
    profile: "log-s6",
    scene: RUNNING,
    planter: "root",
    helper: "s6",
    plant: signalSupervisor("STOP", "/log"),
  },
  {
    cause: "logger-down",
    profile: "log-gone",
    scene: RUNNING,
    planter: "root",
    says: /nothing supervises/,
    plant: `rm -rf "$2/log"; ${signalSupervisor("KILL", "/log")}`,
  },
];

/** Alone: whoever has s6-svscan look for another one has it find this one again. */
export const UNSUPERVISED: readonly Row[] = [
  {
    cause: "no-supervisor",
    profile: "unsupervised",
    scene: RUNNING,
    plant:
      `cd "$2/.." && mv "$2" .hermes/x && s6-svscanctl -an . && while s6-svok .hermes/x; do sleep 0.1; done; sleep 0.5; mv .hermes/x "$2"`,
  },
];
