/**
 * Says what went wrong without the path and the number that Deno adds, and
 * without any content of the file concerned. Pure; no permission is needed.
 *
 * @param error What was thrown.
 * @returns A few words, such as "Permission denied".
 *
 * @example
 * ```ts
 * import { errorWords } from "./errors.ts";
 * errorWords(new SyntaxError("Unexpected token 'x'")); // "not JSON"
 * ```
 */
export function errorWords(error: unknown): string {
  // JSON.parse quotes its input, which the attacker wrote.
  if (error instanceof SyntaxError) return "not JSON";
  if (!(error instanceof Error)) return "unknown error";
  return error.message.replace(/ \(os error \d+\).*$/s, "");
}

/**
 * Tells a failure that is reported and survived from one that must surface:
 * Deno's `NotCapable` (a missing permission) is never swallowed.
 * No permission is needed.
 *
 * @param error What was thrown.
 * @returns The error.
 * @throws {Deno.errors.NotCapable} If that is what it is.
 */
export function survivable(error: unknown): Error {
  if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
  return error;
}
