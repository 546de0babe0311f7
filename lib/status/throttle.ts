/** How much each of many callers may ask for. */
export interface ThrottleOptions {
  /** How many requests a second. */
  perSecond: number;
  /** How many at once, after a rest. */
  burst: number;
  /** How many callers are remembered. Default: 1024. */
  callers?: number;
}

interface Bucket {
  left: number;
  at: number;
}

/**
 * Bounds how often each caller may ask; what it remembers is bounded, too. Pure
 * but for that memory: the time is told.
 *
 * @example
 * ```ts
 * import { Throttle } from "./throttle.ts";
 * const throttle = new Throttle({ perSecond: 1, burst: 1 });
 * throttle.take("10.0.0.1", 0); // true
 * throttle.take("10.0.0.1", 100); // false
 * ```
 */
export class Throttle {
  readonly #options: Required<ThrottleOptions>;
  /** The one that asked last comes last. */
  readonly #buckets = new Map<string, Bucket>();

  /**
   * Makes one that nobody has asked yet.
   *
   * @param options How much each may ask for.
   */
  constructor(options: ThrottleOptions) {
    this.#options = { callers: 1024, ...options };
  }

  /**
   * Counts a request.
   *
   * @param caller Who asks.
   * @param now The time, in milliseconds.
   * @returns Whether it is within bounds.
   */
  take(caller: string, now: number): boolean {
    const { perSecond, burst, callers } = this.#options;
    const { left, at } = this.#buckets.get(caller) ?? { left: burst, at: now };
    const filled = Math.min(burst, left + Math.max(0, now - at) * perSecond / 1000);
    const may = filled >= 1;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { left: may ? filled - 1 : filled, at: now });
    if (this.#buckets.size > callers) {
      const [oldest = ""] = this.#buckets.keys();
      this.#buckets.delete(oldest);
    }
    return may;
  }
}
