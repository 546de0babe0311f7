/**
 * Quotes a string for POSIX sh. Pure.
 *
 * @param text Any string without NUL.
 * @returns A single-quoted word that sh reads back byte for byte.
 * @throws {TypeError} If the string holds a NUL, which no shell word can.
 *
 * @example
 * ```ts
 * import { shellQuote } from "./_quote.ts";
 * shellQuote("it's"); // `'it'\''s'`
 * ```
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) {
    throw new TypeError("Failed to quote for sh: expected no NUL, got one");
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Makes JSON of printable ASCII, so that it cannot end a log line, move a
 * terminal's cursor or reorder text. Pure.
 *
 * @param value Any string, or another value that JSON has.
 * @returns The JSON, in which all but printable ASCII is escaped.
 *
 * @example
 * ```ts
 * import { jsonAscii } from "./_quote.ts";
 * jsonAscii("a\u202e\n"); // `"a\\u202e\\n"`
 * ```
 */
export function jsonAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/**
 * Makes one field of a log line: a plain word as it is, anything else as a
 * JSON string without spaces. Pure.
 *
 * @param text Any string.
 * @returns A non-empty run of printable ASCII without spaces.
 *
 * @example
 * ```ts
 * import { logWord } from "./_quote.ts";
 * logWord("coder"); // `coder`
 * logWord("my bot"); // `"my\\u0020bot"`
 * ```
 */
export function logWord(text: string): string {
  return /^[A-Za-z0-9._-]+$/.test(text) ? text : jsonAscii(text).replaceAll(" ", "\\u0020");
}

/**
 * Makes text safe to print on a line of its own: all but printable ASCII is
 * escaped as in JSON. Pure.
 *
 * @param text Any string.
 * @returns The text, of printable ASCII only.
 *
 * @example
 * ```ts
 * import { printable } from "./_quote.ts";
 * printable("no 'a\nb'"); // `no 'a\\nb'`
 * ```
 */
export function printable(text: string): string {
  return jsonAscii(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("\\\\", "\\");
}

/**
 * Makes text safe for a terminal and keeps it readable: control characters but
 * the tab, and those that reorder or hide text, are escaped as in JSON; any
 * other character stays. Pure.
 *
 * @param text Any string.
 * @returns The text, without a newline.
 *
 * @example
 * ```ts
 * import { terminalSafe } from "./_quote.ts";
 * terminalSafe("caf\u00e9 \x1b[2J"); // "caf\u00e9 \\u001b[2J"
 * ```
 */
export function terminalSafe(text: string): string {
  return text.replace(
    /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character.replace(
        /[^]/g,
        (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
      ),
  );
}
