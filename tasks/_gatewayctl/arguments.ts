import type { Command } from "../../lib/image/command.ts";
import { type Arguments as Given, parseArguments, UsageError } from "../_cli.ts";

/** What a command was given; each operand once. */
export interface Arguments extends Given {
  /** The command. */
  command: Command;
}

function checkOperands(
  { operands }: Command,
  given: readonly string[],
  flags: ReadonlySet<string>,
): void {
  if (operands === "[PROFILE]...") return;
  const [first, second] = given;
  const extra = operands === "" ? first : operands === "[COMMAND]" ? second : undefined;
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`);
  if (operands === "" || operands === "[COMMAND]") return;
  if (operands === "PROFILE...|--all") {
    if (flags.has("all") === (first !== undefined)) {
      throw new UsageError("expected one or more profiles, or --all, but not both");
    }
  } else if (given.length !== 1) {
    throw new UsageError(`expected ${operands.replace("|", " or ")}`);
  }
}

/**
 * Parses what comes after the name of a command.
 *
 * @param command The command.
 * @param args The arguments.
 * @returns What was given.
 * @throws {UsageError} If something is unknown, missing or too much.
 */
export function parseCommand(command: Command, args: readonly string[]): Arguments {
  const { options } = command;
  const valued = options.filter(({ value }) => value !== undefined);
  const { flags, values, operands: given } = parseArguments(args, {
    flags: ["help", ...options.filter(({ value }) => value === undefined).map(({ name }) => name)],
    values: valued.map(({ name }) => name),
    many: valued.filter(({ many }) => many).map(({ name }) => name),
    letters: Object.fromEntries([
      ["h", "help"],
      ...options.flatMap(({ name, short }) => short === undefined ? [] : [[short, name]]),
    ]),
  });
  for (const { name, value } of valued) {
    if (values.get(name)?.includes("")) throw new UsageError(`--${name} needs a value: ${value}`);
  }
  const operands = [...new Set(given)];
  if (!flags.has("help")) checkOperands(command, operands, flags);
  return { command, operands, flags, values };
}

/**
 * Reads a number from an option.
 *
 * @param args What was given.
 * @param name The option.
 * @param fallback What it is without the option.
 * @param pattern What it has to look like.
 * @returns The number.
 * @throws {UsageError} If it is no such number.
 */
export function numberOf(
  { values }: Arguments,
  name: string,
  fallback: number,
  pattern: RegExp = /^\d{1,6}$/,
): number {
  const [text] = values.get(name) ?? [];
  if (text === undefined) return fallback;
  if (!pattern.test(text)) {
    throw new UsageError(`--${name}: expected a number, got ${JSON.stringify(text)}`);
  }
  return Number(text);
}
