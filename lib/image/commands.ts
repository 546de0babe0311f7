import { BOOT_LOG } from "../boot/log.ts";
import { CONFIG_FILE } from "../rules/config.ts";
import { PROFILE_FILES, STATE_FILE } from "../profile/list.ts";
import { PLANNED_STOP_FILE } from "../profile/planned_stop.ts";
import { LOOK, START_TIME } from "../s6/places.ts";
import { S6_BIN, type S6Program } from "../s6/run.ts";
import { SERVICE_ACCOUNT } from "../cluster/connection.ts";
import type { Command, CommandOption, CommandPlaces } from "./command.ts";
import { type Permissions, skeletonPrograms } from "./permissions.ts";

/** The suite's version, as in deno.json. */
export const VERSION = "0.1.0";

/** The version of what `--json` prints; it grows when a field goes or changes its meaning. */
export const JSON_VERSION = 1;

const JSON_OPTION: CommandOption = { name: "json", text: "print JSON instead of text" };
const ALL: CommandOption = { name: "all", text: "every registered gateway, like '*'" };
const SORT = (usual: string): CommandOption => ({
  name: "sort",
  value: "KEY",
  text: `order by name, state, memory, cpu or since (default ${usual})`,
});
const TIMEOUT: CommandOption = {
  name: "timeout",
  value: "SECONDS",
  text: "wait at most this long for each gateway (default 10)",
};
const KILL: readonly CommandOption[] = [
  {
    name: "kill-after",
    value: "SECONDS",
    text: "kill it if still up after that long (default: see below)",
  },
  { name: "no-kill", text: "never kill it, however long it takes to stop" },
];
const FORCE: CommandOption = {
  name: "force",
  text: "do it even if this container is not meant to run it",
};
const NO_WAIT: CommandOption = { name: "no-wait", text: "return at once; s6 does the rest" };

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

/** What says how every gateway in a pod of its own is. */
function clusterOverview({ facts, home, api = "" }: CommandPlaces): Permissions {
  const root = [...PROFILE_FILES, CONFIG_FILE].map((file) => `${home}/${file}`);
  return { read: [facts, `${home}/profiles`, ...root, SERVICE_ACCOUNT], net: [api] };
}

/** What records what is wanted of a gateway in a pod of its own. */
function clusterIntent({ facts, home, scandir }: CommandPlaces): Permissions {
  const state = ["profiles", STATE_FILE, `${STATE_FILE}.new`].map((file) => `${home}/${file}`);
  return { read: [facts, scandir, ...state], write: [scandir, ...state] };
}

/**
 * What says how every gateway is, and why: what the command why reads. Pure.
 *
 * @param places Where the home and the scandir are.
 * @returns The paths.
 */
export function explainPaths(places: CommandPlaces): string[] {
  return [
    ...overview(places),
    ...[BOOT_LOG, `${BOOT_LOG}.1`].map((log) => `${places.home}/${log}`),
  ];
}

/**
 * What a sync may do. Pure.
 *
 * @param places Where the home and the scandir are.
 * @returns The permissions.
 */
export function syncPermissions({ facts, home, scandir, ...slots }: CommandPlaces): Permissions {
  return {
    read: [
      facts,
      scandir,
      `${home}/profiles`,
      ...PROFILE_FILES.map((file) => `${home}/${file}`),
      `${home}/${CONFIG_FILE}`,
    ],
    write: [scandir],
    run: [...skeletonPrograms(slots), ...s6("s6-svc", "s6-svok", "s6-svscanctl"), LOOK],
  };
}

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
    ...name !== "restart" && { inCluster: clusterIntent },
  };
}

const SELECT: readonly CommandOption[] = [
  { name: "failed", text: "show only failed gateways" },
  { name: "running", text: "show only running gateways" },
];

/** Every command of gatewayctl, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "list",
    purpose: "lists profiles and their gateways",
    operands: "[PROFILE]...",
    known: "both",
    options: [...SELECT, SORT("name"), JSON_OPTION],
    permissions: (places) => ({ read: overview(places) }),
    inCluster: clusterOverview,
  },
  {
    name: "status",
    purpose: "like list, but only registered gateways",
    operands: "[PROFILE]...",
    options: [...SELECT, SORT("name"), JSON_OPTION],
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "top",
    purpose: "like status, but refreshes until Ctrl-C",
    operands: "[PROFILE]...",
    options: [
      { name: "interval", value: "SECONDS", text: "time between two refreshes (default 2)" },
      {
        name: "count",
        short: "n",
        value: "N",
        text: "end after N tables (default: go on until Ctrl-C)",
      },
      SORT("cpu"),
      { name: "json", text: "print JSON instead of text, one object a line" },
    ],
    permissions: (places) => ({ read: overview(places), run: [LOOK] }),
  },
  change("start", "starts gateways; they also start with the container"),
  change("stop", "stops gateways; they stay down when the container starts"),
  change("restart", "stops gateways and starts them again"),
  {
    name: "register",
    purpose: "creates gateways for profiles and starts them",
    operands: "PROFILE...|--all",
    known: "volume",
    options: [
      {
        name: "env",
        value: "KEY=VALUE",
        many: true,
        text: "set a variable for the gateway; may be repeated",
      },
      { name: "down", text: "create it, do not start it" },
      { name: "all", text: "every profile without a gateway, like '*'" },
      FORCE,
      TIMEOUT,
      NO_WAIT,
      JSON_OPTION,
    ],
    permissions: ({ facts, home, scandir, ...slots }) => ({
      read: [facts, scandir, `${home}/profiles`, `${home}/${CONFIG_FILE}`],
      write: [scandir],
      run: [...skeletonPrograms(slots), ...s6("s6-svok", "s6-svscanctl"), ...STATUS, LOOK],
    }),
  },
  {
    name: "unregister",
    purpose: "stops gateways and removes them; the profiles stay",
    operands: "PROFILE...|--all",
    options: [
      ALL,
      { ...TIMEOUT, text: "kill it if still up after that long (default 10)" },
      JSON_OPTION,
    ],
    permissions: ({ facts, scandir }) => ({
      read: [facts, scandir],
      write: [scandir],
      run: s6("s6-svc", "s6-svok", "s6-svscanctl"),
    }),
  },
  {
    name: "sync",
    purpose: "creates gateways for new profiles; restarts nothing",
    operands: "",
    options: [
      { name: "prune", text: "also unregister gateways that do not belong here" },
      { name: "dry-run", text: "show what would be done, change nothing" },
      TIMEOUT,
      JSON_OPTION,
    ],
    permissions: syncPermissions,
  },
  {
    name: "why",
    purpose: "explains why a gateway is not running, and what to do",
    operands: "[PROFILE]...",
    known: "both",
    options: [JSON_OPTION],
    permissions: (places) => ({ read: explainPaths(places), env: ZONE }),
    inCluster: (places) => ({ ...clusterOverview(places), env: ZONE }),
  },
  {
    name: "doctor",
    purpose: "checks supervision, gateways, logs and free space",
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
    purpose: "prints the logs of gateways, by time",
    operands: "PROFILE...|--all",
    options: [
      ALL,
      { name: "follow", short: "f", text: "keep printing new lines until Ctrl-C" },
      {
        name: "lines",
        short: "n",
        value: "N",
        text: "only the last N of each (default 20; with --since, all)",
      },
      { name: "since", value: "WHEN", text: "only lines since then (default: any time)" },
      { name: "json", text: "print JSON instead of text, one object a line" },
    ],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/logs/gateways`],
      env: ZONE,
    }),
  },
  {
    name: "health",
    purpose: "exits 0 if all gateways that should run do; else 1, and says why",
    operands: "",
    options: [
      { name: "live", text: "check only that s6-svscan runs, no gateway" },
      { name: "ready", text: "accept gateways that failed for reasons of their own" },
      { name: "profile", value: "PROFILE", text: "check only that this one is up" },
      JSON_OPTION,
    ],
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "metrics",
    purpose: "prints metrics of every gateway, as Prometheus reads them",
    operands: "",
    options: [JSON_OPTION],
    permissions: (places) => ({ read: overview(places) }),
  },
  {
    name: "completion",
    purpose: "prints the completion script for bash or zsh",
    operands: "bash|zsh",
    options: [],
    permissions: () => ({}),
  },
  {
    name: "help",
    purpose: "shows the help of a command, or the list of commands",
    operands: "[COMMAND]",
    options: [],
    permissions: () => ({}),
  },
];
