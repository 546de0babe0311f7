import { listIfPresent, lstatIfPresent, removeIfPresent } from "../_fs.ts";
import { errorWords, S6CommandError, S6TimeoutError } from "../_errors.ts";
import { waitUntil } from "../_wait.ts";
import type { Warn } from "../_warn.ts";
import { profileDir, SLOT_PREFIX, slotName } from "../profile/name.ts";
import { readRecordedState } from "../profile/recorded_state.ts";
import { waitNoLonger, waitsSince } from "../s6/orders.ts";
import { readDeaths, readStatus } from "../s6/status.ts";
import { Supervision } from "../s6/supervision.ts";
import { lockScandir } from "../slot/scandir.ts";
import { inOrder } from "./status.ts";

/** Options of {@linkcode startWaiting}. */
export interface PaceOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. */
  scandir: string;
  /** How many gateways are started at a time. */
  parallel: number;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /**
   * How long s6-svscan may take to come to a slot, and a gateway to come up, in
   * milliseconds. Default: 30000.
   */
  timeoutMs?: number | undefined;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn | undefined;
}

/** A gateway that has been up for so long is taken for started. */
const SETTLED_SECONDS = 1;
const POLL_MS = 50;
/** How long s6-svc may take: it writes a letter to a FIFO that is read. */
const TELL_MS = 5000;

/** Starts gateways that wait, one at a time. */
class Starter {
  readonly #options: PaceOptions;
  readonly #supervision: Supervision;
  readonly #timeoutMs: number;
  readonly #warn: Warn;

  constructor(options: PaceOptions) {
    const { scandir, bin, timeoutMs = 30_000, warn = () => {} } = options;
    this.#options = options;
    this.#supervision = new Supervision({ scandir, bin, timeoutMs: TELL_MS });
    this.#timeoutMs = timeoutMs;
    this.#warn = warn;
  }

  /** Those that wait, in the order in which they are started. */
  waiting(): string[] {
    const names = [...listIfPresent(this.#options.scandir).keys()];
    return inOrder(
      names.filter((name) => name.startsWith(SLOT_PREFIX) && this.#waitsSince(name) !== undefined)
        .map((name) => name.slice(SLOT_PREFIX.length)),
    );
  }

  /** Has s6 start a gateway, if it still waits; tells whether s6 was told. */
  async start(profile: string): Promise<boolean> {
    const service = slotName(profile);
    const servicedir = this.#supervision.servicedir(service);
    const isReady = () =>
      this.#waitsSince(service) === undefined || readStatus(servicedir) !== undefined;
    const isSupervised = await waitUntil(isReady, this.#timeoutMs, POLL_MS);
    using _ = await lockScandir(this.#options.scandir);
    const since = this.#waitsSince(service);
    if (since === undefined) return false; // an operator has started, stopped or unregistered it
    if (this.#wasStopped(profile, since)) {
      waitNoLonger(servicedir);
      return false;
    }
    // In this order: a supervisor that is started anew starts it, too, and who is killed here comes back.
    removeIfPresent(`${servicedir}/down`);
    const isTold = isSupervised && await this.#tell(profile);
    waitNoLonger(servicedir);
    if (!isSupervised) this.#warn(`profile=${profile}: not supervised; it starts when it is`);
    return isTold;
  }

  /** Waits until a gateway has been up for a second, or has failed, or somebody has stopped it. */
  async settle(profile: string): Promise<void> {
    const servicedir = this.#supervision.servicedir(slotName(profile));
    const isSettled = () => {
      const status = readStatus(servicedir);
      if (status === undefined) return true; // unregistered
      return status.up && status.seconds >= SETTLED_SECONDS || readDeaths(servicedir) > 0 ||
        lstatIfPresent(`${servicedir}/down`) !== undefined;
    };
    if (await waitUntil(isSettled, this.#timeoutMs, POLL_MS)) return;
    this.#warn(
      `profile=${profile}: not up after ${this.#timeoutMs / 1000} s; the next ones are started`,
    );
  }

  #waitsSince(service: string): Date | undefined {
    return waitsSince(this.#supervision.servicedir(service));
  }

  /** Whether hermes's own `gateway stop`, which knows of no waiting, was asked to stop it. */
  #wasStopped(profile: string, since: Date): boolean {
    const { state, setBy, setAt } = readRecordedState(profileDir(this.#options.home, profile));
    return state === "stopped" && setBy === "operator" && setAt !== null && setAt > since;
  }

  async #tell(profile: string): Promise<boolean> {
    try {
      await this.#supervision.svc(slotName(profile), "-u");
      return true;
    } catch (error) {
      if (!(error instanceof S6CommandError || error instanceof S6TimeoutError)) throw error;
      this.#warn(`profile=${profile}: not started: ${errorWords(error)}`);
      return false;
    }
  }
}

/**
 * Starts the gateways that wait for their turn, so many at a time: `default`
 * first, then by name. The next ones are started when each of these has been up
 * for a second, or has failed. One that somebody has started, stopped or
 * unregistered meanwhile is left alone. Who is killed and called again goes on.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir, `--allow-read` for
 * `<home>/profiles` and the root profile's state file, and `--allow-run` for
 * `s6-svc` by its full path.
 *
 * @param options Where, and how many.
 * @returns How many were started.
 * @throws {ScandirBusyError} If the scandir's lock is held for too long.
 * @throws {Error} If the scandir cannot be listed or written to.
 *
 * @example
 * ```ts no-eval
 * import { startWaiting } from "./pace.ts";
 * await startWaiting({ home: "/opt/data", scandir: "/run/service", parallel: 4 });
 * ```
 */
export async function startWaiting(options: PaceOptions): Promise<number> {
  const starter = new Starter(options);
  const queue = starter.waiting();
  let count = 0;
  while (queue.length > 0) {
    const batch: string[] = [];
    while (batch.length < options.parallel && queue.length > 0) {
      const profile = queue.shift()!;
      if (await starter.start(profile)) batch.push(profile);
    }
    await Promise.all(batch.map((profile) => starter.settle(profile)));
    count += batch.length;
  }
  return count;
}
