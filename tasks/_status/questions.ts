import type { Ailment } from "../../lib/explain/health.ts";
import type { StatusRow } from "../../lib/status/changes.ts";

/** All gateways, as the API shows them. */
export interface Rows {
  /** The output of `gatewayctl list --json`. */
  list: string;
  /** The same, gateway by gateway. */
  rows: readonly StatusRow[];
}

/** What the server asks of who gathers, by the words that it asks with, and the answer. */
export interface Answers {
  /** Every gateway. */
  rows: Rows;
  /** The same, if anything has changed since the last question, or that was long ago. */
  news: Rows | undefined;
  /** Metrics, in Prometheus's text format. */
  metrics: string;
  /** The same as OpenMetrics. */
  openmetrics: string;
  /** What keeps the container from being ready. */
  ready: readonly Ailment[];
  /** The output of `gatewayctl why NAME --json`; `undefined`: there is no such profile. */
  why: string | undefined;
}

/** A question. */
export type Question = keyof Answers;

/** A question on its way to who gathers. */
export interface Asked {
  id: number;
  question: Question;
  /** Which profile, for `why`. */
  profile: string;
}

/** The answer on its way back. */
export interface Answered {
  id: number;
  answer?: unknown;
  /** Why there is none. */
  error?: string;
}
