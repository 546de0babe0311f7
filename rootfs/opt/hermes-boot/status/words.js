// @ts-check
import { WORDS } from "./causes.js";

/**
 * A gateway as `gatewayctl list --json` has it.
 *
 * @typedef {object} Row
 * @property {string} profile
 * @property {string} state
 * @property {string} cause
 * @property {string} text
 * @property {boolean} registered
 * @property {boolean | null} up
 * @property {number | null} pid
 * @property {number | null} exitCode
 * @property {string | null} signal
 * @property {number | null} seconds
 * @property {number | null} deaths
 * @property {number | null} cpuSeconds
 * @property {number | null} cpuPercent
 * @property {number | null} rssBytes
 * @property {string | null} lastLog
 */

/** What stands where there is no value; the style sheet shows a dash. */
export const NONE = "";

/** s6 counts deaths up to here. */
const MOST_DEATHS = 100;

/**
 * Names a gateway. The directory profiles/default has the root profile's name.
 *
 * @param {Row} row
 * @returns {string} A name that no other row has.
 */
export function keyOf({ profile, cause }) {
  return cause === "reserved-name" ? `profiles/${profile}` : profile;
}

/**
 * Makes text legible: control characters, and those that reorder or hide text, are escaped.
 *
 * @param {string} text
 * @returns {string}
 */
export function legible(text) {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character.replace(
        /[^]/g,
        (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"),
      ),
  );
}

/**
 * Makes the page's address of a gateway.
 *
 * @param {string} key Its name.
 * @returns {string} Such as `#coder`.
 */
export function hashOf(key) {
  return `#${encodeURIComponent(key.toWellFormed())}`;
}

/**
 * Reads {@linkcode hashOf} back.
 *
 * @param {string} hash
 * @returns {string} The name; empty: none is meant.
 */
export function keyIn(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return ""; // no escape of UTF-8
  }
}

/**
 * Words a gateway's cause, unless its state says it all.
 *
 * @param {Row} row
 * @returns {string}
 */
export function causeWords({ state, cause }) {
  const words = WORDS.get(cause) ?? cause;
  return words === state ? "" : words;
}

/**
 * Gives the sentence that a row shows: what runs as it should needs none.
 *
 * @param {Row} row
 * @returns {string}
 */
export function sentence({ cause, text }) {
  return cause === "running" ? "" : legible(text);
}

/**
 * Words a duration in one unit, as `gatewayctl list` does.
 *
 * @param {number | null} seconds
 * @returns {string}
 */
export function age(seconds) {
  if (seconds === null) return NONE;
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86400)}d`;
}

const UNITS = /** @type {const} */ ([["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]);

/**
 * Words a duration by its two largest units, as `gatewayctl why` does.
 *
 * @param {number} seconds
 * @returns {string} Such as `2h 5m`.
 */
export function span(seconds) {
  let rest = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0s";
}

/**
 * Words an amount of memory.
 *
 * @param {number | null} bytes
 * @returns {string}
 */
export function memory(bytes) {
  if (bytes === null) return NONE;
  const mebibytes = Math.ceil(bytes / 2 ** 20);
  return mebibytes < 1000 ? `${mebibytes} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/**
 * Words a share of a core.
 *
 * @param {number | null} value
 * @returns {string}
 */
export function percent(value) {
  return value === null ? NONE : `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}%`;
}

/**
 * Words how often a gateway has died.
 *
 * @param {number | null} count
 * @returns {string}
 */
export function deaths(count) {
  if (count === null) return NONE;
  return count < MOST_DEATHS ? String(count) : `${MOST_DEATHS}+`;
}

/**
 * Words how a gateway has ended last.
 *
 * @param {Row} row
 * @returns {string} Empty if that is not known.
 */
export function lastEnd({ exitCode, signal }) {
  if (signal !== null) return signal;
  return exitCode === null ? "" : `exit code ${exitCode}`;
}

const time = new Intl.DateTimeFormat("sv-SE", { timeStyle: "medium" });
const stamp = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });

/**
 * Words a time of today, in the reader's time zone.
 *
 * @param {Date} date
 * @returns {string} Such as `14:03:22`.
 */
export function clock(date) {
  return time.format(date);
}

/**
 * Words a time, in the reader's time zone.
 *
 * @param {Date} date
 * @returns {string} Such as `2026-11-25 14:03:22`.
 */
export function dateTime(date) {
  return stamp.format(date);
}

/**
 * Words what is recorded of a gateway, as `gatewayctl why` does.
 *
 * @param {{ state: string | null, setBy: string | null, setAt: string | null, problem?: string }} recorded
 * @returns {string}
 */
export function recorded({ state, setBy, setAt, problem }) {
  if (state === null) return legible(problem ?? "none");
  const when = setAt === null ? "" : ` at ${dateTime(new Date(setAt))}`;
  return `${legible(state)}, set by the ${setBy}${when}`;
}
