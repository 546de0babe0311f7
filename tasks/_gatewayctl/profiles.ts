import type { Arguments } from "./arguments.ts";
import { NoMatchError } from "./report.ts";

/**
 * Tells a pattern from a name.
 *
 * @param operand What was given for a profile.
 * @returns Whether it is one; no legal name is.
 */
export function isPattern(operand: string): boolean {
  return /[*?[]/.test(operand);
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(
    /\*+|\?|\[([!^]?)([^\]]+)\]|[^]/g,
    (text, not: string | undefined, set: string | undefined) => {
      if (text.startsWith("*")) return ".*";
      if (text === "?") return ".";
      if (set === undefined) return text.replace(/\W/g, "\\$&");
      return `[${not ? "^" : ""}${set.replace(/[\\^]/g, "\\$&")}]`;
    },
  );
  return new RegExp(`^${source}$`, "s");
}

/** Finds the names that an operand matches. */
function matches(operand: string, names: readonly string[]): readonly string[] {
  if (!isPattern(operand)) return names.filter((name) => name === operand);
  try {
    const pattern = toRegExp(operand);
    return names.filter((name) => pattern.test(name));
  } catch (error) {
    if (error instanceof SyntaxError) return []; // such as [z-a]
    throw error;
  }
}

/**
 * Tells which profiles are among those that a command is about.
 *
 * @param args What the command was given.
 * @param profiles Profiles.
 * @returns Those.
 */
export function chosenOf(
  { flags, operands }: Arguments,
  profiles: readonly string[],
): readonly string[] {
  if (flags.has("all")) return profiles;
  return [...new Set(operands.flatMap((operand) => matches(operand, profiles)))];
}

/**
 * Finds the profiles that a command is about: with `--all` every one, else the
 * names as they are given, and for each pattern (`*`, `?`, `[a-f]`, `[!a-f]`)
 * what it matches.
 *
 * @param args What the command was given.
 * @param known The profiles that `--all` and patterns stand for.
 * @returns Their names, each once; a name that was given need not be known.
 * @throws {NoMatchError} If a pattern matches none.
 */
export function chooseProfiles(
  { flags, operands }: Arguments,
  known: readonly string[],
): readonly string[] {
  if (flags.has("all")) return known;
  const chosen = operands.flatMap((operand) => {
    if (!isPattern(operand)) return operand;
    const found = matches(operand, known);
    if (found.length > 0) return found;
    throw new NoMatchError(`no profile matches ${JSON.stringify(operand)}`);
  });
  return [...new Set(chosen)];
}
