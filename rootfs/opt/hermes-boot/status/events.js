// @ts-check

/**
 * An event of the server.
 *
 * @typedef {object} ServerEvent
 * @property {string} name
 * @property {string} data
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/**
 * Reads server-sent events out of text that comes in pieces.
 *
 * @returns {(text: string) => ServerEvent[]} Takes a piece; returns the events that it completes.
 */
export function eventReader() {
  let rest = "";
  let name = "message";
  /** @type {string[]} */
  let data = [];
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    const events = [];
    for (const line of lines) {
      const [, field, value = ""] = /^(event|data): ?(.*?)\r?$/.exec(line) ?? [];
      if (field === "event") name = value;
      else if (field === "data") data.push(value);
      else if (/^\r?$/.test(line)) {
        if (data.length > 0) events.push({ name, data: data.join("\n") });
        name = "message";
        data = [];
      }
    }
    return events;
  };
}

/**
 * What becomes of a connection.
 *
 * @typedef {object} Follower
 * @property {(now: Date) => void} connected It stands; `now` is the server's time.
 * @property {(event: ServerEvent) => void} event Something has come.
 * @property {(since: Date) => void} cutOff It is lost, and was last heard of then; it is tried again.
 * @property {() => void} loggedOut The server wants a login; it is not tried again.
 */

/**
 * Reads one connection to its end.
 *
 * @param {Follower} follower
 * @param {() => void} heard Told of every sign of life.
 * @param {number} silenceMs
 * @returns {Promise<boolean>} Whether to try again.
 */
async function readOnce({ connected, event, loggedOut }, heard, silenceMs) {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), silenceMs);
  const alive = () => {
    heard();
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(), silenceMs);
  };
  try {
    const response = await fetch("events", { signal: abort.signal, cache: "no-store" });
    if (response.status === 401) return loggedOut(), false;
    if (!response.ok || response.body === null) return true;
    alive();
    connected(new Date(response.headers.get("date") ?? Date.now()));
    const read = eventReader();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      alive();
      for (const one of read(decoder.decode(piece.value, { stream: true }))) event(one);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
  return true;
}

/**
 * Follows the server's events until it wants a login.
 *
 * @param {Follower} follower
 * @param {number} silenceMs For so long a connection may be silent; the server says something
 * every 15 s.
 */
export async function follow(follower, silenceMs = 40_000) {
  let last = new Date();
  let wait = FIRST_WAIT_MS;
  const heard = () => {
    last = new Date();
    wait = FIRST_WAIT_MS;
  };
  while (await readOnce(follower, heard, silenceMs).catch(() => true)) {
    follower.cutOff(last);
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
}
