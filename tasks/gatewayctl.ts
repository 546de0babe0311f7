import { COMMANDS } from "../lib/image/commands.ts";
import { type Facts, readFacts } from "../lib/rules/facts.ts";
import { UsageError } from "./_cli.ts";
import { type Arguments, parseCommand } from "./_gatewayctl/arguments.ts";
import { commandHelp, HELP } from "./_gatewayctl/help.ts";
import { reportError } from "./_gatewayctl/report.ts";

/** A command's module; loaded when it is asked for. */
interface CommandModule {
  run(args: Arguments, facts: () => Facts): Promise<number>;
}

const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  list: () => import("./_gatewayctl/status.ts"),
  status: () => import("./_gatewayctl/status.ts"),
  start: () => import("./_gatewayctl/change.ts"),
  stop: () => import("./_gatewayctl/change.ts"),
  restart: () => import("./_gatewayctl/change.ts"),
  register: () => import("./_gatewayctl/register.ts"),
  unregister: () => import("./_gatewayctl/unregister.ts"),
  sync: () => import("./_gatewayctl/sync.ts"),
  why: () => import("./_gatewayctl/why.ts"),
  doctor: () => import("./_gatewayctl/doctor.ts"),
  logs: () => import("./_gatewayctl/logs.ts"),
  health: () => import("./_gatewayctl/health.ts"),
  metrics: () => import("./_gatewayctl/metrics.ts"),
  completion: () => import("./_gatewayctl/completion.ts"),
};

async function main(given: readonly string[]): Promise<number> {
  const [factsFile, [name, ...rest]] = given[0] === "--facts"
    ? [given[1], given.slice(2)]
    : [undefined, given];
  if (name === undefined) throw new UsageError("a command is missing");
  if (name === "--help" || name === "-h" || name === "help") {
    console.log(HELP);
    return 0;
  }
  const command = COMMANDS.find((command) => command.name === name);
  const load = MODULES[name];
  if (command === undefined || load === undefined) {
    throw new UsageError(`no such command: ${JSON.stringify(name)}`);
  }
  const args = parseCommand(command, rest);
  if (args.flags.has("help")) {
    console.log(commandHelp(command));
    return 0;
  }
  return await (await load()).run(args, () => readFacts(factsFile));
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  Deno.exitCode = reportError(error);
}
