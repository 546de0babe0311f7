import { basename } from "@std/path";
import type { Process, Processes } from "../lib/s6/processes.ts";

/** One process of a {@linkcode processesOf}: its arguments, and what of it is not as usual. */
export type Told = readonly [Partial<Process>, ...args: string[]];

/** Makes a look of processes by PID: children of PID 1 that sleep, each in a session of its own. */
export function processesOf(table: Readonly<Record<number, Told>>): Processes {
  const all = Object.entries(table).map(([key, [given, ...args]]): [number, Process] => {
    const pid = Number(key);
    const usual = { pid, ppid: 1, state: "S", session: pid, cpuSeconds: 0, startSeconds: 0 };
    const program = basename(args[0] ?? "").slice(0, 15);
    return [pid, { ...usual, rssBytes: 0, program, args, ...given }];
  });
  return { all: new Map(all), uptimeSeconds: 100, space: [] };
}
