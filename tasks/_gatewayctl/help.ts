import { type Command, wordOption } from "../../lib/image/command.ts";
import { COMMANDS } from "../../lib/image/commands.ts";
import { UnknownWordError } from "../_cli.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT } from "./report.ts";

/** The suite's version, as in deno.json. */
export const VERSION = "0.1.0";

const EXIT_CODES =
  "Exit code: 0 done; 1 failed; 2 wrong arguments; 3 no such profile or gateway;\n" +
  "4 not done yet.\n" +
  "With several profiles all are done, and the highest code counts.";

function indent(rows: readonly (readonly string[])[]): string {
  return table(rows).replace(/^/gm, "  ");
}

function usage({ name, operands, options }: Command): string {
  const words = ["gatewayctl", name, operands, options.length === 0 ? "" : "[OPTION]..."];
  return words.filter((word) => word !== "").join(" ");
}

/** What `gatewayctl --help` prints. */
export const HELP: string = `Usage: gatewayctl COMMAND [ARGUMENT]...

Looks after the gateways of the Hermes profiles in this container.

${indent(COMMANDS.map(({ name, purpose }) => [name, purpose]))}

"gatewayctl help COMMAND" tells the rest of a command, "gatewayctl --version"
the version.

Environment:
  NO_COLOR   anything: no colours, also on a terminal; as with TERM=dumb
  TZ         the time zone of what is shown, such as Europe/Berlin

Everything else is the container's, as it was when it started.

${EXIT_CODES}`;

/** What a profile is to a command. */
function profiles({ operands, known }: Command): string {
  if (!operands.includes("PROFILE")) return "";
  const whose = {
    slots: "the registered gateways that it matches",
    volume: "the profiles without a gateway that it matches",
    both: "the profiles that it matches, on the volume or registered",
  }[known ?? "slots"];
  return `\nPROFILE is a name, or a pattern in quotes such as 'team-*', which stands for\n${whose}.\n`;
}

/**
 * Words the help of one command.
 *
 * @param command The command.
 * @returns What `gatewayctl COMMAND --help` prints.
 */
export function commandHelp(command: Command): string {
  const { notes, options, purpose } = command;
  const rows = options.map((option) => [wordOption(option), option.text]);
  return `Usage: ${usage(command)}

${purpose[0]?.toUpperCase()}${purpose.slice(1)}.
${profiles(command)}
${indent([...rows, ["--help", "this text"]])}
${notes === undefined ? "" : `\n${notes}\n`}
${EXIT_CODES}`;
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
