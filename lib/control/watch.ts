import { type Fingerprint, fingerprintProfiles } from "../profile/fingerprint.ts";
import type { Warn } from "../_warn.ts";

/** What a watch goes by. */
export interface Clock {
  /** Tells the time, in milliseconds. */
  now(): number;
  /** Waits so many milliseconds. */
  sleep(ms: number): Promise<void>;
}

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
  /** Looks at the profiles. Default: {@linkcode fingerprintProfiles}. */
  look?: ((home: string) => Fingerprint) | undefined;
  /** After so many milliseconds it syncs again, without a change. Default: never. */
  everyMs?: number | undefined;
  /** Ends the watch, at its next look. */
  signal?: AbortSignal | undefined;
  /** The clock. Default: the system's. */
  clock?: Clock | undefined;
}

/** The time from one look to the next. */
const PAUSE_MS = 1000;
/** The same after a change, which counts once two looks have seen it. */
const CHANGE_PAUSE_MS = 500;
/** How long a change waits at most while others keep coming. */
const MAX_WAIT_MS = 10_000;
/** The time from a failure to the second try; it doubles with each failure. */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 300_000;
// A pause is so many times as long as the look before it: on a slow volume
// (NFS), too, a watch mostly rests.
const PAUSE_PER_LOOK = 10;

/** The system's clock. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Knows which profiles the last sync was about, and decides when the next is due. */
class SyncSchedule {
  #synced: string | undefined;
  #change: { profiles: string; since: number } | undefined;
  #failures = 0;
  #againAt = Infinity;
  readonly #everyMs: number;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** The time until the next look. */
  get pauseMs(): number {
    return this.#change === undefined ? PAUSE_MS : CHANGE_PAUSE_MS;
  }

  /** Takes note of the profiles there are, and tells whether to sync now. */
  isDue(profiles: string, now: number): boolean {
    if (profiles === this.#synced) {
      this.#change = undefined;
      return now >= this.#againAt;
    }
    const { profiles: before, since = now } = this.#change ?? {};
    this.#change = { profiles, since };
    return profiles === before || now - since >= MAX_WAIT_MS;
  }

  /** Takes note of a sync: what was there before it, and whether all went well. */
  synced(profiles: string, ok: boolean, now: number): void {
    this.#synced = profiles;
    this.#change = undefined;
    const retryMs = Math.min(RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS);
    this.#againAt = now + Math.min(ok ? Infinity : retryMs, this.#everyMs);
    this.#failures = ok ? 0 : this.#failures + 1;
  }

  /** Forgets a change that cannot be seen any more. */
  forgetChange(): void {
    this.#change = undefined;
  }
}

/**
 * Watches which profiles there are under `<home>/profiles`, and has the
 * gateways made to match: once at the start, and whenever a profile has come
 * or gone. It looks once a second, and again half a second after a look that
 * has seen a change. It acts on a change that two looks in a row have seen, or
 * that is ten seconds old while others keep coming. A sync that fails is tried
 * again after 1 s, which doubles with each failure, up to 5 minutes. What the
 * watch keeps is the names of the profiles, twice at most.
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
  const { home, sync, inform, warn, signal, clock = SYSTEM_CLOCK } = options;
  const { look = fingerprintProfiles, everyMs = Infinity } = options;
  const schedule = new SyncSchedule(everyMs);
  let problem = "";
  while (!signal?.aborted) {
    const startedAt = clock.now();
    const found = look(home);
    const seenAt = clock.now();
    if (!found.readable) {
      schedule.forgetChange();
      if (found.problem !== problem) warn(`${found.problem}: nothing is done while it is so`);
      problem = found.problem;
    } else {
      if (problem !== "") inform(`${home}/profiles is back`);
      problem = "";
      const { directory, profiles } = found;
      if (schedule.isDue(profiles, seenAt)) {
        const ok = await sync(() => {
          const again = fingerprintProfiles(home);
          return again.readable && again.directory === directory;
        });
        schedule.synced(profiles, ok, clock.now());
      }
    }
    await clock.sleep(Math.max(schedule.pauseMs, (seenAt - startedAt) * PAUSE_PER_LOOK));
  }
}
