import { type DoctorFacts, SKELETON, type SkeletonEntry, type Space } from "./doctor.ts";
import { errorWords, survivable } from "../_errors.ts";
import { type Owner, parseOwner } from "../_owner.ts";
import { SLOT_PREFIX } from "../profile/name.ts";
import type { Capacity } from "../s6/capacity.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import { Supervision } from "../s6/supervision.ts";
import { countServices } from "../slot/slot_facts.ts";

/** What only the caller's shell can tell: Deno would need every permission for it. */
export interface HostFacts {
  /** The name of PID 1. */
  pid1?: string | undefined;
  /** Who the caller is. */
  owner?: Owner | undefined;
  /** The services whose s6-supervise runs, one entry a process. */
  supervised: string[];
  /** What of the home is not hermes's and should be, relative to it. */
  foreign: string[];
  /** Whether there was no time to look at all of the home. */
  homeIsLarge?: boolean | undefined;
  /** What s6-svstat says of the service `gateways`, with isolated supervision. */
  gateways?: string | undefined;
  /** What df says. */
  space: Space[];
}

/** Options of {@linkcode gatherDoctorFacts}. */
export interface DoctorOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. Default: `/run/service`. */
  scandir?: string | undefined;
  /** Where s6's programs are. Default: `/command`. */
  bin?: string | undefined;
  /** What the scandir's s6-svscan holds. Default: not known. */
  capacity?: Capacity | undefined;
  /** What the caller's shell has found out. */
  host: HostFacts;
}

/** How long an unregister that is under way may take, in milliseconds. */
const RELEASE_MS = 1500;

/**
 * Reads what gatewayctl's shell script says about the host: lines that start
 * with `pid1`, `owner`, `gateways`, `supervised`, `foreign` or `df`, or are `large`.
 *
 * @param text The lines.
 * @returns What they say; anything else is passed over.
 *
 * @example
 * ```ts
 * import { parseHostFacts } from "./doctor_facts.ts";
 * parseHostFacts("pid1 s6-svscan\n").pid1; // "s6-svscan"
 * ```
 */
export function parseHostFacts(text: string): HostFacts {
  const facts: HostFacts = { supervised: [], foreign: [], space: [] };
  for (const line of text.split("\n")) {
    const [, word, rest = ""] = /^(pid1|owner|gateways|supervised|foreign|df) (.+)$/.exec(line) ??
      [];
    if (line === "large") facts.homeIsLarge = true;
    if (word === "foreign") facts.foreign.push(rest);
    if (word === "pid1") facts.pid1 = rest;
    if (word === "gateways") facts.gateways = rest;
    if (word === "supervised") facts.supervised.push(rest);
    if (word === "owner") facts.owner = parseOwner(rest) ?? facts.owner;
    // The device's name, the total, the used and the free, and the percentage.
    const df = /^([ki]) (home|scandir) \S.*? +(\d+) +\d+ +(-?\d+) +(?:\d+%|-) /.exec(rest);
    if (word !== "df" || df === null) continue;
    const [, unit, place, total, free] = df;
    facts.space.push({
      place: place === "home" ? place : "scandir",
      unit: unit === "k" ? unit : "i",
      total: Number(total),
      free: Math.max(0, Number(free)),
    });
  }
  return facts;
}

/** What cannot be looked at is as good as not there: its own check fails then. */
function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    survivable(error);
    return undefined;
  }
}

function readSkeletons(scandir: string, slots: readonly string[]): SkeletonEntry[] {
  const services = slots.flatMap((slot) => [slot, `${slot}/log`]);
  return services.flatMap((service) =>
    [...SKELETON.keys()].map((path): SkeletonEntry => {
      const info = infoOf(`${scandir}/${service}/${path}`);
      const kind = info === undefined
        ? "missing"
        : info.isDirectory
        ? "directory"
        : info.isFifo
        ? "fifo"
        : "other";
      const owner = { uid: info?.uid ?? 0, gid: info?.gid ?? 0 };
      return { service, path, kind, mode: (info?.mode ?? 0) & 0o7777, owner };
    })
  );
}

/** Finds out whether a directory can be written to, in the only way that is sure. */
function writeProblem(dir: string): string | undefined {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir, prefix: ".gatewayctl-" }));
  } catch (error) {
    return `${dir}: ${errorWords(survivable(error))}`;
  }
}

function logsProblem(home: string, owner: Owner | undefined): string | undefined {
  const problem = writeProblem(`${home}/logs`);
  if (problem !== undefined) return problem;
  const gateways = `${home}/logs/gateways`;
  if (infoOf(gateways) === undefined) return; // the first logger makes it
  let names: string[] = [];
  try {
    names = [...Deno.readDirSync(gateways)].map(({ name }) => name);
  } catch (error) {
    return `${gateways}: ${errorWords(survivable(error))}`;
  }
  for (const dir of [gateways, ...names.map((name) => `${gateways}/${name}`)]) {
    const info = infoOf(dir);
    if (info === undefined) continue;
    if (!info.isDirectory) return `${dir} is not a directory`;
    const mine = owner === undefined || info.uid === owner.uid;
    if (!mine || ((info.mode ?? 0o200) & 0o200) === 0) {
      return `${dir} has owner ${info.uid} and mode ${((info.mode ?? 0) & 0o7777).toString(8)}`;
    }
  }
}

async function problemOf(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask();
  } catch (error) {
    return errorWords(survivable(error));
  }
}

async function findRetired(supervision: Supervision, scandir: string): Promise<string[]> {
  const left: string[] = [];
  const dotDir = `${scandir}/.hermes`;
  const deadline = performance.now() + RELEASE_MS;
  for (const { name } of infoOf(dotDir) ? Deno.readDirSync(dotDir) : []) {
    if (!name.startsWith("retired-")) continue;
    const service = `.hermes/${name}`;
    let released = false;
    while (!released && performance.now() < deadline) {
      released = infoOf(`${scandir}/${service}`) === undefined ||
        await supervision.supervised(service, false).catch((error) => {
          survivable(error);
          return false; // s6-svok cannot tell
        });
      if (!released) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!released) left.push(service);
  }
  return left;
}

/**
 * Gathers what {@linkcode examine} decides on, as the caller.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir and `<home>/logs`
 * (a file is made and removed in each), and `--allow-run` for `s6-svok` and
 * `s6-svscanctl` by their full paths.
 *
 * @param options Where, and what the caller's shell has found out.
 * @returns The facts.
 * @throws {Error} If the scandir cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { examine } from "./doctor.ts";
 * import { gatherDoctorFacts, parseHostFacts } from "./doctor_facts.ts";
 * const host = parseHostFacts("pid1 s6-svscan");
 * examine(await gatherDoctorFacts({ home: "/opt/data", host }));
 * ```
 */
export async function gatherDoctorFacts(options: DoctorOptions): Promise<DoctorFacts> {
  const { home, scandir = SHARED_SCANDIR, bin, capacity, host } = options;
  const supervision = new Supervision({ scandir, timeoutMs: RELEASE_MS, bin });
  const slots = [...Deno.readDirSync(scandir)]
    .filter(({ name, isDirectory }) => isDirectory && name.startsWith(SLOT_PREFIX))
    .map(({ name }) => name).sort();
  return {
    ...host,
    scandir,
    listenProblem: await problemOf(() => supervision.svscanctl()),
    scandirProblem: writeProblem(scandir),
    logsProblem: logsProblem(home, host.owner),
    services: capacity && { used: countServices(capacity), capacity },
    slots,
    skeletons: readSkeletons(scandir, slots),
    retired: await findRetired(supervision, scandir),
  };
}
