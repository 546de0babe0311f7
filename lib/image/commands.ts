import { BOOT_LOG } from "../boot/log.ts";
import { CONFIG_FILE } from "../rules/config.ts";
import { PROFILE_FILES, STATE_FILE } from "../profile/list.ts";
import { PLANNED_STOP_FILE } from "../profile/planned_stop.ts";
import { LOOK, START_TIME } from "../s6/places.ts";
import { S6_BIN, type S6Program } from "../s6/run.ts";
import { MKFIFO } from "../slot/skeleton.ts";
import type { Command, CommandOption, CommandPlaces } from "./command.ts";
import type { Permissions } from "./permissions.ts";

/** The version of what `--json` prints; it grows when a field goes or changes its meaning. */
export const JSON_VERSION = 1;

const JSON_OPTION: CommandOption = { name: "json", text: "JSON instead of text" };
const ALL: CommandOption = { name: "all", text: "every gateway that is registered, as '*'" };
const SORT = (usual: string): CommandOption => ({
  name: "sort",
  value: "WHAT",
  text: `by name, state, memory, cpu or since (${usual})`,
});
const TIMEOUT: CommandOption = {
  name: "timeout",
  value: "SECONDS",
  text: "how long to wait for each gateway (10)",
};
const KILL: readonly CommandOption[] = [
  {
    name: "kill-after",
    value: "SECONDS",
    text: "how long until s6 kills one that does not stop",
  },
  { name: "no-kill", text: "never kill one that does not stop" },
];
const FORCE: CommandOption = { name: "force", text: "also one that is somebody else's to run" };
const NO_WAIT: CommandOption = { name: "no-wait", text: "do not wait until it is done" };

/** The caller's time zone: s6-log stamps in the container's, so that one has to stay Deno's own. */
const ZONE = ["GATEWAYCTL_TZ"];

function s6(...programs: S6Program[]): string[] {
  return programs.map((program) => `${S6_BIN}/${program}`);
}

/** To ask for a gateway's status, and whether the process that it names is there. */
const STATUS = [...s6("s6-svstat"), START_TIME];

/** What says how every gateway is: no program, what runs is told by the script. */
function overview({ facts, home, scandir }: CommandPlaces): string[] {
  return [
    facts,
    scandir,
    `${home}/profiles`,
    `${home}/${STATE_FILE}`,
    `${home}/${CONFIG_FILE}`,
    `${home}/logs/gateways`,
  ];
}

/**
 * What a sync may do. Pure.
 *
 * @param places Where the home and the scandir are.
 * @returns The permissions.
 */
export function syncPermissions({ facts, home, scandir }: CommandPlaces): Permissions {
  return {
    read: [
      facts,
      scandir,
      `${home}/profiles`,
      ...PROFILE_FILES.map((file) => `${home}/${file}`),
      `${home}/${CONFIG_FILE}`,
    ],
    write: [scandir],
    run: [MKFIFO, ...s6("s6-svc", "s6-svok", "s6-svscanctl"), LOOK],
  };
}

const KILL_NOTES = `--timeout bounds the wait only. Without --kill-after a gateway has 10 s more
than hermes waits for its agents (agent.restart_drain_timeout in the profile's
config.yaml), and at least 60 s. s6 sees to that, also after gatewayctl's end.`;
const RESTART_NOTES = `With --all or a pattern those that somebody has stopped stay so.`;

/** A command that changes gateways and records what the operator wants of them. */
function change(name: "start" | "stop" | "restart", purpose: string): Command {
  const stops = name !== "start";
  const marker = stops ? [PLANNED_STOP_FILE] : [];
  const force = name === "stop" ? [] : [FORCE];
  return {
    name,
    purpose,
    operands: "PROFILE...|--all",
    options: [ALL, TIMEOUT, ...stops ? KILL : [], ...force, NO_WAIT, JSON_OPTION],
    ...stops && { notes: name === "stop" ? KILL_NOTES : `${KILL_NOTES}\n${RESTART_NOTES}` },
    permissions: ({ facts, home, scandir }) => {
      const inHome = (files: readonly string[]) => files.map((file) => `${home}/${file}`);
      const state = inHome(["profiles", STATE_FILE, `${STATE_FILE}.new`]);
      const beside = inHome(marker.map((file) => `${file}.new`));
      return {
        read: [facts, scandir, ...state, ...beside, `${home}/${CONFIG_FILE}`],
        write: [scandir, ...state, ...inHome(marker), ...beside],
        run: [
          ...s6("s6-svc", "s6-svok", "s6-svscanctl"),
          ...STATUS,
          LOOK,
        ],
        ...stops && { env: ZONE },
      };
    },
  };
}

const SELECT: readonly CommandOption[] = [
  { name: "failed", text: "only those that have failed" },
  { name: "running", text: "only those that run" },
];

const COLUMNS = `FOR is for how long it has been up or down. CPU is the share of one core since
it was started, MEMORY what is resident, both with all that it has started. By
state the worst is first, by memory or cpu what uses most, by since the latest.`;

/** Every command of gatewayctl, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "list",
    purpose: "shows gateways, and profiles without one; all, or those named",
    operands: "[PROFILE]...",
    known: "both",
    options: [...SELECT, SORT("name"), JSON_OPTION],
    notes: `${COLUMNS}
The last line counts all, also those that --failed and --running leave out.`,
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "status",
    purpose: "shows registered gateways; all, or those named",
    operands: "[PROFILE]...",
    options: [...SELECT, SORT("name"), JSON_OPTION],
    notes: COLUMNS,
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "top",
    purpose: "shows registered gateways again and again; all, or those named",
    operands: "[PROFILE]...",
    options: [
      { name: "interval", value: "SECONDS", text: "how long to wait in between (2)" },
      { name: "count", short: "n", value: "N", text: "how often (until Ctrl-C)" },
      SORT("cpu"),
      { name: "json", text: "JSON instead of text, an object on each line" },
    ],
    notes: `CPU is the share of one core since the time before, at first since the gateway
was started. A terminal shows as many as it has room for; a pipe gets all.`,
    permissions: (places) => ({ read: overview(places), run: [LOOK] }),
  },
  change("start", "starts gateways, now and at the next container start"),
  change("stop", "stops gateways; they stay down, also at the next container start"),
  change("restart", "stops gateways, waits until they are down, and starts them"),
  {
    name: "register",
    purpose: "makes gateways for profiles and starts them",
    operands: "PROFILE...|--all",
    known: "volume",
    options: [
      {
        name: "env",
        value: "KEY=VALUE",
        many: true,
        text: "environment for the gateway, instead of what it had",
      },
      { name: "down", text: "do not start it" },
      { name: "all", text: "every profile without a gateway, as '*'" },
      FORCE,
      TIMEOUT,
      NO_WAIT,
      JSON_OPTION,
    ],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/profiles`, `${home}/${CONFIG_FILE}`],
      write: [scandir],
      run: [MKFIFO, ...s6("s6-svok", "s6-svscanctl"), ...STATUS, LOOK],
    }),
  },
  {
    name: "unregister",
    purpose: "stops gateways and removes them; the profiles stay",
    operands: "PROFILE...|--all",
    options: [ALL, TIMEOUT, JSON_OPTION],
    permissions: ({ facts, scandir }) => ({
      read: [facts, scandir],
      write: [scandir],
      run: s6("s6-svc", "s6-svok", "s6-svscanctl"),
    }),
  },
  {
    name: "sync",
    purpose: "makes gateways match the profiles on the volume; restarts nothing",
    operands: "",
    options: [
      { name: "prune", text: "also unregister gateways whose profile is gone" },
      { name: "dry-run", text: "say what would be done, write nothing" },
      TIMEOUT,
      JSON_OPTION,
    ],
    permissions: syncPermissions,
  },
  {
    name: "why",
    purpose: "explains why gateways are as they are, and what helps",
    operands: "[PROFILE]...",
    known: "both",
    options: [JSON_OPTION],
    notes: `With names it tells all that is known of each. Without, it prints a line for
each gateway that is not as it is wanted, the worst first, and exits 0. What
follows "try:" is a command to paste here; "outside:" is what only somebody
outside this container can change, and what it is now.`,
    permissions: (places) => ({
      read: [
        ...overview(places),
        ...[BOOT_LOG, `${BOOT_LOG}.1`].map((log) => `${places.home}/${log}`),
      ],
      env: ZONE,
    }),
  },
  {
    name: "doctor",
    purpose: "checks the supervision, the gateways, their logs and the space",
    operands: "",
    options: [JSON_OPTION],
    permissions: (places) => ({
      read: [...overview(places).slice(0, -1), `${places.home}/logs`],
      write: [places.scandir, `${places.home}/logs`],
      run: s6("s6-svok", "s6-svscanctl"),
    }),
  },
  {
    name: "logs",
    purpose: "shows what gateways have logged, by time",
    operands: "PROFILE...|--all",
    options: [
      ALL,
      { name: "follow", short: "f", text: "go on with what is written from now on" },
      {
        name: "lines",
        short: "n",
        value: "N",
        text: "the last N lines of each (20; with --since, all)",
      },
      { name: "since", value: "WHEN", text: "only what was logged since then" },
      { name: "json", text: "JSON instead of text, an object on each line" },
    ],
    notes: `WHEN is an age (30s, 10m, 2h, 7d) or a time (2026-11-22, "2026-11-22 08:47",
2026-11-22T08:47:00Z). A time without a zone is in the one that TZ names, as are
those that are shown. With several gateways each line begins with a profile.
With --all or a pattern, -f also follows gateways that are registered later.`,
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/logs/gateways`],
      env: ZONE,
    }),
  },
  {
    name: "health",
    purpose: "exits 0 if every gateway that is wanted up is up; else 1, with why",
    operands: "",
    options: [
      { name: "live", text: "only whether s6-svscan is at work" },
      { name: "ready", text: "whether each is up, or has failed for reasons of its own" },
      { name: "profile", value: "PROFILE", text: "only this one: is it up?" },
      JSON_OPTION,
    ],
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "metrics",
    purpose: "prints what is known of every gateway for Prometheus",
    operands: "",
    options: [JSON_OPTION],
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "completion",
    purpose: "prints a script for a shell's completion",
    operands: "bash|zsh",
    options: [],
    permissions: () => ({}),
  },
  {
    name: "help",
    purpose: "tells how a command is used, or which commands there are",
    operands: "[COMMAND]",
    options: [],
    permissions: () => ({}),
  },
];
