import { lstatIfPresent } from "../../lib/_fs.ts";
import { jsonAscii } from "../../lib/_quote.ts";
import type { Format } from "../../lib/explain/exposition.ts";
import type { GatewayFacts } from "../../lib/explain/gateway.ts";
import { type Ailment, findAilments } from "../../lib/explain/health.ts";
import { renderMetrics } from "../../lib/explain/metrics.ts";
import { findBootLine, readBootLog } from "../../lib/explain/why_facts.ts";
import { SLOT_PREFIX } from "../../lib/profile/name.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { makeRow } from "../../lib/status/changes.ts";
import { SettingError } from "../_cli.ts";
import { containerRules } from "../_facts.ts";
import { explainedJson, findProfile } from "../_gatewayctl/explained.ts";
import { wordJson } from "../_gatewayctl/json.ts";
import { lookAgain, lookAround, type Sight } from "../_gatewayctl/look.ts";
import { type Measured, Meter } from "../_gatewayctl/meter.ts";
import { rowJson, rowsOf } from "../_gatewayctl/rows.ts";
import type { Answers, Asked, Rows } from "./questions.ts";

/** A look is true for so long, in milliseconds: nobody gets a newer one. */
const FRESH_MS = 1000;

/** What {@linkcode glance} cannot see, such as memory, is news after so long, in milliseconds. */
const NEWS_MS = 5000;

/** What one look has shown. */
interface Seen {
  sight: Sight;
  /** Why the container's settings make no sense. */
  problem?: string | undefined;
  /** What {@linkcode glance} saw just before. */
  glanced: string;
  /** When it was over, as `performance.now()` has it. */
  at: number;
  /** The rows, once somebody has asked. */
  rows?: Rows;
  /** What was measured, likewise. */
  measured?: Measured;
}

/** Keeps to itself where a symlink leads to outside of the home. */
function withoutForeignPath(facts: GatewayFacts, home: string): GatewayFacts {
  const { target } = facts;
  if (target === undefined || `${target.path}/`.startsWith(`${home}/`)) return facts;
  return { ...facts, target: { ...target, path: "a place outside the home" } };
}

/**
 * Gathers what the status service shows, in its worker: a volume that hangs
 * holds up nobody else. Needs the permissions of `gatewayctl list` and `why`, and
 * `--allow-run` for `libexec/look`.
 */
export class Gathering {
  readonly #container: Facts;
  readonly #meter: Meter;
  #seen: Seen | undefined;
  /** What was last told as news: others ask, too, in between. */
  #told: Seen | undefined;
  #looking: Promise<Seen> | undefined;

  /**
   * Makes one that has not looked yet.
   *
   * @param container The container's facts.
   */
  constructor(container: Facts) {
    this.#container = container;
    this.#meter = new Meter(container);
  }

  /**
   * Answers a question, by a look that is at most a second old.
   *
   * @param asked The question.
   * @returns The answer.
   */
  async answer({ question, profile }: Asked): Promise<Answers[keyof Answers]> {
    const before = this.#told;
    if (question === "news" && before !== undefined && this.#isNoNews(before)) return undefined;
    const seen = await this.#see();
    if (question === "news") this.#told = seen;
    const { sight } = seen;
    switch (question) {
      case "rows":
      case "news":
        return seen.rows ??= wordRows(sight);
      case "metrics":
        return this.#wordMetrics(seen, "prometheus");
      case "openmetrics":
        return this.#wordMetrics(seen, "openmetrics");
      case "ready":
        return wordReady(seen);
      case "why":
        return this.#explain(sight, profile);
    }
  }

  /** Looks, unless somebody has just done so or is at it. */
  async #see(): Promise<Seen> {
    const seen = this.#seen;
    if (seen !== undefined && performance.now() - seen.at < FRESH_MS) return seen;
    this.#looking ??= this.#look().finally(() => this.#looking = undefined);
    return this.#seen = await this.#looking;
  }

  async #look(): Promise<Seen> {
    const container = this.#container;
    const glanced = this.#glance();
    let problem: string | undefined;
    const rules = containerRules(container, () => {}).catch((error) => {
      if (!(error instanceof SettingError)) throw error;
      problem = error.message;
      return NO_RULES;
    });
    const processes = await lookAgain(container);
    const sight = await lookAround(container, () => {}, processes, rules);
    const gateways = sight.gateways.map((facts) => withoutForeignPath(facts, container.home));
    return { sight: { ...sight, gateways }, problem, glanced, at: performance.now() };
  }

  #isNoNews({ at, glanced }: Seen): boolean {
    return performance.now() - at < NEWS_MS && this.#glance() === glanced;
  }

  /** Sees, for a tenth of what a look costs, whether s6 or somebody else has changed anything. */
  #glance(): string {
    const { home, scandir } = this.#container;
    const of = (path: string) => {
      const info = lstatIfPresent(path);
      return info === undefined ? "" : `${info.ino} ${info.mtime?.getTime()}`;
    };
    const names = [...Deno.readDirSync(scandir)].map(({ name }) => name)
      .filter((name) => name.startsWith(SLOT_PREFIX));
    return [
      ...[scandir, `${home}/profiles`].map(of),
      ...names.map((name) => `${name} ${of(`${scandir}/${name}/supervise/status`)}`),
    ].join("\n");
  }

  #wordMetrics(seen: Seen, format: Format): string {
    const { container, gateways } = seen.measured ??= this.#meter.measure(seen.sight);
    return renderMetrics(container, gateways, format);
  }

  #explain(sight: Sight, profile: string): string | undefined {
    const { home, env } = this.#container;
    const isKnown = sight.gateways.some((one) => one.profile === profile);
    if (!isKnown) return undefined;
    const bootLine = findBootLine(readBootLog(home), profile, env("HOSTNAME"));
    // What a gateway has logged is nobody's business here.
    const gateways = findProfile(sight, this.#container, profile)
      .map((facts) => explainedJson(facts, sight.container, bootLine, []));
    return wordJson({ gateways });
  }
}

function wordRows(sight: Sight): Rows {
  const found = rowsOf(sight.gateways, sight).map(rowJson);
  return {
    list: wordJson({ gateways: found }),
    rows: found.map((fields) => makeRow(fields, jsonAscii)),
  };
}

function wordReady({ sight: { container, gateways }, problem }: Seen): Ailment[] {
  // The value is the container's environment, and nobody's business here.
  if (problem !== undefined) return [{ text: problem.replace(/, got [^]*/, "") }];
  return findAilments(container, gateways, "ready");
}
