import type { Token } from "../../lib/status/token.ts";
import { Document } from "./document.ts";
import { say } from "./say.ts";

const COOKIE = "hermes_status";

/** The cookie among whatever else a browser has for this host: those of other ports, too. */
const OURS = new RegExp(`(?:^|; *)${COOKIE}=([0-9a-f]+)(?: *;|$)`);

/** A login form is no longer than this, in bytes. */
const MOST_BYTES = 4096;

/** It is here within this, in milliseconds. */
const PATIENCE_MS = 5000;

/** Reads a short body; `undefined`: it is longer, or does not come in time. */
async function readShort(request: Request): Promise<string | undefined> {
  const reader = request.body?.getReader();
  if (reader === undefined) return "";
  const timer = setTimeout(() => reader.cancel().catch(() => {}), PATIENCE_MS);
  const deadline = performance.now() + PATIENCE_MS;
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (let bytes = 0; bytes <= MOST_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return performance.now() < deadline ? text + decoder.decode() : undefined;
      bytes += value.length;
      text += decoder.decode(value, { stream: true });
    }
    return undefined;
  } catch {
    return undefined; // the caller has gone
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

/** Where in the login page it is said that the token was wrong, and how. */
const PROBLEM = ["<!-- problem -->", '<p role="alert">That is not the token.</p>'] as const;

function lead(headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { location: "/", ...headers } });
}

/** Lets in who may see the page and the API. */
export class Door {
  readonly #token: Token | undefined;
  readonly #isLocal: boolean;
  readonly #page: Document;
  readonly #again: Document;

  /**
   * Makes a door.
   *
   * @param token What opens it; without one only who is on this machine gets in.
   * @param isLocal Whether only this machine can reach the server.
   * @param page The login page.
   */
  constructor(token: Token | undefined, isLocal: boolean, page: string) {
    this.#token = token;
    this.#isLocal = isLocal;
    const type = "text/html; charset=utf-8";
    this.#page = new Document(page, type);
    this.#again = new Document(page.replace(...PROBLEM), type);
  }

  /** Why nobody gets in; `undefined`: somebody may. */
  get shut(): string | undefined {
    if (this.#token !== undefined || this.#isLocal) return undefined;
    return "on this address the page and the API need a token: set HERMES_STATUS_TOKEN_FILE";
  }

  /**
   * Tells whether a caller may come in: by the token, `Authorization: Bearer`, or
   * by the cookie.
   *
   * @param headers The request's headers.
   * @returns Whether it may.
   */
  async admits(headers: Headers): Promise<boolean> {
    const token = this.#token;
    if (token === undefined) return this.#isLocal;
    const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "") ?? [];
    if (bearer !== undefined) return await token.matches(bearer);
    const [, cookie] = OURS.exec(headers.get("cookie") ?? "") ?? [];
    return cookie !== undefined && await token.matchesCookie(cookie);
  }

  /**
   * Shows the login page, or takes its form, the token in the field `token`.
   *
   * @param request The request.
   * @returns The response.
   */
  async login(request: Request): Promise<Response> {
    const token = this.#token;
    if (token === undefined) {
      return this.shut === undefined ? lead() : say(403, this.shut);
    }
    if (request.method !== "POST") return await this.#page.respond(request.headers);
    const text = await readShort(request);
    if (text === undefined) return say(413, "that is no login form");
    if (!await token.matches(new URLSearchParams(text).get("token") ?? "")) {
      return await this.#again.respond(request.headers, 401);
    }
    const cookie = `${COOKIE}=${token.cookie}; HttpOnly; SameSite=Strict; Path=/`;
    return lead({ "set-cookie": cookie });
  }
}
