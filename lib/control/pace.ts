/** How fast a watch goes, all in milliseconds. */
export interface Pace {
  /** The time from an event to the next look. */
  firstMs: number;
  /** How long nothing may change before it is acted upon. */
  quietMs: number;
  /** How long a change waits at most while others keep coming. */
  patienceMs: number;
  /** The time between two looks when nothing has happened for long. */
  pollMs: number;
  /** The time from a failure to the second try; it doubles with each failure. */
  retryMs: number;
  /** The longest time between two tries. */
  maxRetryMs: number;
}

/** The pace of the profile watcher. */
export const PACE: Pace = {
  firstMs: 250,
  quietMs: 500,
  patienceMs: 10_000,
  pollMs: 10_000,
  retryMs: 1000,
  maxRetryMs: 300_000,
};

// A file that makes a directory a profile comes without an event, and mostly
// soon: after a time t without one, the next look is a quarter of t away.
const PATIENCE_RATIO = 4;

/** A change that has not been acted upon. */
interface Change {
  mark: string;
  firstAt: number;
  lastAt: number;
}

/**
 * Decides when to look and when to act: a change is acted upon once nothing
 * has changed for a moment, so that a burst is acted upon once; a failed act is
 * tried again, ever more rarely. It keeps one mark of what was acted upon and
 * one of what is new, however much happens.
 *
 * Pure but for what it remembers: the time comes as an argument, in
 * milliseconds on any clock. No permission is needed.
 *
 * @example
 * ```ts
 * import { PACE, Settling } from "./pace.ts";
 * const settling = new Settling(PACE, 0);
 * settling.isDue("+coder", 0); // false: it may go on changing
 * settling.isDue("+coder", 500); // true
 * ```
 */
export class Settling {
  readonly #pace: Pace;
  #stirredAt: number;
  #settled: string | undefined;
  #change: Change | undefined;
  #failures = 0;
  #retryAt = Infinity;

  /**
   * Begins; the first mark counts as a change.
   *
   * @param pace How fast.
   * @param now The time.
   */
  constructor(pace: Pace, now: number) {
    this.#pace = pace;
    this.#stirredAt = now;
  }

  /**
   * Takes note that something has happened.
   *
   * @param now The time.
   */
  stir(now: number): void {
    this.#stirredAt = now;
    if (this.#change !== undefined) this.#change.lastAt = now;
  }

  /**
   * Takes note of what a look has seen.
   *
   * @param mark It.
   * @param now The time.
   * @returns Whether to act now.
   */
  isDue(mark: string, now: number): boolean {
    if (mark === this.#settled) {
      this.#change = undefined;
      return now >= this.#retryAt;
    }
    if (mark !== this.#change?.mark) {
      this.#stirredAt = now;
      this.#change = { mark, firstAt: this.#change?.firstAt ?? now, lastAt: now };
    }
    const { firstAt, lastAt } = this.#change;
    return now - lastAt >= this.#pace.quietMs || now - firstAt >= this.#pace.patienceMs;
  }

  /**
   * Takes note that a mark was acted upon.
   *
   * @param mark What was seen before the act.
   * @param ok Whether all went well.
   * @param now The time.
   */
  acted(mark: string, ok: boolean, now: number): void {
    const { retryMs, maxRetryMs } = this.#pace;
    this.#settled = mark;
    this.#change = undefined;
    this.#stirredAt = now; // whatever happened during the act may have gone unnoticed
    this.#retryAt = ok ? Infinity : now + Math.min(retryMs * 2 ** this.#failures, maxRetryMs);
    this.#failures = ok ? 0 : this.#failures + 1;
  }

  /**
   * Forgets a change that cannot be seen any more, and puts a try off that is
   * due meanwhile.
   *
   * @param now The time.
   */
  forget(now: number): void {
    this.#change = undefined;
    this.#retryAt = Math.max(this.#retryAt, now + this.#pace.firstMs);
  }

  /**
   * Says when to look again.
   *
   * @param now The time.
   * @returns In how many milliseconds.
   */
  waitMs(now: number): number {
    const { firstMs, quietMs, patienceMs, pollMs } = this.#pace;
    if (this.#change !== undefined) {
      const { firstAt, lastAt } = this.#change;
      return Math.max(1, Math.min(lastAt + quietMs, firstAt + patienceMs) - now);
    }
    const quarter = (now - this.#stirredAt) / PATIENCE_RATIO;
    const next = Math.min(pollMs, Math.max(firstMs, quarter));
    return Math.max(1, Math.min(next, this.#retryAt - now));
  }
}
