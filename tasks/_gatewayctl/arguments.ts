import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Command } from "../../lib/image/commands.ts";
import { UsageError } from "../_cli.ts";

/** What a command was given. */
export interface Arguments {
  /** The command. */
  command: Command;
  /** The operands, each once. */
  operands: readonly string[];
  /** The flags that were set. */
  flags: ReadonlySet<string>;
  /** The values of the other options, each with at least one. */
  values: ReadonlyMap<string, readonly string[]>;
}

function checkOperands(
  { operands }: Command,
  given: readonly string[],
  flags: ReadonlySet<string>,
): void {
  if (operands === "[PROFILE]...") return;
  const [first] = given;
  if (operands === "") {
    if (first !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(first)}`);
  } else if (operands === "PROFILE...|--all") {
    if (flags.has("all") === (first !== undefined)) {
      throw new UsageError("expected either one or more profiles or --all");
    }
  } else if (given.length !== 1) {
    throw new UsageError(`expected one ${operands}, got ${given.length}`);
  }
}

function parse({ options }: Command, args: readonly string[]) {
  const known: NonNullable<ParseArgsConfig["options"]> = {
    help: { type: "boolean", short: "h" },
  };
  for (const { name, short, value } of options) {
    known[name] = {
      ...value === undefined ? { type: "boolean" } : { type: "string", multiple: true },
      ...short === undefined ? {} : { short },
    };
  }
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(error.message.replace(/\. .*$/s, ""));
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
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  const { values: given, positionals } = parse(command, args);
  const flags = new Set(Object.keys(given).filter((name) => given[name] === true));
  const values = new Map<string, readonly string[]>();
  for (const { name, many, value: what } of command.options) {
    const texts = given[name];
    if (!Array.isArray(texts)) continue;
    if (texts.includes("")) throw new UsageError(`--${name} needs a value: ${what}`);
    if (texts.length > 1 && !many) throw new UsageError(`--${name} is given more than once`);
    values.set(name, texts.map(String));
  }
  const operands = [...new Set(positionals)];
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
