import { memberOf } from "../../lib/rules/shard.ts";
import type { Cause } from "../../lib/explain/causes.ts";
import type { Container } from "../container/container.ts";
import { type Home, RUNNING, type Scene, STOPPED, type Supervision } from "./_live.ts";

/** A container with causes to be planted. */
export interface Place {
  container: Container;
  home: Home;
  mode: Supervision;
  scandir: string;
}

/** One cause, and how it comes and goes. */
export interface Row {
  cause: Cause;
  /** Where it can exist. Default: both. */
  modes?: readonly Supervision[];
  /** The profile; not necessarily a legal name. */
  profile: string;
  /** What is on the volume when the container starts. */
  scene?: Scene;
  /** Plants it: a script in the container; `$1` is the profile, `$2` its service directory. */
  plant?: string;
  /** Who plants it. Default: `hermes`. */
  planter?: "root" | "hermes";
  /** Whether it passes: what is done when it has gone before it was seen. */
  again?: string;
  /** Where only `why` with the name can see it, what the others say. */
  others?: Cause | "absent";
  /** What is to be corrected before the command: a script, as `plant`. */
  correct?: string;
  /** Who can run the command. Default: `hermes`. `s6`: whose s6's processes are. */
  helper?: "root" | "hermes" | "s6";
  /** What becomes of it. Default: `running`. */
  then?: Cause | "absent";
  /** What the outside is told; then there is no command. */
  outside?: RegExp;
  /** Whether there is neither, for nothing is wrong or nothing is there. */
  silent?: true;
  /** What the sentence says. */
  says?: RegExp;
}

/** Rows that can be planted at once, in one container; stages follow each other. */
export interface Group {
  title: string;
  modes?: readonly Supervision[];
  env?: Readonly<Record<string, string>>;
  /** Beside those of the rows. */
  profiles?: Readonly<Record<string, Scene>>;
  /** As root, before the hooks run. */
  before?: string;
  stages: readonly (readonly Row[])[];
}

const stub = (text: string): Scene => ({ ...RUNNING, stub: text });
const PID = `pid_of() { ps -eo pid=,args= | sed -n "s:^ *\\\\([0-9]*\\\\) $1\\$:\\\\1:p"; }; `;
const signalSupervisor = (name: string, half = "") =>
  `${PID}kill -s ${name} $(pid_of "s6-supervise gateway-$1${half}")`;
const SVSTAT = `s6-svstat -o pid`;
const STRAY =
  `cd / && HOME=/opt/data HERMES_GATEWAY_NO_SUPERVISE=1 setsid /usr/local/bin/hermes -p "$1" gateway run --replace >/dev/null 2>&1 </dev/null &`;
const DIR = `/opt/data/profiles`;
const NO_STUB = `rm "${DIR}/$1/stub"`;

const OPERATORS: readonly Row[] = [
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

const GATEWAYS: readonly Row[] = [
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
  {
    cause: "two-gateways",
    profile: "orphan",
    scene: RUNNING,
    says: /a second s6-supervise/,
    plant:
      `cd "$2/.." && cp -a "$2" .hermes/copy && rm -rf "$2" .hermes/copy/leader && mv .hermes/copy "$2" && s6-svscanctl -a .`,
  },
];

const S6: readonly Row[] = [
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
    plant: `: >"$2/supervise/status"`,
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
  {
    cause: "no-supervisor",
    profile: "unsupervised",
    scene: RUNNING,
    plant:
      `cd "$2/.." && mv "$2" .hermes/x && s6-svscanctl -an . && while s6-svok .hermes/x; do :; done; mv .hermes/x "$2"`,
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

const LOG = "/opt/data/logs/gateways/$1";
const VOLUME: readonly Row[] = [
  {
    cause: "log-unwritable",
    profile: "log-mode",
    scene: RUNNING,
    plant: `chmod a-w "${LOG}"; s6-svc -t "$2/log"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-root",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    plant: `chown 0:0 "${LOG}"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-current",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    plant: `chown 0:0 "${LOG}/current"; s6-svc -t "$2/log"`,
  },
  {
    cause: "log-unwritable",
    profile: "log-again",
    scene: RUNNING,
    says: /a moment ago/,
    planter: "root",
    plant:
      `chown 0:0 "${LOG}"; echo 64 >"$2/log/pause"; chown hermes: "$2/log/pause"; s6-svc -t "$2/log"; until [ "$(stat -c %Y "$2/log/pause")" -gt 0 ] && [ "$(ps -eo args= | grep -c "^timeout -k 5 64")" -gt 0 ]; do sleep 0.1; done; sleep 0.1; chown hermes: "${LOG}"`,
  },
  { cause: "state-unusable", profile: "corrupt", scene: { state: "{" }, says: /not JSON/ },
  {
    cause: "state-unusable",
    profile: "state-dir",
    scene: {},
    plant: `mkdir "${DIR}/$1/gateway_state.json"`,
  },
  {
    cause: "state-unusable",
    profile: "state-root",
    scene: {},
    planter: "root",
    plant: `cd "${DIR}/$1" && : >gateway_state.json && chmod 0 gateway_state.json`,
  },
  {
    cause: "removed",
    profile: "removed",
    scene: RUNNING,
    plant: `mv "${DIR}/$1" /opt/data/elsewhere`,
    then: "absent",
  },
  {
    cause: "removed",
    profile: "soul-less",
    scene: RUNNING,
    plant: `rm "${DIR}/$1/SOUL.md"`,
    then: "no-soul",
  },
  { cause: "no-soul", profile: "soulless", scene: { ...RUNNING, soul: false } },
  { cause: "no-profile", profile: "nowhere", others: "absent", silent: true },
  {
    cause: "unreadable",
    profile: "unreadable",
    scene: RUNNING,
    plant: `gatewayctl unregister "$1" && chmod 0 "${DIR}/$1"`,
  },
  {
    cause: "unreadable",
    profile: "of-root",
    scene: RUNNING,
    planter: "root",
    helper: "root",
    says: /only root/,
    plant: `gatewayctl unregister "$1" && chown 0:0 "${DIR}/$1" && chmod 700 "${DIR}/$1"`,
  },
  {
    cause: "symlink",
    profile: "link",
    plant: `ln -s running "${DIR}/$1"`,
    then: "absent",
    says: /gateway of its own/,
  },
  {
    cause: "symlink",
    profile: "link-out",
    plant: `mkdir /opt/data/out && : >/opt/data/out/SOUL.md && ln -s ../out "${DIR}/$1"`,
    then: "never-started",
  },
  {
    cause: "reserved-name",
    profile: "default",
    scene: {},
    plant: `mkdir "${DIR}/default" && : >"${DIR}/default/SOUL.md"`,
    then: "absent",
  },
  ...["My Bot", "it's $(x)", "a\nb", "tab\tand \x1b[2J", "caf\u00e9", "\u202eevil", "-rf"].map((
    profile,
  ): Row => (
    { cause: "illegal-name", profile, scene: {}, then: "absent" }
  )),
];

const OTHER = ["team-a", "team-b", "team-c", "team-d", "team-e"].find((name) =>
  memberOf(name, 2) === 2
)!;
const OWN = ["team-a", "team-b", "team-c", "team-d", "team-e"].find((name) =>
  memberOf(name, 2) === 1
)!;

/** Every cause. */
export const GROUPS: readonly Group[] = [
  { title: "operators and gateways", stages: [[...OPERATORS, ...GATEWAYS]] },
  { title: "s6", stages: [S6] },
  { title: "the volume", profiles: { running: RUNNING }, stages: [VOLUME] },
  {
    title: "the pod",
    env: { HERMES_GATEWAY_SHARD: "hermes-0/2", HERMES_GATEWAY_PROFILES: "default,team-*" },
    stages: [[
      { cause: "running", profile: OWN, scene: RUNNING, silent: true },
      {
        cause: "other-shard",
        profile: OTHER,
        scene: RUNNING,
        outside: /^HERMES_GATEWAY_SHARD is hermes-0\/2 here: the pod hermes-1 has /,
      },
      {
        cause: "not-selected",
        profile: "coder",
        scene: RUNNING,
        outside: /^HERMES_GATEWAY_PROFILES is "default,team-\*" here: add coder$/,
      },
    ]],
  },
  {
    title: "the root gateway serves all",
    env: { HERMES_GATEWAY_TOPOLOGY: "one" },
    profiles: { default: RUNNING },
    stages: [
      [{ cause: "served", profile: "coder", scene: RUNNING, silent: true }],
      [{
        cause: "server-down",
        profile: "coder",
        plant: `s6-svc -d "\${2%/*}/gateway-default"`,
        then: "served",
      }],
    ],
  },
  {
    title: "an image without hermes",
    before: "rm /usr/local/bin/hermes",
    stages: [[{ cause: "no-hermes", profile: "coder", scene: RUNNING, outside: /^the image: / }]],
  },
  {
    title: "the volume is full",
    before: `cp -a /opt/data /tmp/volume && mount -t tmpfs -o size=1m tmpfs /opt/data &&
      cp -a /tmp/volume/. /opt/data && chown hermes: /opt/data`,
    stages: [[{
      cause: "no-space",
      profile: "coder",
      scene: stub("exit 78"),
      planter: "root",
      plant:
        'until s6-svstat -o exitcode "$2" | grep -q 78; do sleep 0.1; done; cat /dev/zero >/opt/data/fill',
      outside: /^no space is left for \/opt\/data$/,
    }]],
  },
  {
    title: "what the container is",
    stages: [
      [{
        cause: "svscan-full",
        profile: "one-more",
        planter: "root",
        outside: /^HERMES_(SUPERVISION is "shared"|GATEWAY_SHARD is "") here: /,
        plant:
          `sed -i "s/^svscan_max=.*/svscan_max='-C 4'/" /run/hermes-boot/facts; mkdir "${DIR}/$1" && : >"${DIR}/$1/SOUL.md"`,
      }],
      [{
        cause: "dashboard-container",
        profile: "one-more",
        planter: "root",
        outside: /command is dashboard/,
        plant: `sed -i "s/^role=.*/role='dashboard'/" /run/hermes-boot/facts`,
      }],
    ],
  },
  {
    title: "s6-svscan",
    modes: ["isolated"],
    stages: [
      [{
        cause: "svscan-down",
        profile: "coder",
        scene: RUNNING,
        says: /is frozen/,
        plant: `${PID}kill -s STOP $(pid_of "s6-svscan .*/run/hermes/service"); ${
          signalSupervisor("KILL")
        }`,
      }],
      [{
        cause: "svscan-down",
        profile: "coder",
        says: /is down$/,
        plant: "s6-svc -wD -d /run/service/gateways",
      }],
    ],
  },
];
