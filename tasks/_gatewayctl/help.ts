import { type Command, COMMANDS, wordOption } from "../../lib/image/commands.ts";
import { table } from "../_table.ts";

const EXIT_CODES = "Exit code: 0 done; 1 failed; 2 wrong arguments; 3 no such profile or slot.\n" +
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

"gatewayctl COMMAND --help" tells the rest of a command.

Environment:
  NO_COLOR   anything: no colours, also on a terminal
  TZ         the time zone of what is shown, such as Europe/Berlin

Everything else is the container's, as it was when it started.

${EXIT_CODES}`;

/**
 * Words the help of one command.
 *
 * @param command The command.
 * @returns What `gatewayctl COMMAND --help` prints.
 */
export function commandHelp(command: Command): string {
  const { purpose, options } = command;
  const rows = options.map((option) => [wordOption(option), option.text]);
  return `Usage: ${usage(command)}

${purpose[0]?.toUpperCase()}${purpose.slice(1)}.

${indent([...rows, ["--help", "this text"]])}

${EXIT_CODES}`;
}
