// @ts-check
import { causeWords, keyOf, legible, sentence } from "./words.js";

/** @typedef {import("./words.js").Row} Row */

/** Every state, the worst first. */
const STATES = ["failed", "unusable", "starting", "stopped", "not here", "running"];

const names = new Intl.Collator("en", { numeric: true });

/**
 * Counts gateways by their state.
 *
 * @param {Iterable<Row>} rows
 * @returns {Map<string, number>}
 */
export function count(rows) {
  const counts = new Map();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/**
 * Words how many gateways there are, as `gatewayctl list` does.
 *
 * @param {ReadonlyMap<string, number>} counts By state.
 * @returns {string}
 */
export function summary(counts) {
  /** @param {string[]} states */
  const list = (states) =>
    states.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${state}`);
  const here = ["running", "starting", "stopped", "failed"];
  const total = here.reduce((sum, state) => sum + (counts.get(state) ?? 0), 0);
  const others = list(["not here", "unusable"]);
  return `${total} ${total === 1 ? "gateway" : "gateways"}` +
    (total === 0 ? "" : `: ${list(here).join(", ")}`) +
    (others.length === 0 ? "" : `; ${others.join(", ")}`);
}

/**
 * Tells whether a row is one of those looked for.
 *
 * @param {Row} row
 * @param {string} text Words, each of which must be in what the row shows.
 * @param {string} state Its state; empty: any.
 * @returns {boolean}
 */
export function matches(row, text, state) {
  if (state !== "" && row.state !== state) return false;
  const shown = [legible(keyOf(row)), row.state, causeWords(row), sentence(row)]
    .join(" ").toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => shown.includes(word));
}

/**
 * What the table can be ordered by. `null` comes last in either direction.
 *
 * @type {Readonly<Record<string, (row: Row) => number | string | null>>}
 */
const KEYS = {
  name: keyOf,
  state: ({ state }) => STATES.indexOf(state),
  since: ({ seconds }) => seconds,
  memory: ({ rssBytes }) => rssBytes,
  cpu: ({ cpuPercent }) => cpuPercent,
  deaths: ({ deaths }) => deaths,
  log: ({ lastLog }) => lastLog === null ? null : -Date.parse(lastLog),
};

/** Of these the largest are of interest first. */
const LARGEST_FIRST = new Set(["memory", "cpu", "deaths"]);

/**
 * How the table is ordered.
 *
 * @typedef {object} Order
 * @property {string} by The column.
 * @property {boolean} descending
 */

/**
 * Gives the order after a column's header was pressed.
 *
 * @param {Order} order The one before.
 * @param {string} by The column.
 * @returns {Order}
 */
export function nextOrder(order, by) {
  return { by, descending: order.by === by ? !order.descending : LARGEST_FIRST.has(by) };
}

/**
 * Makes a function that compares rows; those of one value stay by name.
 *
 * @param {Order} order
 * @returns {(a: Row, b: Row) => number}
 */
export function comparing({ by, descending }) {
  const key = KEYS[by] ?? keyOf;
  return (a, b) => {
    const [x, y] = [key(a), key(b)];
    const byName = () => names.compare(keyOf(a), keyOf(b));
    if (x === y) return byName();
    if (x === null || y === null) return x === null ? 1 : -1;
    const difference = typeof x === "number" && typeof y === "number" ? x - y : byName();
    return (descending ? -difference : difference) || byName();
  };
}

/**
 * Lists the commands with which an operator acts on a gateway.
 *
 * @param {Row} row
 * @returns {string[]}
 */
export function commands({ profile, state, registered, up }) {
  // The name of one that has a service is a word of the shell.
  if (!registered || !/^[a-z0-9][a-z0-9_-]*$/.test(profile)) return [];
  const act = up || state === "starting" ? ["restart", "stop"] : ["start"];
  return [...act, "logs"].map((command) => `gatewayctl ${command} ${profile}`);
}
