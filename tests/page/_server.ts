import { until } from "../container/until.ts";
import { ASSETS } from "../../lib/status/routes.ts";
import { makeRow, type StatusRow } from "../../lib/status/changes.ts";
import { makeToken, type Token } from "../../lib/status/token.ts";
import { NoAnswerError } from "../../tasks/_status/gatherer.ts";
import type { Answers, Question } from "../../tasks/_status/questions.ts";
import { StatusServer } from "../../tasks/_status/server.ts";
import { REPO } from "../_fixtures.ts";

/** A gateway as the API shows it. */
export type Row = Record<string, unknown> & { profile: string };

/** What it is if it does not run. */
const DOWN = { up: false, pid: null, cpuSeconds: null, cpuPercent: null, rssBytes: null };

/** What it is without a service. */
const NOWHERE = {
  ...{ registered: false, supervised: false, wantedUp: false, seconds: null, deaths: null },
  lastLog: null,
};

/** A gateway that runs. */
export function running(profile: string, fields: Record<string, unknown> = {}): Row {
  return {
    ...{ profile, state: "running", cause: "running", text: "running, pid 240" },
    ...{ registered: true, supervised: true, up: true, wantedUp: true, pid: 240 },
    ...{ exitCode: null, signal: null, seconds: 7300, deaths: 0 },
    ...{ cpuSeconds: 12, cpuPercent: 0.4, rssBytes: 91_234_567 },
    lastLog: new Date(Date.now() - 3_030_000).toISOString(),
    ...fields,
  };
}

/** One that does not, although it is to. */
export function failed(profile: string, cause: string, fields: Record<string, unknown> = {}): Row {
  const text = `it is a case of ${cause}`;
  return running(profile, { ...DOWN, state: "failed", cause, text, exitCode: 1, ...fields });
}

/** One that is to be down. */
export function stopped(profile: string, fields: Record<string, unknown> = {}): Row {
  const text = "an operator stopped it";
  return running(profile, { ...DOWN, state: "stopped", cause: "stopped", text, ...fields });
}

/** A profile that no gateway can have. */
export function unusable(profile: string, cause: string): Row {
  const text = `it is a case of ${cause}`;
  return running(profile, { ...DOWN, ...NOWHERE, state: "unusable", cause, text });
}

/** The real server, with the real page, on gateways that a test makes up. */
export class Scene implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** The gateways. */
  rows: Row[];
  /** Whether they cannot be looked at. */
  broken = false;
  /** What `why` says beside what the row does. */
  why: Record<string, unknown> = {};

  private constructor(rows: Row[], port: number, token: Token | undefined) {
    this.rows = rows;
    const read = (file: string) =>
      Deno.readTextFileSync(`${REPO}/rootfs/opt/hermes-boot/status/${file}`);
    const files = ["index.html", "login.html", ...ASSETS].map((file) =>
      [file, read(file)] as const
    );
    const server = new StatusServer({
      gatherer: {
        ask: (question, profile) =>
          this.broken
            ? Promise.reject(new NoAnswerError("it hangs"))
            : Promise.resolve(this.#answer(question, profile)),
      },
      pulse: { problem: () => Promise.resolve(undefined) },
      files: new Map(files),
      token,
      isLocal: true,
      hosts: new Set(),
    });
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, signal: this.#abort.signal, onListen: () => {} },
      (request) => server.handle(request, "127.0.0.1"),
    );
  }

  /** Serves some gateways; with a token to who knows it. */
  static async of(
    rows: Row[],
    { port = 0, token }: { port?: number; token?: string } = {},
  ): Promise<Scene> {
    const made = token === undefined ? undefined : await makeToken(token);
    // A browser that looks for a server that has just ended may have its port.
    return await until(`port ${port} is free`, () => {
      try {
        return new Scene(rows, port, made);
      } catch (error) {
        if (error instanceof Deno.errors.AddrInUse) return undefined;
        throw error;
      }
    });
  }

  #answer<Q extends Question>(question: Q, profile?: string): Answers[Q] {
    const rows = (): StatusRow[] => this.rows.map((row) => makeRow(row, JSON.stringify));
    const list = () => JSON.stringify({ version: 1, gateways: this.rows });
    const gateways = this.rows.filter((row) => row.profile === profile)
      .map(({ profile, state, cause, text }) => ({
        ...{ profile, state, cause, text, logLines: [] },
        recorded: { state: "running", setBy: "operator", setAt: "2026-11-25T04:07:41.000Z" },
        ...this.why,
      }));
    const answers: Partial<Answers> = {
      rows: { rows: rows(), list: list() },
      news: { rows: rows(), list: list() },
      why: gateways.length === 0 ? undefined : JSON.stringify({ version: 1, gateways }),
    };
    return answers[question] as Answers[Q];
  }

  /** Where it listens. */
  get port(): number {
    return this.#server.addr.port;
  }

  /** Where it is. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Ends it, and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#server.finished;
  }
}
