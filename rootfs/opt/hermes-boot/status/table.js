/// <reference lib="dom" />
// @ts-check
import * as words from "./words.js";

/** @typedef {import("./words.js").Row} Row */

/**
 * One row of the table: what it shows, and its cells.
 *
 * @typedef {object} Line
 * @property {Row} row
 * @property {number} at When the row came, on the browser's monotonic clock.
 * @property {HTMLTableRowElement} element
 * @property {HTMLAnchorElement} link
 * @property {Record<string, HTMLElement>} cells
 */

/** The columns after the name and the state, and what a narrow screen calls them. */
const NUMBERS = { since: "for", memory: "", cpu: "CPU", deaths: "deaths", log: "log" };

/** The server's clock comes without fractions of a second. */
const HALF_SECOND_MS = 500;

/**
 * Sets an element's text, and touches nothing where it is the same.
 *
 * @param {HTMLElement | undefined} element
 * @param {string} text
 */
function put(element, text) {
  if (element !== undefined && element.textContent !== text) element.textContent = text;
}

/**
 * @param {string} tag
 * @param {string} name Its class.
 * @param {HTMLElement} parent
 * @returns {HTMLElement}
 */
function add(tag, name, parent) {
  const element = document.createElement(tag);
  if (name !== "") element.className = name;
  return parent.appendChild(element);
}

/**
 * @param {HTMLTableRowElement} element
 * @param {string} name Its class.
 * @param {string} tag
 * @param {string} role
 */
function addCell(element, name, tag = "td", role = "cell") {
  const cell = add(tag, name, element);
  // A narrow screen lays cells out as no table's, and takes their roles.
  cell.setAttribute("role", role);
  return cell;
}

/**
 * Makes the elements of a row.
 *
 * @param {string} key The gateway's name.
 * @returns {Omit<Line, "row" | "at">}
 */
function makeLine(key) {
  const element = document.createElement("tr");
  element.setAttribute("role", "row");
  const name = addCell(element, "name", "th", "rowheader");
  name.setAttribute("scope", "row");
  const link = document.createElement("a");
  link.href = words.hashOf(key);
  link.textContent = words.legible(key);
  name.append(link);
  const state = addCell(element, "state");
  /** @type {Record<string, HTMLElement>} */
  const cells = { state: add("b", "", state) };
  for (const part of ["cause", "text"]) {
    state.append(" ");
    cells[part] = add("span", part, state);
  }
  for (const [column, label] of Object.entries(NUMBERS)) {
    const cell = addCell(element, `number ${column}`);
    if (label !== "") cell.dataset.label = label;
    cells[column] = cell;
  }
  return { element, link, cells };
}

/**
 * Finds how long ago a row's log was last written to.
 *
 * @param {Row} row
 * @param {number} now The server's time.
 */
function logAge({ lastLog }, now) {
  return lastLog === null ? null : (now - Date.parse(lastLog)) / 1000;
}

/** The table of gateways: each row is made once, and changed in place. */
export class Table {
  /** @type {Map<string, Line>} */
  #lines = new Map();
  /** @type {HTMLTableSectionElement} */
  #body;
  /** How far the server's clock is ahead, in milliseconds. */
  #ahead = 0;
  /** The rows as shown. @type {string[]} */
  #shown = [];

  /** @param {HTMLTableElement} table */
  constructor(table) {
    this.#body = /** @type {HTMLTableSectionElement} */ (table.tBodies[0]);
  }

  /** @returns {Row[]} */
  get rows() {
    return [...this.#lines.values()].map(({ row }) => row);
  }

  /** @returns {number} How many rows are shown. */
  get shown() {
    return this.#shown.length;
  }

  /** @param {Date} now The server's time. */
  setClock(now) {
    this.#ahead = now.getTime() + HALF_SECOND_MS - Date.now();
  }

  /**
   * @param {string} key
   * @returns {Row | undefined} Its row, for as long as it has been so now.
   */
  get(key) {
    const line = this.#lines.get(key);
    return line && { ...line.row, seconds: this.#secondsOf(line) };
  }

  /** @param {Line} line */
  #secondsOf({ row: { seconds }, at }) {
    return seconds === null ? null : seconds + (performance.now() - at) / 1000;
  }

  /**
   * Takes a row in, or changes it.
   *
   * @param {Row} row
   */
  set(row) {
    const key = words.keyOf(row);
    const line = { ...this.#lines.get(key) ?? makeLine(key), row, at: performance.now() };
    const { element, cells } = line;
    this.#lines.set(key, line);
    if (element.dataset.state !== row.state) element.dataset.state = row.state;
    put(cells.state, row.state);
    put(cells.cause, words.causeWords(row));
    put(cells.text, words.sentence(row));
    put(cells.memory, words.memory(row.rssBytes));
    put(cells.cpu, words.percent(row.cpuPercent));
    put(cells.deaths, words.deaths(row.deaths));
    this.#tickLine(line);
  }

  /**
   * Takes these rows in, and leaves no other.
   *
   * @param {Row[]} rows
   */
  setAll(rows) {
    const gone = new Set(this.#lines.keys());
    for (const row of rows) {
      this.set(row);
      gone.delete(words.keyOf(row));
    }
    for (const key of gone) this.delete(key);
  }

  /** @param {string} key */
  delete(key) {
    this.#lines.get(key)?.element.remove();
    this.#lines.delete(key);
  }

  /** @param {Line} line */
  #tickLine(line) {
    put(line.cells.since, words.age(this.#secondsOf(line)));
    put(line.cells.log, words.age(logAge(line.row, Date.now() + this.#ahead)));
  }

  /** Brings the ages up to date. */
  tick() {
    for (const line of this.#lines.values()) this.#tickLine(line);
  }

  /**
   * Shows some of the rows, in an order; moves no more than it must.
   *
   * @param {(row: Row) => boolean} filter
   * @param {(a: Row, b: Row) => number} compare
   */
  show(filter, compare) {
    const lines = [...this.#lines].filter(([, { row }]) => filter(row))
      .sort(([, a], [, b]) => compare(a.row, b.row));
    const keys = lines.map(([key]) => key);
    const elements = new Set(lines.map(([, { element }]) => element));
    const focused = document.activeElement;
    for (const element of [...this.#body.rows]) if (!elements.has(element)) element.remove();
    let next = this.#body.firstElementChild;
    for (const element of elements) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
    // An element that is moved loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement) {
      if (focused.isConnected) focused.focus({ preventScroll: true });
    }
    this.#shown = keys;
  }

  /**
   * Moves the focus from one shown row's link to another's.
   *
   * @param {Element} from The link.
   * @param {number} by How far.
   */
  moveFocus(from, by) {
    const at = this.#shown.findIndex((key) => this.#lines.get(key)?.link === from);
    const to = Math.min(Math.max(at + by, 0), this.#shown.length - 1);
    if (at >= 0) this.#lines.get(this.#shown[to] ?? "")?.link.focus();
  }
}
