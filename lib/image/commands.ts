import { BOOT_LOG } from "../boot/log.ts";
import { CONFIG_FILE } from "../rules/multiplex.ts";
import { PROFILE_FILES, STATE_FILE } from "../profile/list.ts";
import { PLANNED_STOP_FILE } from "../profile/planned_stop.ts";
import { START_TIME, SUPERVISED } from "../s6/places.ts";
import { S6_BIN, type S6Program } from "../s6/run.ts";
import { MKFIFO } from "../slot/skeleton.ts";
import { permissionCells, type Permissions, type Places } from "./permissions.ts";

/** An option of a {@linkcode Command}. */
export interface CommandOption {
  /** Its name, such as `timeout` for `--timeout`. */
  name: string;
  /** Its one-letter name, such as `f` for `-f`. */
  short?: string;
  /** What its value stands for, such as `SECONDS`; absent for a flag. */
  value?: string;
  /** Whether it may be given more than once. */
  many?: true;
  /** What it does. */
  text: string;
}

/** The operands of a command; brackets: it does without. */
export type Operands = "" | "PROFILE" | "[PROFILE]..." | "PROFILE...|--all" | "bash|zsh";

/** The places that a command works on. */
export type CommandPlaces = Omit<Places, "servicedirs">;

/** One command of gatewayctl: what it takes, and what it may do. */
export interface Command {
  /** Its name. */
  name: string;
  /** What it is for, in one line. */
  purpose: string;
  /** What it takes besides options. */
  operands: Operands;
  /** Where the profiles it takes are found. Default: the slots. */
  known?: "volume";
  /** Its options. */
  options: readonly CommandOption[];
  /** What it may do. */
  permissions(places: CommandPlaces): Permissions;
}

const JSON_OPTION: CommandOption = { name: "json", text: "JSON instead of text" };
const ALL: CommandOption = { name: "all", text: "every gateway that is registered" };
const TIMEOUT: CommandOption = {
  name: "timeout",
  value: "SECONDS",
  text: "how long to wait for each gateway (10)",
};
const NO_WAIT: CommandOption = { name: "no-wait", text: "do not wait until it is done" };

/** The caller's time zone: s6-log stamps in the container's, so that one has to stay Deno's own. */
const ZONE = ["GATEWAYCTL_TZ"];

function s6(...programs: S6Program[]): string[] {
  return programs.map((program) => `${S6_BIN}/${program}`);
}

/** To ask for a gateway's status, and whether the process that it names is there. */
const STATUS = [...s6("s6-svstat"), START_TIME];

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
    run: [MKFIFO, ...s6("s6-svc", "s6-svok", "s6-svscanctl"), SUPERVISED],
  };
}

/** A command that changes gateways and records what the operator wants of them. */
function change(name: "start" | "stop" | "restart", purpose: string): Command {
  const marker = name === "start" ? [] : [PLANNED_STOP_FILE];
  return {
    name,
    purpose,
    operands: "PROFILE...|--all",
    options: [ALL, TIMEOUT, NO_WAIT, JSON_OPTION],
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
          SUPERVISED,
        ],
      };
    },
  };
}

/** Every command of gatewayctl, in the order of its help. */
export const COMMANDS: readonly Command[] = [
  {
    name: "list",
    purpose: "shows every gateway, and every profile without one",
    operands: "",
    options: [JSON_OPTION],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/profiles`, `${home}/logs/gateways`],
      run: STATUS,
    }),
  },
  {
    name: "status",
    purpose: "shows some gateways, or every one that is registered",
    operands: "[PROFILE]...",
    options: [JSON_OPTION],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/logs/gateways`],
      run: STATUS,
    }),
  },
  change("start", "starts gateways, now and at the next container start"),
  change("stop", "stops gateways; they stay down, also at the next container start"),
  change("restart", "stops gateways, waits until they are down, and starts them"),
  {
    name: "register",
    purpose: "makes profiles' gateways and starts them",
    operands: "PROFILE...|--all",
    known: "volume",
    options: [
      { name: "env", value: "KEY=VALUE", many: true, text: "environment for the gateway" },
      { name: "down", text: "do not start it" },
      { name: "all", text: "every profile without a gateway" },
      TIMEOUT,
      NO_WAIT,
      JSON_OPTION,
    ],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/profiles`, `${home}/${CONFIG_FILE}`],
      write: [scandir],
      run: [MKFIFO, ...s6("s6-svok", "s6-svscanctl"), ...STATUS, SUPERVISED],
    }),
  },
  {
    name: "unregister",
    purpose: "stops gateways and removes their slots; the profiles stay",
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
    purpose: "makes the slots match the profiles on the volume; restarts nothing",
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
    purpose: "explains why a gateway is where it is, and what helps",
    operands: "PROFILE",
    known: "volume",
    options: [JSON_OPTION],
    permissions: ({ facts, home, scandir }) => ({
      read: [
        facts,
        scandir,
        `${home}/profiles`,
        `${home}/${STATE_FILE}`,
        `${home}/${BOOT_LOG}`,
        `${home}/${BOOT_LOG}.1`,
        `${home}/logs/gateways`,
        `${home}/${CONFIG_FILE}`,
      ],
      run: STATUS,
      env: ZONE,
    }),
  },
  {
    name: "doctor",
    purpose: "checks the supervision tree, the slots, the logs and the space",
    operands: "",
    options: [JSON_OPTION],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/logs`],
      write: [scandir, `${home}/logs`],
      run: s6("s6-svok", "s6-svscanctl"),
    }),
  },
  {
    name: "logs",
    purpose: "shows a gateway's log",
    operands: "PROFILE",
    options: [
      { name: "follow", short: "f", text: "go on with what is written from now on" },
      { name: "lines", short: "n", value: "N", text: "how many lines (20)" },
    ],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/logs/gateways`],
      env: ZONE,
    }),
  },
  {
    name: "health",
    purpose: "exits 0 if every gateway that is wanted up is up; else 1, and says why",
    operands: "",
    options: [{ name: "profile", value: "PROFILE", text: "only this one: is it up?" }],
    permissions: ({ facts, home, scandir }) => ({
      read: [facts, scandir, `${home}/profiles`, `${home}/${STATE_FILE}`, `${home}/${CONFIG_FILE}`],
      run: STATUS,
    }),
  },
  {
    name: "metrics",
    purpose: "prints what is known of every gateway for Prometheus",
    operands: "",
    options: [],
    permissions: ({ facts, scandir }) => ({ read: [facts, scandir], run: STATUS }),
  },
  {
    name: "completion",
    purpose: "prints a script for a shell's completion",
    operands: "bash|zsh",
    options: [],
    permissions: () => ({}),
  },
];

/**
 * Words an option as it is typed. Pure.
 *
 * @param option The option.
 * @returns Such as `-n, --lines N`.
 *
 * @example
 * ```ts
 * import { wordOption } from "./commands.ts";
 * wordOption({ name: "json", text: "" }); // "--json"
 * ```
 */
export function wordOption({ name, short, value }: CommandOption): string {
  const letter = short === undefined ? "" : `-${short}, `;
  return `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/**
 * Words every command's permissions as a Markdown table; commands that may do
 * the same share a row. Pure.
 *
 * @returns The table, each line ending in a newline.
 *
 * @example
 * ```ts
 * import { commandTable } from "./commands.ts";
 * commandTable().startsWith("| gatewayctl |"); // true
 * ```
 */
export function commandTable(): string {
  const rows = new Map<string, string[]>();
  for (const { name, permissions } of COMMANDS) {
    const { run, ...files } = permissions({ facts: "$facts", home: "$home", scandir: "$scandir" });
    const may = permissionCells({
      ...files,
      run: run?.map((path) => path.replace(`${S6_BIN}/`, "")) ?? [],
    });
    rows.set(may, [...rows.get(may) ?? [], name]);
  }
  return "| gatewayctl | read | write | run |\n| --- | --- | --- | --- |\n" +
    [...rows].map(([may, names]) => `| ${names.join(", ")} | ${may} |\n`).join("");
}
