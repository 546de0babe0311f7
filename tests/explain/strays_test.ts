import { assertEquals } from "@std/assert";
import { findStrays } from "../../lib/explain/strays.ts";
import type { Process } from "../../lib/s6/processes.ts";

const RUN = ["gateway", "run", "--replace"];

/** Processes by PID: parent, session and arguments. */
function processes(
  table: Readonly<Record<number, readonly [ppid: number, session: number, ...args: string[]]>>,
) {
  const all = Object.entries(table).map(([pid, [ppid, session, ...args]]): [number, Process] => [
    Number(pid),
    {
      ...{ pid: Number(pid), ppid, session, args },
      ...{ state: "S", cpuSeconds: 0, startSeconds: 0, rssBytes: 0 },
    },
  ]);
  return { all: new Map(all), uptimeSeconds: 0, space: [] };
}

Deno.test("findStrays() finds a gateway that has lost its s6-supervise", () => {
  const found = findStrays(processes({
    1: [0, 1, "s6-svscan"],
    5: [1, 5, "s6-supervise", "gateway-coder"],
    6: [5, 6, "python3", "/opt/hermes/bin/hermes", "-p", "coder", ...RUN],
    8: [1, 8, "/usr/bin/hermes", "-p", "coder", ...RUN],
    9: [1, 9, "/usr/bin/hermes", ...RUN],
  }));
  assertEquals([...found], [["coder", [8]], ["default", [9]]]);
});

Deno.test("findStrays() takes nothing that a gateway has started for one", () => {
  const found = findStrays(processes({
    5: [1, 5, "s6-supervise", "gateway-coder"],
    6: [5, 6, "hermes", "-p", "coder", ...RUN],
    7: [6, 6, "hermes", "-p", "coder", ...RUN],
    8: [1, 6, "hermes", "-p", "coder", ...RUN],
    9: [6, 9, "hermes", "-p", "coder", ...RUN],
    10: [1, 10, "hermes", "gateway", "run"],
    11: [1, 11, "grep", "gateway", "run", "--replace"],
    12: [1, 12, "gatewayctl", "logs", "gateway"],
  }));
  assertEquals(found.size, 0);
});
