import { errorWords } from "../../lib/_errors.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { SECURITY_HEADERS, wantsOpenMetrics } from "../../lib/status/headers.ts";
import { isTrustedHost } from "../../lib/status/hosts.ts";
import { ASSETS, type Route, routeOf } from "../../lib/status/routes.ts";
import { Throttle, type ThrottleOptions } from "../../lib/status/throttle.ts";
import type { Token } from "../../lib/status/token.ts";
import { Document } from "./document.ts";
import { Door } from "./door.ts";
import { Events } from "./events.ts";
import { type Gatherer, NoAnswerError } from "./gatherer.ts";
import type { Pulse } from "./pulse.ts";
import { say, sayError } from "./say.ts";

/** What a server goes by. */
export interface ServerOptions {
  /** Who gathers. */
  gatherer: Pick<Gatherer, "ask">;
  /** What tells whether s6-svscan is at work. */
  pulse: Pick<Pulse, "problem">;
  /** The page's files, by their names. */
  files: ReadonlyMap<string, string>;
  /** What opens the page and the API; `undefined`: there is none. */
  token: Token | undefined;
  /** Whether only this machine can reach the address. */
  isLocal: boolean;
  /** The names that may stand in `Host`, beside IP addresses and `localhost`. */
  hosts: ReadonlySet<string>;
  /** How often one address may ask. Default: 100 times a second, 400 at once. */
  rate?: ThrottleOptions | undefined;
}

/** The same error is said no more often than this, in milliseconds. */
const SAY_MS = 60_000;

const JSON_TYPE = "application/json";
const METRICS = {
  metrics: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
} as const;
const FILES: readonly (readonly [name: string, type: string])[] = [
  ["index.html", "text/html; charset=utf-8"],
  ...ASSETS.map((file) =>
    [file, `text/${file.endsWith(".css") ? "css" : "javascript"}; charset=utf-8`] as const
  ),
];

/** What an engine or a scraper asks, which has no browser that could be misled. */
const OPEN: ReadonlySet<Route["to"]> = new Set<Route["to"]>(["livez", "readyz", "metrics"]);

/** What only who was let in gets. */
const GUARDED: ReadonlySet<Route["to"]> = new Set<Route["to"]>([
  "page",
  "events",
  "gateways",
  "gateway",
]);

/** Answers the requests of the status service. It changes nothing. */
export class StatusServer {
  readonly #options: ServerOptions;
  readonly #door: Door;
  readonly #events: Events;
  readonly #throttle: Throttle;
  readonly #files = new Map<string, Document>();
  #complaint = { words: "", at: 0 };
  /** What was sent last. */
  readonly #sent = new Map<string, { text: string; document: Document }>();

  /**
   * Makes a server that nobody has asked yet.
   *
   * @param options What it goes by.
   */
  constructor(options: ServerOptions) {
    const { gatherer, token, isLocal, files, rate } = options;
    this.#options = options;
    this.#door = new Door(token, isLocal, files.get("login.html") ?? "");
    this.#throttle = new Throttle(rate ?? { perSecond: 100, burst: 400 });
    this.#events = new Events({
      rows: () => gatherer.ask("rows"),
      news: () => gatherer.ask("news"),
    });
    for (const [name, type] of FILES) {
      const text = files.get(name);
      if (text !== undefined) this.#files.set(name, new Document(text, type));
    }
  }

  /**
   * Answers a request.
   *
   * @param request The request.
   * @param caller Who asks: an address.
   * @returns The response.
   */
  async handle(request: Request, caller: string): Promise<Response> {
    // Not by URL: whatever was sent for Host is in it.
    const [, path = ""] = /^\w+:\/\/[^/?#]*([^?#]*)/.exec(request.url) ?? [];
    const route = routeOf(request.method, path);
    let response: Response;
    try {
      response = await this.#refuse(request, route, caller) ?? await this.#answer(request, route);
    } catch (error) {
      const isLate = error instanceof NoAnswerError;
      if (!isLate) this.#complain(errorWords(error));
      const words = isLate ? error.message : "the gateways cannot be looked at; see the log";
      response = GUARDED.has(route.to) ? sayError(503, words) : say(503, words);
    }
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
    return response;
  }

  /** Says what went wrong, the same once a minute. */
  #complain(words: string): void {
    const now = performance.now();
    if (words === this.#complaint.words && now - this.#complaint.at < SAY_MS) return;
    this.#complaint = { words, at: now };
    console.error(`status: error: ${terminalSafe(words)}`);
  }

  /** Turns a caller away; `undefined`: it is to have its answer. */
  async #refuse(
    { headers }: Request,
    { to }: Route,
    caller: string,
  ): Promise<Response | undefined> {
    if (to === "livez" || to === "readyz") return undefined;
    if (!this.#throttle.take(caller, performance.now())) {
      return say(429, "too many requests", { "retry-after": "1" });
    }
    if (OPEN.has(to)) return undefined;
    if (!isTrustedHost(headers.get("host"), this.#options.hosts)) {
      return say(421, "ask by an IP address, or add this name to HERMES_STATUS_ALLOWED_HOSTS");
    }
    if (!GUARDED.has(to) || await this.#door.admits(headers)) return undefined;
    const { shut } = this.#door;
    if (to === "page") {
      return shut === undefined ? say(303, "log in first", { location: "/login" }) : say(403, shut);
    }
    if (shut !== undefined) return sayError(403, shut);
    return sayError(401, "expected the token", { "www-authenticate": "Bearer" });
  }

  async #answer(request: Request, route: Route): Promise<Response> {
    const { headers } = request;
    switch (route.to) {
      case "livez":
        return await this.#live();
      case "readyz":
        return await this.#ready();
      case "metrics":
        return await this.#metrics(headers);
      case "gateways":
        return await this.#gateways(headers);
      case "gateway":
        return await this.#gateway(route.profile, headers);
      case "events":
        return await this.#listen(request);
      case "login":
      case "enter":
        return await this.#door.login(request);
      case "page":
        return await this.#file("index.html", headers);
      case "asset":
        return await this.#file(route.file, headers);
      case "method":
        return say(405, `expected ${route.allow}`, { allow: route.allow });
      case "nothing":
        return say(404, "nothing is here");
    }
  }

  async #live(): Promise<Response> {
    const problem = await this.#options.pulse.problem();
    return problem === undefined ? say(200, "live") : say(503, problem);
  }

  async #ready(): Promise<Response> {
    const ailments = await this.#options.gatherer.ask("ready");
    if (ailments.length === 0) return say(200, "ready");
    const lines = ailments.map(({ profile, text }) =>
      profile === undefined ? text : `${profile}: ${text}`
    );
    return say(503, lines.map(terminalSafe).join("\n"));
  }

  async #metrics(headers: Headers): Promise<Response> {
    const question = wantsOpenMetrics(headers.get("accept")) ? "openmetrics" : "metrics";
    const text = await this.#options.gatherer.ask(question);
    const response = await this.#document(question, text, METRICS[question]).respond(headers);
    response.headers.append("vary", "accept");
    return response;
  }

  async #gateways(headers: Headers): Promise<Response> {
    const { list } = await this.#options.gatherer.ask("rows");
    return await this.#document("rows", list, JSON_TYPE).respond(headers);
  }

  async #gateway(profile: string, headers: Headers): Promise<Response> {
    const text = await this.#options.gatherer.ask("why", profile);
    if (text === undefined) return sayError(404, `${profile}: no such profile`);
    return await new Document(text, JSON_TYPE).respond(headers);
  }

  async #listen({ method }: Request): Promise<Response> {
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    if (method === "HEAD") return new Response(null, { headers });
    const stream = await this.#events.listen();
    if (stream === undefined) return sayError(503, "too many listeners", { "retry-after": "10" });
    return new Response(stream, { headers });
  }

  async #file(name: string, headers: Headers): Promise<Response> {
    return await this.#files.get(name)?.respond(headers) ?? say(404, "nothing is here");
  }

  /** Keeps what was made of a text for as long as it is the same. */
  #document(name: string, text: string, type: string): Document {
    const sent = this.#sent.get(name);
    if (sent?.text === text) return sent.document;
    const document = new Document(text, type);
    this.#sent.set(name, { text, document });
    return document;
  }
}
