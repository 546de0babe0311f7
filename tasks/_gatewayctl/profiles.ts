import { matchesGlob } from "../../lib/rules/selection.ts";
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

/** Finds the names that an operand matches. */
function matches(operand: string, names: readonly string[]): readonly string[] {
  const isMatch = isPattern(operand) ? matchesGlob : (name: string) => name === operand;
  return names.filter((name) => isMatch(name, operand));
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
