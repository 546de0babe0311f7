import { errorWords, survivable } from "../_errors.ts";
import { listIfPresent } from "../_fs.ts";
import type { Owner } from "../_owner.ts";
import { shellQuote } from "../_quote.ts";
import { SLOT_PREFIX } from "../profile/name.ts";
import type { Capacity } from "../s6/capacity.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import type { Processes } from "../s6/processes.ts";
import { Supervision } from "../s6/supervision.ts";
import { countServices } from "../slot/slot_facts.ts";
import { diagnose, type Diagnosis } from "./cause.ts";
import type { DoctorFacts, Finding } from "./doctor.ts";
import type { Overview } from "./overview_facts.ts";
import { findRivals, type Rival } from "./rivals.ts";
import { readBootLog } from "./why_facts.ts";
import { SKELETON, type SkeletonEntry } from "./skeleton.ts";

/** What only the caller's shell can tell: Deno would need every permission for it. */
export interface HostFacts {
  /** What of the home is not hermes's and should be, relative to it. */
  foreign: string[];
  /** Whether there was no time to look at all of the home. */
  homeIsLarge: boolean;
  /** What s6-svstat says of the service `gateways`, with isolated supervision. */
  gateways?: string | undefined;
  /** Whether hermes can be run. */
  hermesRuns: boolean;
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
  /** Who hermes is. Default: not known. */
  owner?: Owner | undefined;
  /** Whether s6-supervise is root, and hermes uses a skeleton. Default: `true`. */
  drops?: boolean | undefined;
  /** The program hermes; empty where the image has none. Default: not known. */
  hermes?: string | undefined;
  /** The container's name, for the boot log. Default: not known. */
  container?: string | undefined;
  /** What runs in the container. */
  processes: Processes;
  /** What is known of the gateways; absent: the home does not answer. */
  overview?: Overview | undefined;
  /** What the caller's shell has found out. */
  host: HostFacts;
}

/** How long a program of s6, and an unregister that is under way, may take, in milliseconds. */
const RELEASE_MS = 1500;

/**
 * Reads what gatewayctl's shell script says about the host, beside what
 * `libexec/look` does: NUL-terminated parts `gateways:WORDS`, `foreign:PATH`,
 * `large:` and `no-hermes:`.
 *
 * @param text The parts.
 * @returns What they say; anything else is passed over.
 *
 * @example
 * ```ts
 * import { parseHostFacts } from "./doctor_facts.ts";
 * parseHostFacts("foreign:.env\0").foreign; // [".env"]
 * ```
 */
export function parseHostFacts(text: string): HostFacts {
  const parts = text.split("\0").map((part): [string, string] => {
    const colon = part.indexOf(":");
    return [part.slice(0, colon), part.slice(colon + 1)];
  });
  const all = (word: string) => parts.flatMap(([name, rest]) => name === word ? [rest] : []);
  return {
    foreign: all("foreign"),
    homeIsLarge: all("large").length > 0,
    gateways: all("gateways")[0],
    hermesRuns: all("no-hermes").length === 0,
  };
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

/** What makes a directory hermes's and writable; root has to say it. */
function give(dir: string): string {
  return `chown -h hermes: ${shellQuote(dir)} && chmod u+rwx ${shellQuote(dir)}`;
}

/** Finds out whether a directory can be written to, in the only way that is sure. */
function writeProblem(dir: string): Finding | undefined {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir, prefix: ".gatewayctl-" }));
  } catch (error) {
    const detail = `${dir}: ${errorWords(survivable(error))}`;
    return error instanceof Deno.errors.PermissionDenied
      ? { detail, help: give(dir) }
      : { detail, outside: `what ${dir} is on has to become writable` };
  }
}

function logsProblem(home: string, owner: Owner | undefined): Finding | undefined {
  const logs = `${home}/logs`;
  const problem = writeProblem(logs);
  if (problem !== undefined) return problem;
  const gateways = `${logs}/gateways`;
  if (infoOf(gateways) === undefined) return; // the first logger makes it
  let names: string[] = [];
  try {
    names = [...Deno.readDirSync(gateways)].map(({ name }) => name);
  } catch (error) {
    return { detail: `${gateways}: ${errorWords(survivable(error))}`, help: give(gateways) };
  }
  for (const dir of [gateways, ...names.map((name) => `${gateways}/${name}`)]) {
    const info = infoOf(dir);
    if (info === undefined) continue;
    if (!info.isDirectory) {
      const help = `mv ${shellQuote(dir)} ${shellQuote(`${dir}.bad`)}`;
      return { detail: `${dir} is not a directory`, help };
    }
    const mine = owner === undefined || info.uid === owner.uid;
    const mode = (info.mode ?? 0o200) & 0o7777;
    if (mine && (mode & 0o200) !== 0) continue;
    return { detail: `${dir} has owner ${info.uid} and mode ${mode.toString(8)}`, help: give(dir) };
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

function readRivals(home: string, container = "", slots: readonly string[]): Rival[] {
  return findRivals(
    readBootLog(home),
    container,
    slots.map((slot) => slot.slice(SLOT_PREFIX.length)),
  );
}

function diagnoseAll({ gateways, container }: Overview): Map<string, Diagnosis> {
  return new Map(gateways.map((facts) => [facts.profile, diagnose(facts, container)]));
}

/**
 * Gathers what {@linkcode examine} decides on, as the caller.
 *
 * Needs `--allow-read` and `--allow-write` for the scandir and `<home>/logs`
 * (a file is made and removed in each), and `--allow-run` for `s6-svok` and
 * `s6-svscanctl` by their full paths. Where there is no overview the home is left
 * alone: it may hang.
 *
 * @param options Where, and what is known already.
 * @returns The facts.
 *
 * @example
 * ```ts no-eval
 * import { examine } from "./doctor.ts";
 * import { gatherDoctorFacts, parseHostFacts } from "./doctor_facts.ts";
 * const host = parseHostFacts("");
 * examine(await gatherDoctorFacts({ home: "/opt/data", processes, overview, host }));
 * ```
 */
export async function gatherDoctorFacts(options: DoctorOptions): Promise<DoctorFacts> {
  const { home, scandir = SHARED_SCANDIR, bin, capacity, owner, hermes, processes } = options;
  const { host, overview, container, drops } = options;
  const homeAnswers = overview !== undefined;
  const supervision = new Supervision({ scandir, timeoutMs: RELEASE_MS, bin });
  const slots = [...listIfPresent(scandir).values()]
    .filter(({ name, isDirectory }) => isDirectory && name.startsWith(SLOT_PREFIX))
    .map(({ name }) => name).sort();
  return {
    ...host,
    ...{ home, homeAnswers, owner, scandir, processes, hermes, slots, drops },
    listenProblem: await problemOf(() => supervision.svscanctl()),
    scandirProblem: writeProblem(scandir)?.detail,
    logsProblem: homeAnswers ? logsProblem(home, owner) : undefined,
    services: capacity && { used: countServices(capacity), capacity },
    skeletons: readSkeletons(scandir, slots),
    retired: await findRetired(supervision, scandir),
    diagnoses: homeAnswers ? diagnoseAll(overview) : new Map(),
    rivals: homeAnswers ? readRivals(home, container, slots) : [],
  };
}
