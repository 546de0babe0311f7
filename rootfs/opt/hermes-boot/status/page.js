/// <reference lib="dom" />
// @ts-check
import { Detail } from "./detail.js";
import { follow } from "./events.js";
import { comparing, count, matches, nextOrder, summary } from "./rows.js";
import { Table } from "./table.js";
import { clock, keyIn } from "./words.js";

/** At most so often the table is laid out anew, in milliseconds. */
const SETTLE_MS = 50;

/**
 * @template {HTMLElement} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
function find(selector, type) {
  const element = document.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`expected ${selector} in the page, got none`);
}

const tableElement = find("#gateways", HTMLTableElement);
const text = find("#text", HTMLInputElement);
const filter = find("#filter", HTMLFormElement);
const link = find("#link", HTMLElement);
const headers = [...tableElement.querySelectorAll("th[data-column]")];
const table = new Table(tableElement);
const detail = new Detail((key) => table.get(key), loggedOut);

/** @type {import("./rows.js").Order} */
let order = { by: "state", descending: false };
/** Whether what is shown is how it is. */
let live = false;
let settling = false;

function state() {
  return String(new FormData(filter).get("state") ?? "");
}

/** Shows the rows that are asked for, in order, and counts all. */
function settle() {
  settling = false;
  const rows = table.rows;
  const counts = count(rows);
  table.show((row) => matches(row, text.value, state()), comparing(order));
  find("#summary", HTMLElement).textContent = summary(counts);
  for (const count of filter.querySelectorAll("[data-count]")) {
    const of = count.getAttribute("data-count") ?? "";
    count.textContent = String(of === "" ? rows.length : counts.get(of) ?? 0);
  }
  const failed = counts.get("failed") ?? 0;
  document.title = failed === 0 ? "Gateways" : `${failed} failed · Gateways`;
  find("#none", HTMLElement).hidden = rows.length > 0;
  find("#no-match", HTMLElement).hidden = rows.length === 0 || table.shown > 0;
  tableElement.hidden = table.shown === 0;
}

function settleSoon() {
  if (!settling) setTimeout(settle, SETTLE_MS);
  settling = true;
}

/** @param {import("./events.js").ServerEvent} event */
function take({ name, data }) {
  const value = JSON.parse(data);
  const before = table.get(detail.key);
  if (name === "gateways") table.setAll(value.gateways);
  else if (name === "gateway") table.set(value);
  else if (name === "gone") table.delete(value.profile);
  settleSoon();
  const now = table.get(detail.key);
  if (now?.text !== before?.text || now?.cause !== before?.cause) detail.ask();
  detail.draw();
}

/**
 * Says how the connection is.
 *
 * @param {string} kind
 * @param {string} words
 */
function say(kind, words) {
  live = kind === "live";
  document.documentElement.dataset.link = kind;
  if (link.textContent !== words) link.textContent = words;
}

function loggedOut() {
  say("out", "Logged out. ");
  const login = document.createElement("a");
  login.href = "login";
  login.textContent = "Log in";
  link.append(login);
}

for (const header of headers) {
  header.querySelector("button")?.addEventListener("click", () => {
    order = nextOrder(order, header.getAttribute("data-column") ?? "");
    for (const other of headers) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    settle();
  });
}
filter.addEventListener("input", settle);
filter.addEventListener("submit", (event) => event.preventDefault());
find("#show-all", HTMLElement).addEventListener("click", () => {
  filter.reset();
  settle();
  text.focus();
});

tableElement.addEventListener("click", ({ target }) => {
  const row = target instanceof Element ? target.closest("tbody tr") : null;
  // A click on the link needs no help, and who selects text wants no panel.
  if (row === null || /** @type {Element} */ (target).closest("a")) return;
  if (getSelection()?.isCollapsed !== false) row.querySelector("a")?.click();
});
tableElement.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (by === undefined || !(event.target instanceof HTMLAnchorElement)) return;
  event.preventDefault();
  table.moveFocus(event.target, by);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target instanceof HTMLInputElement || detail.key !== "") return;
  event.preventDefault();
  text.focus();
});
addEventListener("hashchange", () => detail.show(keyIn(location.hash)));

find("#place", HTMLElement).textContent = location.host;
setInterval(() => {
  if (!live) return; // nobody knows how long it has been so
  table.tick();
  detail.draw();
}, 1000);

let opened = false;
await follow({
  connected: (now) => table.setClock(now),
  event: (event) => {
    if (!live) say("live", "Live");
    take(event);
    if (opened) return;
    opened = true;
    settle();
    detail.show(keyIn(location.hash));
  },
  cutOff: (since) => say("cut", `Cut off since ${clock(since)}, trying again`),
  loggedOut,
});
