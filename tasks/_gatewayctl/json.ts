import { jsonAscii } from "../../lib/_quote.ts";
import { JSON_VERSION } from "../../lib/image/commands.ts";

/**
 * Prints an object for `--json` on a line, in printable ASCII. What it may hold
 * is declared in `lib/image/json.ts`.
 *
 * @param output The object.
 */
export function printJson(output: Readonly<Record<string, unknown>>): void {
  console.log(wordJson(output));
}

/**
 * Words an object as {@linkcode printJson} prints it.
 *
 * @param output The object.
 * @returns The line, without its end.
 */
export function wordJson(output: Readonly<Record<string, unknown>>): string {
  return jsonAscii({ version: JSON_VERSION, ...output });
}
