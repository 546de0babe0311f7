import type { Command } from "../lib/image/command.ts";
import { COMMANDS } from "../lib/image/commands.ts";
import { type Facts, readFacts } from "../lib/rules/facts.ts";
import { UnknownWordError, UsageError } from "./_cli.ts";
import { type Arguments, parseCommand } from "./_gatewayctl/arguments.ts";
import { nearestFor, reportError } from "./_gatewayctl/report.ts";

/** A command's module; loaded when it is asked for. */
interface CommandModule {
  run(args: Arguments, facts: () => Facts): Promise<number>;
}

const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  list: () => import("./_gatewayctl/list.ts"),
  status: () => import("./_gatewayctl/list.ts"),
  top: () => import("./_gatewayctl/top.ts"),
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
  help: () => import("./_gatewayctl/help.ts"),
};

/** Runs what is no command. */
async function runOption(name: string): Promise<number> {
  const { HELP, VERSION } = await import("./_gatewayctl/help.ts");
  console.log(name === "--version" ? `gatewayctl ${VERSION}` : HELP);
  return 0;
}

async function runCommand(
  command: Command,
  words: readonly string[],
  facts: () => Facts,
): Promise<number> {
  const args = parseCommand(command, words);
  if (args.flags.has("help")) {
    const { commandHelp } = await import("./_gatewayctl/help.ts");
    console.log(commandHelp(command));
    return 0;
  }
  const { run } = await MODULES[command.name]!();
  return await run(args, facts);
}

async function main(given: readonly string[]): Promise<number> {
  const [factsFile, [name, ...words]] = given[0] === "--facts"
    ? [given[1], given.slice(2)]
    : [undefined, given];
  const command = COMMANDS.find((command) => command.name === name);
  try {
    if (name === undefined) throw new UsageError("a command is missing");
    if (["--help", "-h", "--version"].includes(name)) return await runOption(name);
    if (command === undefined) {
      throw new UnknownWordError("no such command:", name, COMMANDS.map(({ name }) => name));
    }
    return await runCommand(command, words, () => readFacts(factsFile));
  } catch (error) {
    return reportError(error, "", { command, nearest: await nearestFor(error) });
  }
}

Deno.exitCode = await main(Deno.args);
