import { publish } from "../slot/publish.ts";
import { lstatIfPresent, makeFile, removeIfPresent } from "../_fs.ts";
import {
  errorWords,
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  S6CommandError,
  S6TimeoutError,
  survivable,
} from "../_errors.ts";
import { type DesiredState, recordDesiredState } from "../profile/desired_state.ts";
import { profileDir, profileNameProblem, SLOT_PREFIX, slotName } from "../profile/name.ts";
import type { Warn } from "../_warn.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import type { ServiceStatus } from "../s6/run.ts";
import { type LockedScandir, lockScandir } from "../slot/scandir.ts";
import { gatewaySlot, planSlot } from "../slot/slot.ts";
import { Supervision } from "../s6/supervision.ts";

/** Options of {@linkcode S6ServiceManager}. */
export interface S6ServiceManagerOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string | undefined;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** How long a gateway may take to reach a state, in milliseconds. Default: 10000. */
  timeoutMs?: number | undefined;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn | undefined;
}

/** Options of {@linkcode S6ServiceManager.registerProfileGateway}. */
export interface RegisterOptions {
  /** Environment for the gateway; it lasts as long as the slot. */
  extraEnv?: Readonly<Record<string, string>> | undefined;
  /** Whether it starts at once. Default: `true`. */
  startNow?: boolean | undefined;
}

/** Options of {@linkcode S6ServiceManager.start} and its like. */
export interface ChangeOptions {
  /** Whether to wait until the gateway has changed. Default: `true`. */
  wait?: boolean | undefined;
}

/** A gateway's status. */
export interface GatewayStatus extends ServiceStatus {
  /** The profile. */
  profile: string;
  /** How often it has died since it was last started by hand; s6 counts to 100. */
  deaths: number;
}

/**
 * Registers, starts, stops, restarts and unregisters profile gateways on a
 * live s6 supervision tree, as the unprivileged owner of the scandir.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir,
 * `<home>/profiles`, `<home>/gateway_state.json` and
 * `<home>/gateway_state.json.new`, and `--allow-run` for `/usr/bin/mkfifo` and
 * {@linkcode S6_PROGRAMS} by their full paths. Every call to s6 is bounded.
 *
 * @example
 * ```ts no-eval
 * import { S6ServiceManager } from "./manager.ts";
 * const manager = new S6ServiceManager({ home: "/opt/data" });
 * await manager.registerProfileGateway("coder", { startNow: false });
 * await manager.start("coder");
 * ```
 */
export class S6ServiceManager {
  readonly #home: string;
  readonly #scandir: string;
  readonly #supervision: Supervision;
  readonly #warn: Warn;

  /**
   * Makes a manager; nothing is touched yet.
   *
   * @param options Where, and how long to wait.
   */
  constructor(options: S6ServiceManagerOptions) {
    const { home, scandir = SHARED_SCANDIR, bin, timeoutMs = 10_000, warn = () => {} } = options;
    this.#home = home;
    this.#scandir = scandir;
    this.#supervision = new Supervision({ scandir, timeoutMs, bin });
    this.#warn = warn;
  }

  /**
   * Makes a profile's slot and has s6-svscan supervise it.
   *
   * @param profile The profile.
   * @param options Its environment, and whether it starts at once.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayRegisteredError} If it has a slot already.
   * @throws {S6CommandError} If s6-svscan cannot be told: no slot is left then.
   * @throws {S6TimeoutError} If it is not supervised in time.
   * @throws {GatewayNotRegisteredError} If somebody unregisters it meanwhile.
   * @throws {Error} If the slot cannot be made.
   */
  async registerProfileGateway(profile: string, options: RegisterOptions = {}): Promise<void> {
    const { extraEnv = {}, startNow = true } = options;
    const name = slotName(profile);
    const slot = gatewaySlot({ profile, home: this.#home, extraEnv }, !startNow);
    {
      using scandir = await lockScandir(this.#scandir);
      if (this.#hasSlot(name)) throw new GatewayRegisteredError(profile);
      const outcome = publish(scandir, [planSlot(slot, undefined)]).get(slot);
      if (outcome instanceof Error) throw outcome;
      try {
        await this.#supervision.svscanctl("-a");
      } catch (error) {
        removeIfPresent(`${this.#scandir}/${scandir.retire(name)}`, { recursive: true });
        throw error;
      }
    }
    await this.#whileRegistered(profile, () => this.#supervision.supervise(name));
  }

  /**
   * Stops a profile's gateway and removes its slot; when it returns, nothing
   * of it is left and the name can be registered again. A gateway that ignores
   * SIGTERM is killed. That there is no slot is fine.
   *
   * @param profile The profile.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {S6CommandError} If a program of s6 fails.
   * @throws {S6TimeoutError} If the supervisors do not end in time.
   */
  async unregisterProfileGateway(profile: string): Promise<void> {
    const name = slotName(profile);
    if (this.#hasSlot(name) && await this.#supervision.supervised(name, true)) {
      try {
        await this.#bringDown(profile, name);
      } catch (error) {
        // Somebody else has taken it away; what is left of it is reaped.
        if (!(error instanceof S6CommandError)) throw error;
      }
    }
    await this.#locked((scandir) => this.#hasSlot(name) && scandir.retire(name));
    await this.reapRetired();
  }

  /**
   * Ends the supervisors of slots that are no longer in the scandir and
   * removes what is left of them, also after an unregister that was killed.
   *
   * @throws {S6CommandError} If s6-svscan cannot be told.
   * @throws {S6TimeoutError} If the supervisors do not end in time.
   */
  async reapRetired(): Promise<void> {
    await this.#supervision.reap(await this.#locked((scandir) => scandir.retired()));
  }

  /**
   * Lists the profiles that have a slot.
   *
   * @returns Their names, in order.
   */
  listProfileGateways(): Promise<string[]> {
    const profiles = [...Deno.readDirSync(this.#scandir)]
      .filter(({ name, isDirectory }) => isDirectory && name.startsWith(SLOT_PREFIX))
      .map(({ name }) => name.slice(SLOT_PREFIX.length))
      .filter((profile) => profileNameProblem(profile) === undefined);
    return Promise.resolve(profiles.sort());
  }

  /**
   * Starts a gateway, with a fresh death tally, and records what is wanted.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is up.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayNotRegisteredError} If it has no slot.
   * @throws {S6CommandError} If a program of s6 fails.
   * @throws {S6TimeoutError} If it is not up in time.
   */
  async start(profile: string, options: ChangeOptions = {}): Promise<void> {
    const service = this.#serviceOf(profile);
    await this.#recordDesired(profile, "running");
    await this.#whileRegistered(profile, () => this.#bringUp(service, options));
  }

  /**
   * Stops a gateway and records what is wanted. It stays down, also after a
   * container restart.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is down.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayNotRegisteredError} If it has no slot.
   * @throws {S6CommandError} If a program of s6 fails.
   * @throws {S6TimeoutError} If it is not down in time.
   */
  async stop(profile: string, { wait = true }: ChangeOptions = {}): Promise<void> {
    const service = this.#serviceOf(profile);
    await this.#recordDesired(profile, "stopped");
    await this.#whileRegistered(profile, async () => {
      await this.#supervision.supervise(service);
      await this.#supervision.svc(service, ...wait ? ["-wD"] : [], "-d");
    });
  }

  /**
   * Stops a gateway, waits until it is down, and starts it: s6-svc -r leaves
   * a gateway that exits 0 on SIGTERM down, because of its finish script.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is up again.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayNotRegisteredError} If it has no slot.
   * @throws {S6CommandError} If a program of s6 fails.
   * @throws {S6TimeoutError} If it is not down, or not up again, in time.
   */
  async restart(profile: string, options: ChangeOptions = {}): Promise<void> {
    const service = this.#serviceOf(profile);
    await this.#recordDesired(profile, "running");
    await this.#whileRegistered(profile, async () => {
      await this.#supervision.supervise(service);
      await this.#supervision.svc(service, "-wD", "-d");
      await this.#bringUp(service, options);
    });
  }

  /**
   * Asks s6 about a gateway.
   *
   * @param profile The profile.
   * @returns Its status.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayNotRegisteredError} If it has no slot.
   * @throws {S6CommandError} If s6-svstat fails, for example because nothing
   * supervises the slot yet.
   */
  async status(profile: string): Promise<GatewayStatus> {
    const service = this.#serviceOf(profile);
    const status = await this.#whileRegistered(profile, () => this.#supervision.svstat(service));
    return { profile, ...status, deaths: this.#supervision.deaths(service) };
  }

  #hasSlot(service: string): boolean {
    return lstatIfPresent(`${this.#scandir}/${service}`) !== undefined;
  }

  #serviceOf(profile: string): string {
    const service = slotName(profile);
    if (!this.#hasSlot(service)) throw new GatewayNotRegisteredError(profile);
    return service;
  }

  async #locked<T>(act: (scandir: LockedScandir) => T): Promise<T> {
    using scandir = await lockScandir(this.#scandir);
    return act(scandir);
  }

  /** Asks or tells s6 something; when that failed because the slot has gone meanwhile, says so. */
  async #whileRegistered<T>(profile: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const s6 = error instanceof S6CommandError || error instanceof S6TimeoutError;
      if (s6 && !this.#hasSlot(slotName(profile))) throw new GatewayNotRegisteredError(profile);
      throw error;
    }
  }

  /** A failed write is a warning: the operator's command comes first. */
  async #recordDesired(profile: string, desired: DesiredState): Promise<void> {
    const down = `${this.#scandir}/${slotName(profile)}/down`;
    try {
      using _ = await lockScandir(this.#scandir);
      removeIfPresent(down);
      if (desired === "stopped") makeFile(down, "", 0o644);
      recordDesiredState(profileDir(this.#home, profile), desired, new Date());
    } catch (error) {
      this.#warn(`profile=${profile}: cannot record ${desired}: ${errorWords(survivable(error))}`);
    }
  }

  async #bringUp(service: string, { wait = true }: ChangeOptions): Promise<void> {
    await this.#supervision.supervise(service);
    this.#supervision.forgetDeaths(service);
    await this.#supervision.svc(service, ...wait ? ["-wu"] : [], "-u");
  }

  /** Brings a gateway down for good: SIGTERM, and SIGKILL when that is ignored. */
  async #bringDown(profile: string, service: string): Promise<void> {
    try {
      await this.#supervision.svc(service, "-wD", "-d");
    } catch (error) {
      if (!(error instanceof S6TimeoutError)) throw error;
      this.#warn(`profile=${profile}: not down within ${error.timeoutMs} ms: killing it`);
      await this.#supervision.svc(service, "-wD", "-dk");
    }
  }
}
