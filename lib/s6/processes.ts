/** A process. */
export interface Process {
  /** Its PID. */
  pid: number;
  /** Its parent's. */
  ppid: number;
  /** Its state, as in proc_pid_stat(5): `T` is stopped, `Z` a zombie. */
  state: string;
  /** Its session's. */
  session: number;
  /** The CPU time that it and its ended children have used, in seconds. */
  cpuSeconds: number;
  /** When it was started, in seconds since the machine was. */
  startSeconds: number;
  /** Its resident memory, in bytes. */
  rssBytes: number;
  /** The name of its program, as in proc_pid_comm(5): 15 bytes at most. */
  program: string;
  /** Its program and arguments; none for a zombie, and of what s6-supervise has started. */
  args: readonly string[];
}

/**
 * Tells whether SIGSTOP or a debugger has stopped a process. Pure.
 *
 * @param process The process, if there is one.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { isFrozen } from "./processes.ts";
 * isFrozen(undefined); // false
 * ```
 */
export function isFrozen(process: Pick<Process, "state"> | undefined): boolean {
  return process?.state === "T" || process?.state === "t";
}

/**
 * Tells whether a process is an s6-supervise. Pure.
 *
 * @param process The process, if there is one.
 * @returns Whether it is.
 *
 * @example
 * ```ts
 * import { isSupervisor } from "./processes.ts";
 * isSupervisor({ program: "s6-supervise" }); // true
 * ```
 */
export function isSupervisor(process: Pick<Process, "program"> | undefined): boolean {
  return process?.program === "s6-supervise";
}

/** How much room is left on the file system of a directory. */
export interface Space {
  /** The directory. */
  path: string;
  /** What hermes can still use, in bytes; `Infinity` where that is not counted. */
  freeBytes: number;
  /** How many files can still be made; `undefined` where that is not counted. */
  freeInodes: number | undefined;
}

/** All processes of a container, at one time. */
export interface Processes {
  /** The processes, by PID; none where nothing is known of them. */
  all: ReadonlyMap<number, Process>;
  /** When that was, in seconds since the machine was started. */
  uptimeSeconds: number;
  /** The room on file systems that were asked about. */
  space: readonly Space[];
}

/** What nothing is known of. */
export const NO_PROCESSES: Processes = { all: new Map(), uptimeSeconds: 0, space: [] };

function parseSpace(text: string): Space {
  const [blocks, blockBytes, files, allFiles, allBlocks, ...path] = text.split(" ");
  return {
    path: path.join(" "),
    freeBytes: allBlocks === "0" ? Infinity : Number(blocks) * Number(blockBytes),
    freeInodes: allFiles === "0" ? undefined : Number(files),
  };
}

/** What runs, as `libexec/look` prints it. */
interface Look {
  uptimeSeconds: number;
  processes: Process[];
}

/** Reads a look; one that was cut off says nothing. */
function parseLook(text: string): Look {
  try {
    return JSON.parse(text);
  } catch {
    return { uptimeSeconds: 0, processes: [] };
  }
}

/**
 * Reads what `libexec/look` prints: parts that end with a NUL, each after what
 * it is about and a colon. Pure.
 *
 * @param text The output; anything else in it is passed over.
 * @returns The processes.
 *
 * @example
 * ```ts
 * import { parseProcesses } from "./processes.ts";
 * parseProcesses('look:{"uptimeSeconds":60.5,"processes":[]}\0').uptimeSeconds; // 60.5
 * ```
 */
export function parseProcesses(text: string): Processes {
  const all = new Map<number, Process>();
  const space: Space[] = [];
  let uptimeSeconds = 0;
  for (const part of text.split("\0")) {
    const colon = part.indexOf(":");
    const name = part.slice(0, colon);
    const content = part.slice(colon + 1);
    if (name === "space") space.push(parseSpace(content));
    if (name !== "look") continue;
    const look = parseLook(content);
    uptimeSeconds = look.uptimeSeconds;
    for (const process of look.processes) all.set(process.pid, process);
  }
  return { all, uptimeSeconds, space };
}

/** Lists the children of each process. */
function childrenOf({ all }: Processes): Map<number, Process[]> {
  const children = new Map<number, Process[]>();
  for (const process of all.values()) {
    const siblings = children.get(process.ppid);
    if (siblings === undefined) children.set(process.ppid, [process]);
    else siblings.push(process);
  }
  return children;
}

/** What a process and all that it has started use. */
export interface Usage {
  /** Their CPU time so far, in seconds. */
  cpuSeconds: number;
  /** How much of one core that was, in percent, since the process was started or since before. */
  cpuPercent: number;
  /** Their resident memory, in bytes; what they share counts for each. */
  rssBytes: number;
}

/** Adds up what a process and all that it has started use. */
function addUp(
  root: Process,
  children: ReadonlyMap<number, readonly Process[]>,
): Pick<Usage, "cpuSeconds" | "rssBytes"> {
  const usage = { cpuSeconds: 0, rssBytes: 0 };
  const tree = [root];
  for (const { pid, cpuSeconds, rssBytes } of tree) {
    usage.cpuSeconds += cpuSeconds;
    usage.rssBytes += rssBytes;
    tree.push(...children.get(pid) ?? []);
  }
  return usage;
}

/** USER_HZ: the kernel counts in such steps, on every machine that Deno runs on. */
const LEAST_SECONDS = 0.01;

/**
 * Makes a function that tells what the trees of processes use. Pure.
 *
 * @param processes The processes.
 * @param before What they were before, if that is known.
 * @returns What a PID's tree uses; `undefined` if there is no such process.
 *
 * @example
 * ```ts
 * import { NO_PROCESSES, usageOf } from "./processes.ts";
 * usageOf(NO_PROCESSES)(1); // undefined
 * ```
 */
export function usageOf(
  processes: Processes,
  before: Processes = NO_PROCESSES,
): (pid: number) => Usage | undefined {
  const [children, earlier] = [childrenOf(processes), childrenOf(before)];
  return (pid) => {
    const root = processes.all.get(pid);
    if (root === undefined) return undefined;
    const usage = addUp(root, children);
    const same = before.all.get(pid);
    const isSame = same?.startSeconds === root.startSeconds;
    const spent = usage.cpuSeconds - (isSame ? addUp(same, earlier).cpuSeconds : 0);
    const since = isSame ? before.uptimeSeconds : root.startSeconds;
    const seconds = Math.max(LEAST_SECONDS, processes.uptimeSeconds - since);
    return { ...usage, cpuPercent: 100 * Math.max(0, spent) / seconds };
  };
}

/** One s6-supervise and what it supervises. */
export interface Supervisor {
  /** The s6-supervise. */
  process: Process;
  /** What it has started: its service, or the service's finish; absent when it is down. */
  child?: Process | undefined;
}

/**
 * Finds the s6-supervise of each service. Pure.
 *
 * @param processes The processes.
 * @returns One or more by the service's name, such as `gateway-coder/log`.
 *
 * @example
 * ```ts
 * import { NO_PROCESSES, supervisorsOf } from "./processes.ts";
 * supervisorsOf(NO_PROCESSES).get("gateway-coder"); // undefined
 * ```
 */
export function supervisorsOf(processes: Processes): Map<string, Supervisor[]> {
  const children = childrenOf(processes);
  const found = new Map<string, Supervisor[]>();
  for (const process of processes.all.values()) {
    if (!isSupervisor(process)) continue;
    const [, service = ""] = process.args;
    const supervisor = { process, child: children.get(process.pid)?.[0] };
    found.set(service, [...found.get(service) ?? [], supervisor]);
  }
  return found;
}
