import type { Owner } from "../_owner.ts";
import { shellQuote } from "../_quote.ts";
import { type Capacity, roomFor, wordNoRoom } from "../s6/capacity.ts";
import { findOrphans, supervisedGateways } from "../s6/orphans.ts";
import { SHARED_SCANDIR } from "../s6/places.ts";
import type { Processes } from "../s6/processes.ts";
import { S6_SVSCAN } from "../s6/run.ts";
import type { Diagnosis } from "./cause.ts";
import type { Cause } from "./causes.ts";
import type { Rival } from "./rivals.ts";
import { type SkeletonEntry, skeletonProblem } from "./skeleton.ts";
import { findSvscan, svscanProblem } from "./svscan.ts";

/** What was found, and what helps. */
export interface Finding {
  /** What was found. */
  detail: string;
  /** The command that helps. */
  help?: string | undefined;
  /** What only somebody outside the container can do. */
  outside?: string | undefined;
}

/** One check and what it found. */
export interface Check extends Finding {
  /** What was checked. */
  name: string;
  /** Whether it is as it should be; if not, there is one of `help` and `outside`. */
  ok: boolean;
}

/** What is known of the supervision tree and what is around it. */
export interface DoctorFacts {
  /** The Hermes home. */
  home: string;
  /** Whether it answers; else nothing that is on it is known. */
  homeAnswers: boolean;
  /** Who hermes is, if that is known: who should own the skeletons. */
  owner?: Owner | undefined;
  /** The scandir. PID 1's is `/run/service`; any other's s6-svscan is the service `gateways`. */
  scandir: string;
  /** What runs in the container, and what room there is. */
  processes: Processes;
  /** What s6-svstat says of the service `gateways`: up, ready, wanted up. Absent: not known, or no business of it. */
  gateways?: string | undefined;
  /** The program hermes; empty where the image has none, absent where that is not known. */
  hermes?: string | undefined;
  /** Whether it can be run. */
  hermesRuns: boolean;
  /** Why s6-svscan cannot be told anything, if so. */
  listenProblem?: string | undefined;
  /** Why the scandir cannot be written to, if so. */
  scandirProblem?: string | undefined;
  /** How many services are in the scandir, and what its s6-svscan holds, where that is known. */
  services?: { used: number; capacity: Capacity } | undefined;
  /** The names of the service directories of gateways. */
  slots: readonly string[];
  /** What is there of their skeletons. */
  skeletons: readonly SkeletonEntry[];
  /** Whether these are laid down for an s6-supervise that is root. Default: `true`. */
  drops?: boolean | undefined;
  /** Those that were renamed away and are still supervised. */
  retired: readonly string[];
  /** How each gateway is, by profile. */
  diagnoses: ReadonlyMap<string, Diagnosis>;
  /** Why logs cannot be written, if so. */
  logsProblem?: Finding | undefined;
  /** What of the home is not hermes's and should be, relative to it. */
  foreign: readonly string[];
  /** Whether there was no time to look at all of the home. */
  homeIsLarge?: boolean | undefined;
  /** Other containers that have started the same gateways since. */
  rivals: readonly Rival[];
}

/** Less free space than this fails, in bytes on the volume and in the scandir, and in inodes. */
const LEAST = { home: 64 * 2 ** 20, scandir: 2 ** 20, inodes: 256 } as const;

/** What brings isolated supervision's s6-svscan up; only root may wait for it. */
const BRING_UP = `s6-svc -u ${SHARED_SCANDIR}/gateways`;
const START_AGAIN = "start the container again; its log says what 015-supervise-perms could not do";

function check(name: string, problem: Finding | undefined, good: string): Check {
  return problem === undefined ? { name, ok: true, detail: good } : { name, ok: false, ...problem };
}

/** How many more there are than the one that is named. */
function more(count: number): string {
  return count > 1 ? ` (and ${count - 1} more)` : "";
}

function checkPid1({ processes }: DoctorFacts): Check[] {
  const program = processes.all.get(1)?.program;
  if (program === undefined) return [];
  const wrong = program === S6_SVSCAN ? undefined : {
    detail: `PID 1 is ${program}`,
    outside: "start the container with the image's entrypoint, and without an init of the engine's",
  };
  return [check("s6-svscan is PID 1", wrong, "yes")];
}

/** The service that runs isolated supervision's s6-svscan. */
function checkGateways({ gateways: state }: DoctorFacts): Check[] {
  if (state === undefined) return [];
  const detail = state.startsWith("true true ")
    ? undefined
    : state.startsWith("true")
    ? "it waits for another s6-svscan to leave the scandir"
    : state.endsWith(" true")
    ? "its s6-svscan has failed, and it tries again"
    : "it has given up, or was stopped";
  const problem = detail === undefined ? undefined : { detail, help: BRING_UP };
  return [check("the service gateways has the gateways", problem, "yes")];
}

function checkListening({ processes, scandir, listenProblem }: DoctorFacts): Check {
  const svscan = findSvscan(processes, scandir);
  const detail = svscanProblem(svscan) ?? listenProblem;
  const isDown = scandir !== SHARED_SCANDIR && svscan.svscan === "none";
  const helping = svscan.svscan === "frozen"
    ? { help: `kill -s CONT ${svscan.svscanPid}` }
    : isDown
    ? { help: BRING_UP }
    : { outside: START_AGAIN };
  const problem = detail === undefined ? undefined : { detail, ...helping };
  return check(`s6-svscan listens on ${scandir}`, problem, "yes");
}

function checkRoom({ services }: DoctorFacts): Check[] {
  if (services === undefined) return [];
  const { used, capacity } = services;
  const room = roomFor(capacity, used);
  const { problem, help } = wordNoRoom(capacity);
  const full = room > 0
    ? undefined
    : { detail: `${problem}, and there are ${used}`, outside: help };
  return [
    check("room for gateways", full, `for ${room} more: ${used} of ${capacity.max} taken`),
  ];
}

function checkSkeletons({ skeletons, slots, owner, drops, processes }: DoctorFacts): Check {
  // Who makes its own has it once it is at work.
  const started = new Set(supervisedGateways(processes));
  const problems = skeletons
    .filter(({ service }) => drops !== false || started.has(service))
    .flatMap((entry) => skeletonProblem(entry, { owner, drops }) ?? []);
  const [first] = problems;
  const problem = first === undefined ? undefined : {
    detail: `${first}${more(problems.length)}`,
    outside: "start the container again, or make it so as root",
  };
  return check("hermes controls every gateway", problem, `${slots.length} gateways`);
}

/** Causes that are the supervision's, by what is checked. */
const AMISS: Readonly<Record<string, readonly Cause[]>> = {
  "every gateway is supervised": [
    "no-slot",
    "not-a-directory",
    "no-supervisor",
    "supervisor-frozen",
    "unknown",
  ],
  "no gateway is frozen or runs twice": ["gateway-frozen", "two-gateways"],
  "every logger is at work": ["logger-down", "log-unwritable"],
};

function checkGatewaysOf({ diagnoses }: DoctorFacts): Check[] {
  return Object.entries(AMISS).map(([name, causes]) => {
    const amiss = [...diagnoses].filter(([, { cause }]) => causes.includes(cause));
    const [first] = amiss;
    if (first === undefined) return check(name, undefined, "yes");
    const [profile, { text, help, outside }] = first;
    return check(name, { detail: `${profile}: ${text}${more(amiss.length)}`, help, outside }, "");
  });
}

function checkOrphans({ processes, retired, slots }: DoctorFacts): Check {
  const supervised = supervisedGateways(processes);
  const expected = slots.flatMap((slot) => [slot, `${slot}/log`]);
  const all = [...new Set([...findOrphans(supervised, expected), ...retired])].sort();
  const problem = all.length === 0
    ? undefined
    : { detail: all.join(", "), help: "gatewayctl sync" };
  return check("no s6-supervise is left over", problem, "none");
}

function checkHermes({ hermes, hermesRuns }: DoctorFacts): Check[] {
  if (hermes === undefined) return [];
  const detail = hermes === ""
    ? "there is none"
    : hermesRuns
    ? undefined
    : `${hermes} is not there`;
  const outside = "build the image upon one that has: --build-arg BASE_IMAGE=...";
  const problem = detail === undefined ? undefined : { detail, outside };
  return [check("hermes is on PATH", problem, hermes)];
}

function checkForeign({ home, foreign, homeIsLarge = false }: DoctorFacts): Check {
  const name = "what is in the home is hermes's";
  const [first] = foreign;
  if (first === undefined) {
    return check(name, undefined, homeIsLarge ? "as far as 5 s let see" : "yes");
  }
  const paths = foreign.slice(0, 10).map((path) => shellQuote(`${home}/${path}`)).join(" ");
  return check(
    name,
    { detail: first + more(foreign.length), help: `chown -h hermes: ${paths}` },
    "",
  );
}

function checkRivals({ rivals: [first] }: DoctorFacts): Check {
  const problem = first === undefined ? undefined : {
    detail: `${first.container} has started ${first.profiles[0]}${more(first.profiles.length)} ` +
      `at ${first.time}`,
    outside: "stop one of the two, or share the profiles out with HERMES_GATEWAY_SHARD; " +
      "if it is gone, start this container again",
  };
  return check("no other container runs these gateways", problem, "none has started since");
}

function checkSpace({ processes, home, scandir }: DoctorFacts): Check[] {
  return processes.space.flatMap(({ path, freeBytes, freeInodes }) => {
    const place = path === home ? "home" : "scandir";
    const outside = path === home ? `make room on the volume` : `give the tmpfs of ${scandir} more`;
    const word = (bytes: number) =>
      bytes === Infinity ? "not counted" : `${Math.floor(bytes / 2 ** 20)} MiB`;
    const count = (free: number) => String(free);
    const judge = (what: string, free: number | undefined, least: number, text = count) =>
      check(
        `free ${what} for the ${place}`,
        free !== undefined && free < least
          ? { detail: `${text(free)}, expected ${text(least)}`, outside }
          : undefined,
        free === undefined ? "not counted" : text(free),
      );
    return [
      judge("space", freeBytes, LEAST[place], word),
      judge("inodes", freeInodes, LEAST.inodes),
    ];
  });
}

/** What is on the home. */
function checkHome(facts: DoctorFacts): Check[] {
  const name = `${facts.home} answers`;
  if (!facts.homeAnswers) {
    const detail = "it is not there, or hangs: nothing on it was looked at";
    return [check(name, { detail, outside: "mount the volume, or see to what it is on" }, "")];
  }
  return [
    check(name, undefined, "yes"),
    check("logs are writable", facts.logsProblem, "yes"),
    checkForeign(facts),
    checkRivals(facts),
  ];
}

/**
 * Decides what is wrong with a supervision tree. Pure.
 *
 * @param facts What is known.
 * @returns One entry per check; what is not known is not checked.
 *
 * @example
 * ```ts no-eval
 * import { examine } from "./doctor.ts";
 * import { gatherDoctorFacts } from "./doctor_facts.ts";
 * examine(await gatherDoctorFacts(options)).every(({ ok }) => ok);
 * ```
 */
export function examine(facts: DoctorFacts): Check[] {
  const { scandir, scandirProblem } = facts;
  const unwritable = scandirProblem === undefined
    ? undefined
    : { detail: scandirProblem, outside: START_AGAIN };
  return [
    ...checkPid1(facts),
    ...checkGateways(facts),
    checkListening(facts),
    check(`${scandir} is writable`, unwritable, "yes"),
    ...checkRoom(facts),
    checkSkeletons(facts),
    ...checkGatewaysOf(facts),
    checkOrphans(facts),
    ...checkHermes(facts),
    ...checkHome(facts),
    ...checkSpace(facts),
  ];
}
