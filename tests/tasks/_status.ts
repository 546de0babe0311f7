import { makeRow } from "../../lib/status/changes.ts";
import { jsonAscii } from "../../lib/_quote.ts";
import type { Answers, Question, Rows } from "../../tasks/_status/questions.ts";
import { type ServerOptions, StatusServer } from "../../tasks/_status/server.ts";

/** What opens the tests' server, where anything has to. */
export const TOKEN = "correct-horse-battery";

/** Rows of so many gateways. */
export function rowsOf(count: number, up = true): Rows {
  const found = Array.from(
    { length: count },
    (_, i) => ({ profile: `p${i}`, up, text: "running" }),
  );
  return {
    list: JSON.stringify({ version: 1, gateways: found }),
    rows: found.map((fields) => makeRow(fields, jsonAscii)),
  };
}

/** Answers as who gathers would. */
export const ANSWERS: Answers = {
  rows: rowsOf(40),
  news: undefined,
  metrics: "# HELP up Up.\n# TYPE up gauge\nup 1\n",
  openmetrics: "# EOF\n",
  ready: [],
  why: '{"version":1,"gateways":[]}',
};

/** The page's files, for tests that are not about them. */
export const FILES = new Map([
  ["index.html", "<!DOCTYPE html><title>page</title>"],
  ["login.html", "<!DOCTYPE html><title>login</title><!-- problem -->"],
  ["page.css", "body {}"],
  ["page.js", "// script"],
]);

/** What the tests' server goes by. */
export interface Changes extends Partial<ServerOptions> {
  /** What is answered to a question instead. */
  ask?: (question: Question, profile: string) => Promise<unknown>;
}

/** Makes a server with a stand-in for who gathers. */
export function makeServer({ ask, ...changes }: Changes = {}): StatusServer {
  const gatherer = {
    ask: async <Q extends Question>(question: Q, profile = "") =>
      await (ask?.(question, profile) ?? ANSWERS[question]) as Answers[Q],
  };
  return new StatusServer({
    ...{ gatherer, pulse: { problem: () => Promise.resolve(undefined) }, files: FILES },
    ...{ token: undefined, isLocal: true, hosts: new Set() },
    ...changes,
  });
}

/** Makes a request, by default of somebody on this machine. */
export function request(path: string, init: RequestInit & { host?: string | null } = {}): Request {
  const { host = "127.0.0.1:9118", ...rest } = init;
  const headers = new Headers(rest.headers);
  if (host !== null) headers.set("host", host);
  return new Request(`http://127.0.0.1:9118${path}`, { ...rest, headers });
}
