import { type Command, wordOption } from "../../lib/image/command.ts";
import { COMMANDS, VERSION } from "../../lib/image/commands.ts";
import { UnknownWordError } from "../_cli.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT } from "./report.ts";

export { VERSION };

const EXIT_CODES: readonly (readonly [code: string, text: string])[] = [
  ["0", "done"],
  ["1", "failed"],
  ["2", "wrong arguments"],
  ["3", "no such profile or gateway"],
  ["4", "still stopping after --timeout; it goes on by itself"],
];
const SEVERAL = "With several profiles each is tried, and the highest code counts.";

const COLUMNS = `Columns:
  STATE     how it is, in short; "gatewayctl why PROFILE" tells more
            served: the gateway of the profile "default" runs this one, too
  FOR       how long it has been up or down (s, m, h, d)
  CPU       share of one core since it was started, with its child processes
  MEMORY    resident memory (M: MiB, G: GiB), with its child processes
  DEATHS    how often it ended since its last start by hand, up to 100
  LAST LOG  how old the last line of its log is

KEY state puts failed gateways first, memory and cpu those that use most, since
those that changed last.`;
const EXIT_NOTES = `The exit code does not tell whether gateways run; "gatewayctl health" does.`;
const LIST_NOTES = `${COLUMNS}

The last line counts all, also what --failed and --running leave out. A gateway
is running, starting, stopped or failed. A profile is "not here" if another
container runs it, and "unusable" if it cannot have a gateway.

${EXIT_NOTES}`;
const KILL_NOTES = `After --timeout the command ends with exit code 4; the gateway goes on stopping.
After --kill-after s6 kills the gateway, even if the command has ended by then.
The default of --kill-after is agent.restart_drain_timeout of the profile's
config.yaml and 10 s more, but at least 60 s.`;

/** What else the help of a command says. */
const NOTES: Readonly<Record<string, string>> = {
  list: LIST_NOTES,
  status: LIST_NOTES,
  top: `${COLUMNS}

From the second table on, CPU is what was used since the table before.
A terminal shows as many gateways as fit. A pipe gets all.`,
  stop: KILL_NOTES,
  restart: `${KILL_NOTES}

A gateway that is down is started. With --all or a pattern, one that somebody
has stopped stays stopped.`,
  register: `If the gateway exists already, that is an error; unregister it first.
Without --env it gets the variables that it had before it was unregistered.`,
  unregister: `"gatewayctl sync" and the next container start create the gateway again.
To keep it down, use "gatewayctl stop" instead.`,
  sync: `A new gateway starts if its profile was last running. "refreshed" means that
its files were renewed; it goes on running as it was.

--prune is about gateways whose profile is gone, unusable, or meant for another
container. They are stopped, and killed if they are still up after --timeout.`,
  why: `Without names: a line for each gateway that is not as wanted, the worst first.
The exit code is 0 then.

With names: all that is known of each.
  state:     what was last asked for, and by whom
  boot log:  what the last container start did about it
  log:       the last lines of its log
  try:       a command to type here
  outside:   what to change outside of this container`,
  doctor: `Each check is "ok" or "FAIL"; with a FAIL the exit code is 1. Below a FAIL:
  try:      a command to type here
  outside:  what to change outside of this container`,
  logs: `WHEN is an age (30s, 10m, 2h, 7d) or a time (2026-11-22, "2026-11-22 08:47",
2026-11-22T08:47:00Z). Without Z or an offset, a time is in the zone of TZ.
Times are printed in that zone, too.

With several gateways each line begins with the profile. With --all or a
pattern, -f also follows gateways that are registered later.`,
  health: `Exit code 1 is unhealthy, for whatever reason. Gateways that somebody stopped or
unregistered need not be up. Give at most one of --live, --ready and --profile.

--live is for a liveness probe: it does not touch the volume. --ready is for a
startup or readiness probe. Without either it is for alerts.`,
  completion: `In bash: source <(gatewayctl completion bash)
In zsh:  save it as "_gatewayctl" in a directory of $fpath, start a new shell`,
};

/** What one may type, by command. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  list: ["list --failed", "list 'team-*' --sort memory"],
  status: ["status coder", "status --running --sort cpu"],
  top: ["top", "top 'team-*' -n 1"],
  start: ["start coder writer"],
  stop: ["stop coder", "stop 'team-*' --kill-after 5"],
  restart: ["restart coder", "restart --all --no-wait"],
  register: ["register coder", "register coder --env LANG=C --env DEBUG=1"],
  unregister: ["unregister coder"],
  sync: ["sync --prune --dry-run", "sync --prune"],
  why: ["why", "why coder"],
  logs: ["logs coder -f", "logs --all --since 10m", "logs 'team-*' -n 100"],
  health: ["health", "health --profile coder"],
};

function indent(rows: readonly (readonly string[])[]): string {
  return table(rows).replace(/^/gm, "  ");
}

function usage({ name, operands, options }: Command): string {
  const words = ["gatewayctl", name, operands, options.length === 0 ? "" : "[OPTION]..."];
  return words.filter((word) => word !== "").join(" ");
}

/** The exit codes of a command; absent: of all. */
function exitCodes(command?: Command): string {
  const named = command === undefined || command.operands.includes("PROFILE");
  const waits = command === undefined || command.options.some(({ name }) => name === "kill-after");
  const codes = EXIT_CODES.filter(([code]) => code === "3" ? named : code === "4" ? waits : true);
  return `Exit code:\n${indent(codes)}${named ? `\n${SEVERAL}` : ""}`;
}

/** What `gatewayctl --help` prints. */
export const HELP: string = `Usage: gatewayctl COMMAND [ARGUMENT]...

Manages the gateways of the Hermes profiles in this container. A gateway is the
service that runs a profile. It is registered when this container has one.

${indent(COMMANDS.map(({ name, purpose }) => [name, purpose]))}

  -h, --help  this text; after a command, its help
  --version   the version

To begin, type "gatewayctl list". If something is wrong, type "gatewayctl why".

Environment:
  NO_COLOR  if set, no colours; TERM=dumb does the same
  TZ        time zone of the times shown (default: the container's)

Other variables, such as HERMES_HOME, are read when the container starts.
To set them here has no effect.

${exitCodes()}`;

/** What a profile is to a command. */
function profiles({ name, operands, known }: Command): string {
  if (!operands.includes("PROFILE")) return "";
  const whose = {
    slots: "registered gateways",
    volume: "profiles without a gateway",
    both: "all profiles, registered or not",
  }[known ?? "slots"];
  const none = operands.startsWith("[") && name !== "why" ? " Without any: all." : "";
  return `\nPROFILE is a name, or a pattern in quotes, such as 'team-*'.${none}\n` +
    `A pattern is matched against ${whose}.\n`;
}

/** What one may type. */
function examples({ name }: Command): string {
  const lines = EXAMPLES[name] ?? [];
  return lines.length === 0
    ? ""
    : `\nExamples:\n${lines.map((line) => `  gatewayctl ${line}\n`).join("")}`;
}

/**
 * Words the help of one command.
 *
 * @param command The command.
 * @returns What `gatewayctl COMMAND --help` prints.
 */
export function commandHelp(command: Command): string {
  const { name, options, purpose } = command;
  const rows = options.map((option) => [wordOption(option), option.text]);
  const notes = NOTES[name];
  return `Usage: ${usage(command)}

${purpose[0]?.toUpperCase()}${purpose.slice(1)}.
${examples(command)}${profiles(command)}
Options:
${indent([...rows, ["-h, --help", "this text"]])}
${notes === undefined ? "" : `\n${notes}\n`}
${exitCodes(command)}`;
}

/** Runs `help`. */
export function run({ operands: [name] }: Arguments): Promise<number> {
  const command = COMMANDS.find((command) => command.name === name);
  if (name !== undefined && command === undefined) {
    throw new UnknownWordError("no such command:", name, COMMANDS.map(({ name }) => name));
  }
  console.log(command === undefined ? HELP : commandHelp(command));
  return Promise.resolve(EXIT.done);
}
