import { SLOT_PREFIX } from "../profile/name.ts";
import { listIfPresent, lstatIfPresent, removeIfPresent } from "../_fs.ts";
import { parseStatus, runS6, type S6Program, STATUS_FIELDS } from "./run.ts";
import type { ServiceStatus } from "./status.ts";
import { findOrphans, listSupervised } from "./orphans.ts";
import { S6CommandError, S6TimeoutError } from "../_errors.ts";
import { waitUntil } from "../_wait.ts";

/** Options of {@linkcode Supervision}. */
export interface SupervisionOptions {
  /** The scandir, an absolute path. */
  scandir: string;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** How long a service may take to reach a state, in milliseconds. */
  timeoutMs: number;
}

const POLL_MS = 10;
const ORPHAN_POLL_MS = 50;
/** How long a logger may take after its gateway to write down what it was told. */
const LOGGER_MS = 2000;
/** How long s6-svscan may take for a new service, or one whose s6-supervise has died. */
const SCAN_MS = 2000;
// s6-svc's own -T comes first: it then still takes its subscription back.
const SVC_GRACE_MS = 1000;

/**
 * A live supervision tree: what s6-svscan and the s6-supervise under it can be
 * asked and told, each call with a bounded time. Services are named relative
 * to the scandir.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir, and `--allow-run`
 * for {@linkcode S6_PROGRAMS} and {@linkcode LOOK} by their full paths.
 */
export class Supervision {
  /** How long a service may take to reach a state, in milliseconds. */
  readonly timeoutMs: number;
  readonly #scandir: string;
  readonly #bin: string | undefined;

  /**
   * Makes it; nothing is asked yet.
   *
   * @param options Where, and how long to wait.
   */
  constructor({ scandir, bin, timeoutMs }: SupervisionOptions) {
    this.#scandir = scandir;
    this.#bin = bin;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Tells s6-svscan something.
   *
   * @param options s6-svscanctl's, such as `-a`; none only asks whether it listens.
   * @throws {S6CommandError} If it cannot be told.
   * @throws {S6TimeoutError} If that takes too long.
   */
  async svscanctl(...options: string[]): Promise<void> {
    await this.#run("s6-svscanctl", [...options, this.#scandir], this.#scandir);
  }

  /**
   * Tells a service's s6-supervise something.
   *
   * @param service The service.
   * @param options s6-svc's, such as `-u`; with `-w` it waits.
   * @throws {S6CommandError} If it cannot be told.
   * @throws {S6TimeoutError} If what is waited for does not happen in time.
   */
  async svc(service: string, ...options: string[]): Promise<void> {
    const args = ["-T", String(this.timeoutMs), ...options, this.servicedir(service)];
    await this.#run("s6-svc", args, service);
  }

  /**
   * Asks about a service.
   *
   * @param service The service.
   * @returns What s6-svstat says.
   * @throws {S6CommandError} If nothing supervises it.
   */
  async svstat(service: string): Promise<ServiceStatus> {
    const args = ["-o", STATUS_FIELDS, this.servicedir(service)];
    return parseStatus(await this.#run("s6-svstat", args, service));
  }

  /**
   * Clears a service's death tally: after a permanent failure the first death
   * would park it again.
   *
   * @param service The service.
   */
  forgetDeaths(service: string): void {
    removeIfPresent(`${this.servicedir(service)}/supervise/death_tally`);
  }

  /**
   * Tells whether a service and its logger are both supervised, or both not.
   *
   * @param service The service; it has a logger.
   * @param both What to expect of both.
   * @returns Whether it is so.
   */
  async supervised(service: string, both: boolean): Promise<boolean> {
    return await this.#svok(service) === both && await this.#svok(`${service}/log`) === both;
  }

  /**
   * Makes sure a service and its logger are supervised, by nobody else any more.
   *
   * @param service The service.
   * @throws {S6CommandError} If s6-svscan cannot be told to scan, or the
   * service goes away meanwhile.
   * @throws {S6TimeoutError} If they are not supervised in time.
   */
  async supervise(service: string): Promise<void> {
    if (await this.supervised(service, true)) return;
    await this.vacate(service);
    await this.svscanctl("-a");
    const gone = () => lstatIfPresent(this.servicedir(service)) === undefined;
    const settled = async () => gone() || await this.supervised(service, true);
    const soonMs = Math.min(SCAN_MS, this.timeoutMs / 2);
    if (!await waitUntil(settled, soonMs, POLL_MS)) {
      await this.#whileAwake(async () => {
        if (await waitUntil(settled, this.timeoutMs - soonMs, POLL_MS)) return;
        throw new S6TimeoutError(service, "supervised", this.timeoutMs);
      });
    }
    if (gone()) {
      throw new S6CommandError(["s6-svok", this.servicedir(service)], service, 1, "it is gone");
    }
  }

  /**
   * Ends the supervisors whose service is no longer in the scandir, and with them
   * what they supervise. Hold the scandir's lock: one that is made meanwhile would
   * have two.
   *
   * @returns The services that still have such a supervisor when the time is over.
   * @throws {S6CommandError} If s6-svscan cannot be told.
   */
  endOrphans(): Promise<string[]> {
    return this.#endOrphans([]);
  }

  /** Also where one of these services is in the scandir, but supervised from elsewhere. */
  async #endOrphans(suspects: readonly string[]): Promise<string[]> {
    let orphans = await this.#orphans(suspects);
    if (orphans.length === 0) return orphans;
    await this.svscanctl("-an");
    const deadline = performance.now() + this.timeoutMs;
    let patience = performance.now() + Math.min(LOGGER_MS, this.timeoutMs / 2);
    while (orphans.length > 0 && performance.now() < deadline) {
      if (performance.now() >= patience && orphans.every((service) => service.endsWith("/log"))) {
        // A child of the gateway that has outlived it holds the pipe: no end of input is to come.
        await this.svscanctl("-aN");
        patience = Infinity;
      }
      await new Promise((resolve) => setTimeout(resolve, ORPHAN_POLL_MS));
      orphans = await this.#orphans(suspects);
    }
    return orphans;
  }

  /**
   * Makes sure that nobody supervises a service that is not, or no longer, in the
   * scandir: a second gateway of one profile must not be.
   *
   * @param service The service.
   * @throws {S6CommandError} If s6-svscan cannot be told.
   * @throws {S6TimeoutError} If such a supervisor does not end in time.
   */
  async vacate(service: string): Promise<void> {
    const both = [service, `${service}/log`];
    const left = await this.#endOrphans(both);
    if (both.some((one) => left.includes(one))) {
      throw new S6TimeoutError(service, "left by its former supervisor", this.timeoutMs);
    }
  }

  async #orphans(suspects: readonly string[]): Promise<string[]> {
    // In this order: what is being registered is in the scandir before it is supervised.
    const supervised = await listSupervised(this.timeoutMs);
    if (supervised.length === 0) return [];
    const services = [...listIfPresent(this.#scandir).keys()].flatMap((one) => [one, `${one}/log`]);
    const expected = new Set(services);
    for (const one of suspects) {
      if (supervised.includes(one) && !await this.#svok(one)) expected.delete(one);
    }
    return findOrphans(supervised, [...expected]);
  }

  /**
   * Ends the supervisors of services that have been renamed away, and removes
   * their directories. s6-svscan kills the supervisors of directories that are
   * absent at this very scan, so they have to be renamed before. A service
   * that ignores SIGTERM is killed.
   *
   * @param services Where the directories are now.
   * @throws {S6CommandError} If s6-svscan cannot be told.
   * @throws {S6TimeoutError} If the supervisors do not end in time.
   */
  async reap(services: readonly string[]): Promise<void> {
    if (services.length === 0) return;
    await this.svscanctl("-an");
    for (const service of services) {
      await this.#release(service);
      removeIfPresent(this.servicedir(service), { recursive: true });
    }
  }

  /** Waits until s6-svscan's SIGTERM has ended both supervisors; what ignores it is killed. */
  async #release(service: string): Promise<void> {
    const released = () => this.supervised(service, false);
    try {
      await this.#until(service, "released", released);
    } catch (error) {
      if (!(error instanceof S6TimeoutError)) throw error;
      for (const one of [service, `${service}/log`]) {
        if (await this.#svok(one)) await this.svc(one, "-k");
      }
      await this.#until(service, "released", released);
    }
  }

  /** Where a service is. */
  servicedir(service: string): string {
    return `${this.#scandir}/${service}`;
  }

  async #svok(service: string): Promise<boolean> {
    try {
      await this.#run("s6-svok", [this.servicedir(service)], service);
      return true;
    } catch (error) {
      // 111 would be "cannot tell", such as for want of permission.
      if (error instanceof S6CommandError && error.exitCode === 1) return false;
      throw error;
    }
  }

  /**
   * Acts while there is a service that is new; the scandir's lock is held.
   * s6-svscan 2.15 forgets an s6-supervise that has died within a second of its
   * start, if it starts another one before that second is over (`start()` in its
   * s6-svscan.c). A scan does not remind it, a new service does. libexec/wake does
   * the same for what only root may.
   */
  async #whileAwake(act: () => Promise<void>): Promise<void> {
    const dir = this.servicedir(`${SLOT_PREFIX}.wake`); // no profile has such a name
    const away = this.servicedir(".wake");
    removeIfPresent(away, { recursive: true }); // of one that was killed
    // What is there before s6-supervise is the caller's, also where s6-supervise is root's.
    for (const path of ["event", "supervise"]) {
      Deno.mkdirSync(`${dir}/${path}`, { recursive: true });
    }
    Deno.writeTextFileSync(`${dir}/down`, "");
    try {
      await this.svscanctl("-a");
      await act();
    } finally {
      Deno.renameSync(dir, away);
      await this.#endOrphans([]);
      removeIfPresent(away, { recursive: true });
    }
  }

  async #until(service: string, what: string, condition: () => Promise<boolean>): Promise<void> {
    if (await waitUntil(condition, this.timeoutMs, POLL_MS)) return;
    throw new S6TimeoutError(service, what, this.timeoutMs);
  }

  #run(program: S6Program, args: readonly string[], service: string): Promise<string> {
    return runS6(program, args, {
      service,
      timeoutMs: this.timeoutMs,
      graceMs: program === "s6-svc" ? SVC_GRACE_MS : 0,
      bin: this.#bin,
    });
  }
}
