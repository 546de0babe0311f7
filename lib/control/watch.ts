import { DirectoryEvents, type OpenWatch } from "./directory_events.ts";
import { glanceAtProfiles } from "../profile/fingerprint.ts";
import type { Warn } from "../_warn.ts";
import { PACE, type Pace, Settling } from "./pace.ts";

/** Options of {@linkcode watchProfiles}. */
export interface WatchOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /**
   * Makes the gateways match the profiles. It may ask `intact`, after it has
   * read the profiles, whether `profiles` is still the directory it was: what
   * was missed in another one, or in none, is not gone.
   *
   * @returns Whether all went well; if not it is called again later.
   */
  sync(intact: () => boolean): Promise<boolean>;
  /** Told what an operator may want to know. */
  inform(message: string): void;
  /** Told what was survived. */
  warn: Warn;
  /** How fast. Default: {@linkcode PACE}. */
  pace?: Pace;
  /** Opens a watch on a directory. Default: {@linkcode Deno.watchFs}. */
  open?: OpenWatch;
  /** Ends the watch. */
  signal?: AbortSignal;
  /** The clock, in milliseconds. Default: {@linkcode performance.now}. */
  now?: () => number;
}

// A look takes 1/LOOK_SHARE of the time at most, however many profiles there are.
const LOOK_SHARE = 10;

/** A sleep that can be cut short. */
class Alarm {
  #ring = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #at = 0;

  async sleep(ms: number): Promise<void> {
    this.#at = performance.now() + ms;
    await new Promise<void>((resolve) => {
      this.#ring = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }

  /** Rings in so many milliseconds at the latest. */
  hasten(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ring, ms);
  }
}

/**
 * Watches which profiles there are under `<home>/profiles`, and has the
 * gateways made to match: once at the start, and whenever a profile has come
 * or gone and nothing has changed for a moment. File system events make it
 * look at once; because a volume may have none, and `SOUL.md` comes into a
 * directory that is not watched, it looks at intervals besides, short ones
 * after an event. What it keeps is the names of the profiles, twice at most.
 *
 * While `profiles` is missing, no directory, or cannot be read, it waits: a
 * volume that is away is no reason to stop what runs.
 *
 * Needs `--allow-read` for `<home>/profiles`, and what `sync` needs.
 *
 * @param options Where, and whom to call.
 * @returns When it is ended.
 * @throws {Error} What `sync` throws; and Deno's `NotCapable`.
 *
 * @example
 * ```ts no-eval
 * import { watchProfiles } from "./watch.ts";
 * import { syncProfileGateways } from "./sync.ts";
 * const home = "/opt/data";
 * await watchProfiles({
 *   home,
 *   inform: console.log,
 *   warn: console.warn,
 *   async sync(intact) {
 *     const entries = await syncProfileGateways({ home, prune: intact });
 *     return !entries.some(({ failed }) => failed);
 *   },
 * });
 * ```
 */
export async function watchProfiles(options: WatchOptions): Promise<void> {
  const { home, sync, inform, warn, pace = PACE, open, signal } = options;
  const { now = () => performance.now() } = options;
  const settling = new Settling(pace, now());
  const alarm = new Alarm();
  let leastMs = 0;
  const waitMs = () => Math.max(leastMs, settling.waitMs(now()));
  const stir = () => {
    settling.stir(now());
    alarm.hasten(waitMs());
  };
  const watch = { stir, warn, ...open === undefined ? {} : { open } };
  using events = new DirectoryEvents(`${home}/profiles`, watch);
  signal?.addEventListener("abort", () => alarm.hasten(0));
  let trouble = "";
  while (!signal?.aborted) {
    const startedAt = now();
    const glance = glanceAtProfiles(home);
    const seenAt = now();
    leastMs = (seenAt - startedAt) * LOOK_SHARE;
    if (!glance.readable) {
      settling.forget(seenAt);
      events[Symbol.dispose](); // the one that comes back may look like it
      if (glance.why !== trouble) warn(`${glance.why}: nothing is done while it is so`);
      trouble = glance.why;
    } else {
      const { id, mark } = glance;
      if (trouble !== "") inform(`${home}/profiles is back`);
      trouble = "";
      events.follow(id);
      if (settling.isDue(mark, seenAt)) {
        const ok = await sync(() => {
          const again = glanceAtProfiles(home);
          return again.readable && again.id === id;
        });
        settling.acted(mark, ok, now());
      }
    }
    if (!signal?.aborted) await alarm.sleep(waitMs());
  }
}
