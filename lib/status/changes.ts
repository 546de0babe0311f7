/** A gateway as the API shows it, twice. */
export interface StatusRow {
  /** The profile; not always a legal name, and `default` may be there twice. */
  profile: string;
  /** Its JSON. */
  json: string;
  /** The JSON without what changes by itself: times, CPU and memory. */
  lasting: string;
}

/** What each moment changes, and is news to nobody. */
const FLEETING: ReadonlySet<string> = new Set([
  "seconds",
  "cpuSeconds",
  "cpuPercent",
  "rssBytes",
  "lastLog",
]);

/**
 * Makes a row. Pure.
 *
 * @param fields The fields of the gateway, as `list --json` has them.
 * @param word Words an object as JSON, on one line.
 * @returns The row.
 *
 * @example
 * ```ts
 * import { makeRow } from "./changes.ts";
 * makeRow({ profile: "coder", up: true, seconds: 3 }, JSON.stringify).lasting;
 * // '{"profile":"coder","up":true}'
 * ```
 */
export function makeRow(
  fields: Readonly<Record<string, unknown>>,
  word: (fields: Readonly<Record<string, unknown>>) => string,
): StatusRow {
  const lasting = Object.entries(fields).filter(([name]) => !FLEETING.has(name));
  return {
    profile: String(fields["profile"]),
    json: word(fields),
    lasting: word(Object.fromEntries(lasting)),
  };
}

/** One change between two looks. */
export type StatusChange =
  | { event: "gateway"; data: string }
  | { event: "gone"; data: string };

/**
 * Finds what has changed for good. Pure.
 *
 * @param before The rows of the look before.
 * @param after The rows now.
 * @returns A change for each row that is new or another, and for each profile that has none any more.
 *
 * @example
 * ```ts
 * import { findChanges } from "./changes.ts";
 * const row = { profile: "coder", json: '{"up":true}', lasting: '{"up":true}' };
 * findChanges([], [row]); // [{ event: "gateway", data: '{"up":true}' }]
 * ```
 */
export function findChanges(
  before: readonly StatusRow[],
  after: readonly StatusRow[],
): StatusChange[] {
  const known = new Set(before.map(({ lasting }) => lasting));
  const left = new Set(after.map(({ profile }) => profile));
  const gone = new Set(before.map(({ profile }) => profile).filter((name) => !left.has(name)));
  return [
    ...[...gone].map((profile) => ({ event: "gone", data: JSON.stringify({ profile }) }) as const),
    ...after.filter(({ lasting }) => !known.has(lasting))
      .map(({ json }) => ({ event: "gateway", data: json }) as const),
  ];
}

/**
 * Words an event for `text/event-stream`. Pure.
 *
 * @param event Its name.
 * @param data What it says, on one line.
 * @returns The lines.
 *
 * @example
 * ```ts
 * import { wordEvent } from "./changes.ts";
 * wordEvent("gone", "{}"); // "event: gone\ndata: {}\n\n"
 * ```
 */
export function wordEvent(event: string, data: string): string {
  return `event: ${event}\ndata: ${data}\n\n`;
}
