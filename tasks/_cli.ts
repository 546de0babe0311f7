import { parseArgs } from "@std/cli/parse-args";
import { errorWords } from "../lib/_errors.ts";
import { printable } from "../lib/_quote.ts";

/** Thrown when the arguments are wrong: one line, exit code 2. */
export class UsageError extends Error {
  /** The error's class name. */
  override name = "UsageError";
}

/** Thrown when a setting of the container's is wrong: exit code 2, and no help tells more. */
export class SettingError extends UsageError {
  /** The error's class name. */
  override name = "SettingError";
}

/** Thrown when a word is none of those that there are. */
export class UnknownWordError extends UsageError {
  /** The error's class name. */
  override name = "UnknownWordError";
  /** The word. */
  readonly word: string;
  /** Those that there are. */
  readonly known: readonly string[];

  /**
   * Makes the error.
   *
   * @param what What it says before the word.
   * @param word The word.
   * @param known Those that there are.
   */
  constructor(what: string, word: string, known: readonly string[]) {
    super(`${what} ${JSON.stringify(word)}`);
    this.word = word;
    this.known = known;
  }
}

/** Which options a command takes. */
export interface OptionSpec {
  /** Options without a value, such as `json` for `--json`. */
  flags?: readonly string[] | undefined;
  /** Options with a value, such as `owner` for `--owner=UID:GID`. */
  values?: readonly string[] | undefined;
  /** Those of `values` that may be given more than once. */
  many?: readonly string[] | undefined;
  /** The one-letter names of options, such as `{ n: "lines" }`. */
  letters?: Readonly<Record<string, string>> | undefined;
}

/** What was given. */
export interface Arguments {
  /** The options without a value. */
  flags: ReadonlySet<string>;
  /** The options with a value, each with at least one. */
  values: ReadonlyMap<string, readonly string[]>;
  /** What is no option. */
  operands: readonly string[];
}

/** What a task was given: each option once, and no operands. */
export interface Options {
  /** The options without a value. */
  flags: ReadonlySet<string>;
  /** The options with a value. */
  values: ReadonlyMap<string, string>;
}

/** The command's name and help text. */
export interface Program extends OptionSpec {
  /** What its messages start with. */
  name: string;
  /** What `--help` prints. */
  help: string;
}

/**
 * No argument can hold one. `parseArgs` makes numbers of operands, takes "" for
 * no value, and a boolean for the value of the flag before it: a mark at the end
 * of a word prevents that. (To declare `_` a string would make `--_` an option.)
 */
const MARK = "\0";
const WORD = /^(?!-).*$|^--[^=]+=$/s;

function refuse(arg: string): never {
  throw new UsageError(`unexpected argument ${JSON.stringify(arg)}`);
}

function refuseOption(arg: string, { flags = [], values = [] }: OptionSpec): never {
  const [word = arg] = arg.split("=", 1);
  throw new UnknownWordError(
    "no such option:",
    word,
    [...flags, ...values].map((one) => `--${one}`),
  );
}

function textsOf(name: string, given: unknown, many: boolean): string[] {
  const texts = given as string[];
  if (texts.includes("")) throw new UsageError(`--${name} needs a value`);
  if (texts.length > 1 && !many) throw new UsageError(`--${name} is given more than once`);
  return texts.map((text) => text.replace(MARK, ""));
}

/**
 * Parses `--flag`, `--value=X`, `--value X`, `-v X`, `-vX` and operands; what
 * comes after `--` is an operand. A value that starts with `-` needs the `=`.
 *
 * @param args The arguments.
 * @param spec Which options there are.
 * @returns What was given; every value and operand as it was typed.
 * @throws {UsageError} If an option is unknown, or is given more than once or
 * without its value, or a flag is given one.
 */
export function parseArguments(args: readonly string[], spec: OptionSpec): Arguments {
  const { flags = [], values = [], many = [], letters = {} } = spec;
  const options = args.slice(0, args.includes("--") ? args.indexOf("--") : undefined);
  for (const arg of options) {
    const [, name, value] = /^--([^=]+)(=?)/.exec(arg) ?? [];
    if (name === undefined || values.includes(name)) continue;
    if (!flags.includes(name)) refuseOption(arg, spec);
    if (value) throw new UsageError(`--${name} takes no value`);
  }
  const given = parseArgs(args.map((arg) => arg.replace(WORD, `$&${MARK}`)), {
    alias: letters,
    boolean: flags,
    collect: values,
    string: values,
    unknown: (arg, letter) => letter === undefined || refuseOption(arg, spec),
  });
  for (const name of flags) {
    if (typeof given[name] !== "boolean") throw new UsageError(`--${name} takes no value`);
  }
  return {
    flags: new Set(flags.filter((name) => given[name] === true)),
    values: new Map(
      values.map((name) => [name, textsOf(name, given[name], many.includes(name))] as const)
        .filter(([, texts]) => texts.length > 0),
    ),
    operands: given._.map((operand) => operand.replace(MARK, "")),
  };
}

function parseOptions(spec: OptionSpec): Options {
  const { flags, values, operands: [operand] } = parseArguments(Deno.args, spec);
  if (operand !== undefined) refuse(operand);
  return { flags, values: new Map([...values].map(([name, [text = ""]]) => [name, text])) };
}

/**
 * Runs a command's main function and sets the exit code: its own; with 2 and one line
 * for a {@linkcode UsageError}; with 1 and one line for any other error.
 *
 * @param program Its name, help and options; `--help` comes by itself.
 * @param main What to run; returns the exit code.
 */
export async function runProgram(
  program: Program,
  main: (options: Options) => number | Promise<number>,
): Promise<void> {
  let code: number;
  try {
    const options = parseOptions({ ...program, flags: ["help", ...program.flags ?? []] });
    if (options.flags.has("help")) {
      console.log(program.help.trim());
      code = 0;
    } else {
      code = await main(options);
    }
  } catch (error) {
    const isUsage = error instanceof UsageError && !(error instanceof SettingError);
    const hint = isUsage ? "; try --help" : "";
    console.error(`${program.name}: error: ${printable(errorWords(error))}${hint}`);
    code = error instanceof UsageError ? 2 : 1;
  }
  // Not Deno.exit(): that would end the process before Deno saves its code cache.
  Deno.exitCode = code;
}
