/// <reference lib="dom" />
// @ts-check
import { commands } from "./rows.js";
import * as words from "./words.js";

/** @typedef {import("./words.js").Row} Row */

/**
 * A gateway as `gatewayctl why --json` has it; the page asks for what a row does not say.
 *
 * @typedef {object} Why
 * @property {string} cause
 * @property {string} [try]
 * @property {string} [outside]
 * @property {{ state: string | null, setBy: string | null, setAt: string | null, problem?: string }} recorded
 * @property {{ text: string, latest: boolean }} [bootLine]
 */

/** For so long a button says that it has copied, in milliseconds. */
const COPIED_MS = 2000;

/**
 * @param {string} selector
 * @returns {HTMLElement}
 */
function find(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

/**
 * Copies an element's text. A page that came over plain HTTP has no `navigator.clipboard`.
 *
 * @param {HTMLElement} element
 * @returns {Promise<boolean>} Whether it is copied; else it is selected.
 */
async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(element);
    return document.execCommand("copy");
  }
}

/**
 * Makes a command with a button that copies it.
 *
 * @param {string} command
 * @returns {HTMLElement}
 */
function commandLine(command) {
  const line = document.createElement("div");
  line.className = "command";
  const code = document.createElement("code");
  code.textContent = words.legible(command);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${code.textContent}`);
  button.addEventListener("click", async () => {
    const done = await copy(code);
    button.textContent = done ? "Copied" : "Selected";
    find("#said").textContent = done ? "Copied" : "Selected: copy it with the keyboard";
    setTimeout(() => {
      button.textContent = "Copy";
      find("#said").textContent = "";
    }, COPIED_MS);
  });
  line.append(code, button);
  return line;
}

/**
 * Fills an element, and touches nothing where it shows the same.
 *
 * @param {HTMLElement} element
 * @param {string[]} values What it shows.
 * @param {() => Node[]} make Makes its children.
 */
function fill(element, values, make) {
  const shown = JSON.stringify(values);
  if (element.dataset.shown === shown) return;
  element.dataset.shown = shown;
  element.replaceChildren(...make());
}

/**
 * @param {Row} row
 * @param {Why | undefined} why
 * @returns {[name: string, value: string][]} What is known of a gateway, in words.
 */
function factsOf(row, why) {
  const { pid, seconds, rssBytes, cpuPercent, cpuSeconds, lastLog, up, state } = row;
  /** @type {(string | null | undefined | false)[][]} */
  const facts = [
    [up ? "Up for" : "Down for", seconds !== null && words.span(seconds)],
    ["PID", pid !== null && String(pid)],
    ["Memory", rssBytes !== null && words.memory(rssBytes)],
    [
      "CPU",
      cpuSeconds !== null &&
      `${words.percent(cpuPercent)} of a core, ${words.span(cpuSeconds)} in all`,
    ],
    ["Deaths", row.deaths !== null && words.deaths(row.deaths)],
    ["Last end", words.lastEnd(row)],
    ["Last log", lastLog !== null && words.dateTime(new Date(lastLog))],
    ["Recorded", state !== "unusable" && why && words.recorded(why.recorded)],
    ["Boot log", why?.bootLine && words.legible(why.bootLine.text)],
  ];
  return facts.flatMap(([name, value]) => name && value ? [[name, value]] : []);
}

/** The panel that tells of one gateway. */
export class Detail {
  /** @type {HTMLDialogElement} */
  #dialog = /** @type {HTMLDialogElement} */ (find("#detail"));
  /** The gateway's name; empty: it is closed. */
  #key = "";
  /** @type {Why | undefined} */
  #why;
  /** @type {(key: string) => Row | undefined} */
  #rowOf;
  #loggedOut;

  /**
   * @param {(key: string) => Row | undefined} rowOf Finds a gateway's row.
   * @param {() => void} loggedOut Told that the server wants a login.
   */
  constructor(rowOf, loggedOut) {
    this.#rowOf = rowOf;
    this.#loggedOut = loggedOut;
    find("#close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close(); // beside it
    });
    this.#dialog.addEventListener("close", () => {
      this.#key = "";
      if (location.hash !== "") history.replaceState(null, "", location.pathname + location.search);
    });
  }

  /** @returns {string} The name of the gateway that it tells of. */
  get key() {
    return this.#key;
  }

  /**
   * Opens it, or closes it.
   *
   * @param {string} key The gateway's name; empty: closes it.
   */
  show(key) {
    if (key === this.#key) return;
    if (key === "") return this.#dialog.close();
    this.#key = key;
    this.#why = undefined;
    this.draw();
    this.ask();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Asks the server why the gateway is as it is. */
  async ask() {
    const key = this.#key;
    const row = this.#rowOf(key);
    if (row === undefined) return;
    const name = encodeURIComponent(row.profile.toWellFormed());
    const response = await fetch(`api/v1/gateways/${name}`).catch(() => undefined);
    if (response?.status === 401) return this.#loggedOut();
    if (!response?.ok) return;
    /** @type {{ gateways: Why[] } | undefined} */
    const answer = await response.json().catch(() => undefined); // cut off in the middle of it
    if (key !== this.#key) return;
    const isReserved = row.cause === "reserved-name";
    this.#why = answer?.gateways.find(({ cause }) => (cause === "reserved-name") === isReserved);
    this.draw();
  }

  /** Brings it up to date. */
  draw() {
    if (this.#key === "") return;
    const row = this.#rowOf(this.#key);
    find("#detail-name").textContent = words.legible(this.#key);
    this.#dialog.dataset.state = row?.state ?? "";
    const { try: help, outside } = this.#why ?? {};
    find("#detail-state").textContent = row?.state ?? "gone";
    find("#detail-cause").textContent = row ? words.causeWords(row) : "";
    find("#detail-text").textContent = row ? words.legible(row.text) : "There is no such gateway.";
    this.#drawCommands("#detail-try", row && help !== undefined ? [help] : []);
    this.#drawCommands(
      "#detail-commands",
      row ? commands(row).filter((command) => command !== help) : [],
    );
    find("#detail-outside").textContent = outside ? `Outside the container: ${outside}` : "";
    const facts = row ? factsOf(row, this.#why) : [];
    fill(find("#detail-facts"), facts.flat(), () =>
      facts.flatMap(([name, value]) => {
        const term = document.createElement("dt");
        term.textContent = name;
        const description = document.createElement("dd");
        description.textContent = value;
        return [term, description];
      }));
  }

  /**
   * @param {string} selector The section's.
   * @param {string[]} commands
   */
  #drawCommands(selector, commands) {
    find(selector).hidden = commands.length === 0;
    fill(find(`${selector} div`), commands, () => commands.map(commandLine));
  }
}
