import { printable } from "../lib/_quote.ts";
import { errorWords } from "../lib/_errors.ts";

/** Thrown when the arguments are wrong: one line, exit code 2. */
export class UsageError extends Error {
  /** The error's class name. */
  override name = "UsageError";
}

/** Which options a command takes. */
export interface OptionSpec {
  /** Options without a value, such as `json` for `--json`. */
  flags?: readonly string[];
  /** Options with a value, such as `owner` for `--owner=UID:GID`. */
  values?: readonly string[];
}

/** What was given. */
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

/** Parses `--flag`, `--value=X` and `--value X`; the boot path has no time for more. */
function parse(args: readonly string[], { flags = [], values = [] }: OptionSpec): Options {
  const found = { flags: new Set<string>(), values: new Map<string, string>() };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name = "", , inline] = /^--([a-z-]+)(=(.*))?$/s.exec(arg) ?? [];
    if (flags.includes(name) && inline === undefined) {
      found.flags.add(name);
    } else if (values.includes(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined) throw new UsageError(`--${name} needs a value`);
      found.values.set(name, value);
    } else {
      throw new UsageError(`unexpected argument ${JSON.stringify(arg)}`);
    }
  }
  return found;
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
    const flags = ["help", ...program.flags ?? []];
    const options = parse(Deno.args, { ...program, flags });
    if (options.flags.has("help")) {
      console.log(program.help.trim());
      code = 0;
    } else {
      code = await main(options);
    }
  } catch (error) {
    const hint = error instanceof UsageError ? "; try --help" : "";
    console.error(`${program.name}: fatal: ${printable(errorWords(error))}${hint}`);
    code = error instanceof UsageError ? 2 : 1;
  }
  // Not Deno.exit(): that would end the process before Deno saves its code cache.
  Deno.exitCode = code;
}
