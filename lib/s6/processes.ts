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
  /** The CPU time it has used, in seconds. */
  cpuSeconds: number;
  /** When it was started, in seconds since the machine was. */
  startSeconds: number;
  /** Its resident memory, in bytes. */
  rssBytes: number;
  /** Its program and arguments; none for a zombie. */
  args: readonly string[];
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

/** USER_HZ: what the kernel counts CPU time in, on every machine that Deno runs on. */
const TICKS_PER_SECOND = 100;

type Stat = Omit<Process, "args" | "rssBytes"> & { rssPages: number };

function parseStat(text: string): Stat | undefined {
  // The name, in parentheses, may hold any character, a parenthesis too.
  const rest = text.slice(text.lastIndexOf(")") + 2).trimEnd().split(" ");
  const field = (number: number) => Number(rest[number - 3]);
  const [state] = rest;
  const pid = parseInt(text);
  if (state === undefined || !(pid > 0) || rest.length < 22) return undefined;
  return {
    pid,
    state,
    ppid: field(4),
    session: field(6),
    cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    startSeconds: field(22) / TICKS_PER_SECOND,
    rssPages: field(24),
  };
}

function parseSpace(text: string): Space {
  const [blocks, blockBytes, files, allFiles, allBlocks, ...path] = text.split(" ");
  return {
    path: path.join(" "),
    freeBytes: allBlocks === "0" ? Infinity : Number(blocks) * Number(blockBytes),
    freeInodes: allFiles === "0" ? undefined : Number(files),
  };
}

/**
 * Reads what `libexec/look` prints: NUL-terminated parts of files below
 * `/proc`, each after the file's name and a colon. Pure.
 *
 * @param text The output.
 * @returns The processes.
 *
 * @example
 * ```ts
 * import { parseProcesses } from "./processes.ts";
 * parseProcesses("/proc/uptime:60.5 99.1\n\0").uptimeSeconds; // 60.5
 * ```
 */
export function parseProcesses(text: string): Processes {
  const stats: Stat[] = [];
  const args = new Map<number, string[]>();
  const space: Space[] = [];
  let uptimeSeconds = 0;
  let pageBytes = 4096;
  for (const part of text.split("\0")) {
    const colon = part.indexOf(":");
    const [, , name, file] = part.slice(0, colon).split("/");
    const content = part.slice(colon + 1);
    if (file === "cmdline") {
      const pid = Number(name);
      const known = args.get(pid);
      if (known === undefined) args.set(pid, [content]);
      else known.push(content);
    } else if (file === "stat") {
      stats.push(...[parseStat(content)].filter((stat) => stat !== undefined));
    } else if (file === "smaps") {
      pageBytes = Number(/KernelPageSize: +(\d+) kB/.exec(content)?.[1] ?? 4) * 1024;
    } else if (name === "uptime") {
      uptimeSeconds = parseFloat(content);
    } else if (part.startsWith("space:")) {
      space.push(parseSpace(content));
    }
  }
  const all = stats.map(({ rssPages, ...stat }): [number, Process] => [
    stat.pid,
    { ...stat, rssBytes: rssPages * pageBytes, args: args.get(stat.pid) ?? [] },
  ]);
  return { all: new Map(all), uptimeSeconds, space };
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
  /** Their resident memory, in bytes; what they share counts for each. */
  rssBytes: number;
}

/**
 * Makes a function that adds up what the trees of processes use. Pure.
 *
 * @param processes The processes.
 * @returns What a PID's tree uses; `undefined` if there is no such process.
 *
 * @example
 * ```ts
 * import { NO_PROCESSES, usageOf } from "./processes.ts";
 * usageOf(NO_PROCESSES)(1); // undefined
 * ```
 */
export function usageOf(processes: Processes): (pid: number) => Usage | undefined {
  const children = childrenOf(processes);
  return (pid) => {
    const root = processes.all.get(pid);
    if (root === undefined) return undefined;
    const usage = { cpuSeconds: 0, rssBytes: 0 };
    const tree = [root];
    for (const { pid, cpuSeconds, rssBytes } of tree) {
      usage.cpuSeconds += cpuSeconds;
      usage.rssBytes += rssBytes;
      tree.push(...children.get(pid) ?? []);
    }
    return usage;
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
    const [program, service = ""] = process.args;
    if (program !== "s6-supervise" && !program?.endsWith("/s6-supervise")) continue;
    const supervisor = { process, child: children.get(process.pid)?.[0] };
    found.set(service, [...found.get(service) ?? [], supervisor]);
  }
  return found;
}
