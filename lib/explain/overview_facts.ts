import { readBootRecord } from "../boot/record.ts";
import { errorWords, survivable } from "../_errors.ts";
import { listDirectory, lstatIfPresent } from "../_fs.ts";
import type { Owner } from "../_owner.ts";
import { inOrder } from "../control/status.ts";
import { MARKER_FILE } from "../profile/list.ts";
import { DEFAULT_PROFILE, profileDir, profileNameProblem, SLOT_PREFIX } from "../profile/name.ts";
import { readRecordedState, type RecordedState } from "../profile/recorded_state.ts";
import type { ContainerRole } from "../rules/facts.ts";
import type { Rules } from "../rules/rules.ts";
import { foldIntents } from "../rules/topology.ts";
import { type Capacity, roomFor, wordNoRoom } from "../s6/capacity.ts";
import { countServices } from "../slot/slot_facts.ts";
import { type Processes, type Space, supervisorsOf } from "../s6/processes.ts";
import { accessProblem } from "./access.ts";
import type { ContainerFacts, GatewayFacts } from "./gateway.ts";
import { type Look, NO_SLOT, readSlot } from "./gateway_facts.ts";
import { freeName } from "./free_name.ts";
import { findStrays } from "./strays.ts";
import { findSvscan } from "./svscan.ts";

/** Options of {@linkcode gatherOverview}. */
export interface OverviewOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. */
  scandir: string;
  /** How gateways are supervised. */
  mode: string;
  /** What the container is for. */
  role: ContainerRole;
  /** Whether the image has a hermes. */
  hasHermes: boolean;
  /** The container's rules. */
  rules: Rules;
  /** Who hermes is. */
  hermes: Owner;
  /** `HERMES_GATEWAY_SHARD`. Default: empty. */
  shard?: string | undefined;
  /** What its s6-svscan holds. Default: any number. */
  capacity?: Capacity | undefined;
  /** What runs in it. */
  processes: Processes;
}

/** What is known of a container and its gateways. */
export interface Overview {
  /** The container. */
  container: ContainerFacts;
  /** Its gateways: `default` first, then by name. */
  gateways: GatewayFacts[];
  /** Makes what is known of a name that is none of theirs. */
  unknown(profile: string): GatewayFacts;
}

/** Less room than this, and nothing can be written. */
const LEAST_BYTES = 64 * 1024;

function problemOf(act: () => void, what?: string): string | undefined {
  try {
    act();
  } catch (error) {
    const words = errorWords(survivable(error));
    return what === undefined ? words : `${what}: ${words}`;
  }
}

function wordFull({ path, freeBytes, freeInodes }: Space): string | undefined {
  if (freeBytes < LEAST_BYTES) return `no space is left for ${path}`;
  if (freeInodes === 0) return `no more files can be made on what ${path} is on`;
}

/** Says that s6-svscan has no room, and what the variable that helps is now. */
function wordFullTree(capacity: Capacity, { mode, shard = "" }: OverviewOptions) {
  const { problem, help } = wordNoRoom(capacity);
  const now = help.startsWith("HERMES_GATEWAY_SHARD")
    ? `HERMES_GATEWAY_SHARD is "${shard}" here`
    : `HERMES_SUPERVISION is "${mode}" here`;
  return { problem, help: `${now}: ${help}` };
}

/** What is on the volume under a name. */
type OnVolume = Pick<GatewayFacts, "found" | "problem" | "target" | "obstacle">;

/** Finds where a symlink leads, and whether a profile is there. */
function targetOf(link: string, home: string): GatewayFacts["target"] {
  try {
    const path = Deno.realPathSync(link);
    return { path, isProfile: path === home || path.startsWith(`${home}/profiles/`) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Judges an entry by its name and kind; `error` is what kept it from being looked into. */
function judge(
  { name, isSymlink }: Deno.DirEntry,
  { home, hermes }: OverviewOptions,
  error?: string,
): OnVolume {
  const problem = profileNameProblem(name);
  if (problem !== undefined) return { found: "profile", problem };
  if (name === DEFAULT_PROFILE) return { found: "reserved" };
  const dir = profileDir(home, name);
  if (isSymlink) return { found: "symlink", target: targetOf(dir, home) };
  if (error === undefined) return { found: "profile" };
  const looks = lstatIfPresent(dir);
  const obstacle = looks === undefined ? undefined : accessProblem(dir, looks, hermes);
  return { found: "unreadable", problem: error, obstacle };
}

/** Looks for what makes an entry a profile; to list each would cost five times as much. */
function readEntry(entry: Deno.DirEntry, options: OverviewOptions): OnVolume | undefined {
  const { name, isDirectory } = entry;
  try {
    Deno.statSync(`${options.home}/profiles/${name}/${MARKER_FILE}`);
    return judge(entry, options);
  } catch (error) {
    if (!isDirectory) return undefined;
    // Deno cannot find a name again that is not UTF-8.
    if (error instanceof Deno.errors.NotFound && !name.includes("\ufffd")) {
      return name.startsWith(".") ? undefined : { found: "no SOUL.md" };
    }
    return judge(entry, options, errorWords(survivable(error)));
  }
}

/** Finds what is in `profiles`, by name; a directory without SOUL.md is not passed over. */
function readVolume(options: OverviewOptions): Map<string, OnVolume> {
  const entries = new Map<string, OnVolume>();
  const profiles = `${options.home}/profiles`;
  // Not through a symlink: it could lead out of the volume.
  if (lstatIfPresent(profiles)?.isDirectory !== true) return entries;
  for (const entry of Deno.readDirSync(profiles)) {
    if (!entry.isDirectory && !entry.isSymlink) continue;
    const found = readEntry(entry, options);
    if (found !== undefined) entries.set(entry.name, found);
  }
  return entries;
}

/** Reads one gateway's part of an {@linkcode Overview}. */
function readGateway(
  name: string,
  entry: OnVolume | undefined,
  { home, scandir, rules, hermes }: OverviewOptions,
  look: Look,
): GatewayFacts {
  // The name of profiles/default is the root profile's.
  const problem = profileNameProblem(name);
  const usable = problem === undefined && entry?.found !== "reserved";
  const dir = entry?.found === "reserved" ? `${home}/profiles/${name}` : profileDir(home, name);
  const logDir = `${home}/logs/gateways/${name}`;
  let recorded: RecordedState | undefined = usable
    ? undefined
    : { state: null, setBy: null, setAt: null };
  return {
    profile: name,
    dir,
    found: "nothing",
    problem,
    ...entry,
    away: usable ? rules.selection.away(name) : undefined,
    wantedBy: [],
    // Of most nobody asks for it.
    get recorded() {
      return recorded ??= readRecordedState(dir);
    },
    ...usable ? readSlot(name, { scandir, logDir, hermes }, look) : NO_SLOT,
    logDir,
    strays: [],
  };
}

/** What all gateways together are to each of them. */
function relate(gateways: GatewayFacts[], { rules, role }: OverviewOptions): void {
  const [root] = gateways;
  if (root === undefined) return;
  const named = gateways.filter(({ profile, found, problem }) =>
    profile !== DEFAULT_PROFILE && found === "profile" && problem === undefined
  );
  if (role === "own-gateway") root.served = { by: "the container's command", up: true };
  if (rules.topology !== "one") return;
  root.wantedBy = foldIntents(
    named.map(({ profile, recorded: { state } }) => ({ profile, state })),
    rules.topology,
  );
  const by = "the root profile's gateway";
  for (const one of named) one.served = { by, up: root.served?.up ?? root.status?.up ?? false };
}

/**
 * Gathers what there is to know of a container and its gateways: of every
 * profile, every slot, and what in `profiles` can have none. No program is run.
 * Needs `--allow-read` for the scandir, `<home>/profiles` and the root profile's
 * state file.
 *
 * @param options Where, and what runs.
 * @returns What is known.
 *
 * @example
 * ```ts no-eval
 * import { diagnose } from "./cause.ts";
 * import { gatherOverview } from "./overview_facts.ts";
 * const { container, gateways } = gatherOverview(options);
 * gateways.map((facts) => diagnose(facts, container).cause);
 * ```
 */
export function gatherOverview(options: OverviewOptions): Overview {
  const { scandir, mode, role, hasHermes, capacity, processes } = options;
  let volume = new Map<string, OnVolume>();
  let entries = new Map<string, Deno.DirEntry>();
  const volumeProblem = problemOf(() => volume = readVolume(options));
  const scandirProblem = problemOf(() => entries = listDirectory(scandir), scandir);
  const look = { processes, supervisors: supervisorsOf(processes), entries };
  const slots = [...entries.keys()]
    .filter((name) => name.startsWith(SLOT_PREFIX))
    .map((name) => name.slice(SLOT_PREFIX.length))
    .filter((profile) => profileNameProblem(profile) === undefined);
  const reserved = volume.get(DEFAULT_PROFILE);
  volume.set(DEFAULT_PROFILE, { found: "profile" });
  const names = inOrder([...volume.keys(), ...slots]);
  const gateways = names.map((name) => readGateway(name, volume.get(name), options, look));
  if (reserved !== undefined) gateways.push(readGateway(DEFAULT_PROFILE, reserved, options, look));
  relate(gateways, options);
  const strays = findStrays(processes, look.supervisors);
  const isFull = capacity !== undefined && scandirProblem === undefined &&
    roomFor(capacity, countServices(capacity, entries)) === 0;
  let boot: ContainerFacts["boot"];
  const bootProblem = problemOf(() => boot = readBootRecord(scandir));
  for (const facts of gateways) {
    const { profile, found, problem, served } = facts;
    if (found === "reserved" || found === "profile" && problem !== undefined) {
      facts.freeName = freeName(profile, names);
    }
    if (served === undefined) facts.strays = strays.get(profile) ?? [];
  }
  return {
    container: {
      ...findSvscan(processes, scandir),
      ...{ mode, role, hasHermes, volumeProblem, scandirProblem, boot, bootProblem },
      noRoom: isFull ? wordFullTree(capacity, options) : undefined,
      full: processes.space.map(wordFull).find((words) => words !== undefined),
    },
    gateways,
    unknown: (profile) => readGateway(profile, undefined, options, look),
  };
}
