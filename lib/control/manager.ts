import { publish } from "../slot/publish.ts";
import { listIfPresent, lstatIfPresent, removeIfPresent } from "../_fs.ts";
import {
  GatewayNotRegisteredError,
  GatewayRegisteredError,
  S6CommandError,
  S6TimeoutError,
} from "../_errors.ts";
import type { DesiredState } from "../profile/desired_state.ts";
import {
  DEFAULT_PROFILE,
  profileDir,
  profileNameProblem,
  SLOT_PREFIX,
  slotName,
} from "../profile/name.ts";
import type { Topology } from "../rules/topology.ts";
import type { Warn } from "../_warn.ts";
import type { Capacity } from "../s6/capacity.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import { readDeaths, type ServiceStatus } from "../s6/status.ts";
import { type LockedScandir, lockScandir } from "../slot/scandir.ts";
import type { SlotDefaults } from "../slot/render.ts";
import { gatewaySlot, planSlots } from "../slot/slot.ts";
import { findSlots } from "../slot/slot_facts.ts";
import { clearUnregistered, keptEnv, unregister } from "../slot/unregistered.ts";
import { Supervision } from "../s6/supervision.ts";
import { recordIntent } from "./intent.ts";
import { bringDown, bringUp, type ChangeOptions, forceDown, type Stopping } from "./move.ts";

/** Options of {@linkcode S6ServiceManager}. */
export interface S6ServiceManagerOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string | undefined;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** What is the same in every slot. */
  defaults?: SlotDefaults | undefined;
  /** How long a gateway may take to reach a state, in milliseconds. Default: 10000. */
  timeoutMs?: number | undefined;
  /** What the scandir's s6-svscan holds. Default: any number. */
  capacity?: Capacity | undefined;
  /** Whether each profile has a gateway of its own. Default: `per-profile`. */
  topology?: Topology | undefined;
  /** Told of what was survived. Default: nobody. */
  warn?: Warn | undefined;
}

/** Options of {@linkcode S6ServiceManager.registerProfileGateway}. */
export interface RegisterOptions {
  /** Environment for the gateway. Default: what an unregistered one of the name had. */
  extraEnv?: Readonly<Record<string, string>> | undefined;
  /** Whether it starts at once. Default: `true`. */
  startNow?: boolean | undefined;
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
 * `<home>/profiles`, and in the home `gateway_state.json`,
 * {@linkcode PLANNED_STOP_FILE} and the `.new` of both; and `--allow-run` for
 * {@linkcode START_TIME}, {@linkcode S6_PROGRAMS} and, for skeletons,
 * `/usr/bin/mkfifo`, by their full paths. Every call to s6 is bounded.
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
  readonly #scandir: string;
  readonly #supervision: Supervision;
  readonly #options: S6ServiceManagerOptions;
  readonly #warn: Warn;

  /** Makes a manager, as `options` say where; nothing is touched yet. */
  constructor(options: S6ServiceManagerOptions) {
    const { scandir = SHARED_SCANDIR, bin, timeoutMs = 10_000, warn = () => {} } = options;
    this.#options = options;
    this.#scandir = scandir;
    this.#supervision = new Supervision({ scandir, timeoutMs, bin });
    this.#warn = warn;
  }

  /** Tells whose gateway serves a profile: its own, or `default`'s where that serves all. */
  gatewayOf(profile: string): string {
    return this.#options.topology === "one" ? DEFAULT_PROFILE : profile;
  }

  /**
   * Makes a profile's slot and has s6-svscan supervise it.
   *
   * @param profile The profile.
   * @param options Its environment, and whether it starts at once.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayRegisteredError} If it has a slot already.
   * @throws {NoRoomError} If s6-svscan has no room for it; another `Error` if it cannot be made.
   * @throws {S6CommandError} If s6-svscan cannot be told: no slot is left then.
   * @throws {S6TimeoutError} If it, or a slot before it, is not (left) supervised in time.
   * @throws {GatewayNotRegisteredError} If somebody unregisters it meanwhile.
   */
  async registerProfileGateway(profile: string, options: RegisterOptions = {}): Promise<void> {
    const { startNow = true } = options;
    const { home, defaults, topology, capacity } = this.#options;
    const name = slotName(profile);
    const extraEnv = options.extraEnv ?? keptEnv(this.#scandir, name);
    const multiplex = topology === "one" && profile === DEFAULT_PROFILE;
    const slots = [gatewaySlot({ ...defaults, profile, home, extraEnv, multiplex }, !startNow)];
    {
      using scandir = await lockScandir(this.#scandir);
      if (this.#hasSlot(name)) throw new GatewayRegisteredError(profile);
      await this.#supervision.vacate(name);
      const { plans } = planSlots(slots, findSlots(this.#scandir, slots, capacity), capacity);
      const [outcome] = publish(scandir, plans).values();
      if (outcome instanceof Error) throw outcome;
      try {
        await this.#supervision.svscanctl("-a");
      } catch (error) {
        removeIfPresent(`${this.#scandir}/${scandir.retire(name)}`, { recursive: true });
        throw error;
      }
      clearUnregistered(this.#scandir, name);
    }
    await this.#whileRegistered(profile, () => this.#supervision.supervise(name));
  }

  /**
   * Stops a profile's gateway and removes its slot; when it returns, nothing of it
   * is left but a note that it is not missed, and its environment for when the name
   * is registered again.
   * A gateway that ignores SIGTERM is killed. That there is no slot is fine.
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
        await forceDown(this.#supervision, profile, this.#warn);
      } catch (error) {
        // Somebody else has taken it away; what is left of it is reaped.
        if (!(error instanceof S6CommandError)) throw error;
      }
    }
    await this.#locked((scandir) => unregister(scandir, name));
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
   * Lists the profiles that have a slot; none where there is no scandir.
   *
   * @returns Their names, in order.
   */
  listProfileGateways(): Promise<string[]> {
    const profiles = [...listIfPresent(this.#scandir).values()]
      .filter(({ name, isDirectory }) => isDirectory && name.startsWith(SLOT_PREFIX))
      .map(({ name }) => name.slice(SLOT_PREFIX.length))
      .filter((profile) => profileNameProblem(profile) === undefined);
    return Promise.resolve(profiles.sort());
  }

  /**
   * Starts the gateway that serves a profile, with a fresh death tally, and
   * records that the profile is to run.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is up.
   * @returns That it is still stopping, and starts after that; else `undefined`.
   * @throws {InvalidProfileNameError} If the name is not legal.
   * @throws {GatewayNotRegisteredError} If it has no slot.
   * @throws {S6CommandError} If a program of s6 fails.
   * @throws {S6TimeoutError} If it is not up in time.
   * @throws {IntentNotRecordedError} If it is up, and what is wanted is not recorded.
   */
  start(profile: string, options: ChangeOptions = {}): Promise<Stopping | undefined> {
    const start = (service: string) => bringUp(this.#supervision, service, options);
    return this.#change(profile, this.gatewayOf(profile), "running", start);
  }

  /**
   * Stops a profile's own gateway, telling it that this is intended, and records
   * what is wanted: it stays down, also after a container restart.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is down, and when it is killed.
   * @returns What still goes on, where that was not waited for or takes too long.
   * @throws What {@linkcode S6ServiceManager.start} throws.
   */
  stop(profile: string, options: ChangeOptions = {}): Promise<Stopping | undefined> {
    return this.#change(profile, profile, "stopped", () => this.#takeDown(profile, options));
  }

  /**
   * Stops the gateway that serves a profile, waits until it is down, and starts
   * it, or has s6 do that: s6-svc -r would leave it down, because of its finish script.
   *
   * @param profile The profile.
   * @param options Whether to wait until it is up again, and when it is killed.
   * @returns What still goes on, where that was not waited for or takes too long.
   * @throws What {@linkcode S6ServiceManager.start} throws.
   */
  restart(profile: string, options: ChangeOptions = {}): Promise<Stopping | undefined> {
    const gateway = this.gatewayOf(profile);
    return this.#change(profile, gateway, "running", async (service) => {
      return await this.#takeDown(gateway, { ...options, again: true }) ??
        await bringUp(this.#supervision, service, options);
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
    return { profile, ...status, deaths: readDeaths(`${this.#scandir}/${service}`) };
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

  /** Records what is wanted and tells s6, whether or not that could be recorded. */
  async #change(
    profile: string,
    gateway: string,
    desired: DesiredState,
    tell: (service: string) => Promise<Stopping | undefined>,
  ): Promise<Stopping | undefined> {
    this.#serviceOf(profile); // must be there, too
    const service = this.#serviceOf(gateway);
    const places = { home: this.#options.home, scandir: this.#scandir, profile, gateway };
    const failure = await recordIntent(places, desired);
    const stopping = await this.#whileRegistered(gateway, () => tell(service));
    if (failure !== undefined) throw failure;
    return stopping;
  }

  #takeDown(profile: string, options: ChangeOptions & { again?: true }) {
    const gateway = { profile, dir: profileDir(this.#options.home, profile) };
    return bringDown(this.#supervision, gateway, options, this.#warn);
  }
}
