import { assertEquals } from "@std/assert";
import { findStrays } from "../../lib/explain/strays.ts";
import { supervisorsOf } from "../../lib/s6/processes.ts";
import { processesOf } from "../_processes.ts";

const RUN = ["gateway", "run", "--replace"];

/** Finds those among processes by PID: parent, session and arguments. */
function stray(
  table: Readonly<Record<number, readonly [ppid: number, session: number, ...args: string[]]>>,
): Map<string, number[]> {
  const told = Object.entries(table).map(([pid, [ppid, session, ...args]]) => [
    pid,
    [{ ppid, session }, ...args],
  ]);
  const found = processesOf(Object.fromEntries(told));
  return findStrays(found, supervisorsOf(found));
}

Deno.test("findStrays() finds a gateway that has lost its s6-supervise", () => {
  const found = stray({
    1: [0, 1, "s6-svscan"],
    5: [1, 5, "s6-supervise", "gateway-coder"],
    6: [5, 6],
    8: [1, 8, "/usr/bin/hermes", "-p", "coder", ...RUN],
    9: [1, 9, "/usr/bin/hermes", ...RUN],
  });
  assertEquals([...found], [["coder", [8]], ["default", [9]]]);
});

Deno.test("findStrays() takes nothing that a gateway has started for one", () => {
  const found = stray({
    5: [1, 5, "s6-supervise", "gateway-coder"],
    6: [5, 6],
    7: [6, 6, "hermes", "-p", "coder", ...RUN],
    8: [1, 6, "hermes", "-p", "coder", ...RUN],
    9: [6, 9, "hermes", "-p", "coder", ...RUN],
    10: [1, 10, "hermes", "gateway", "run"],
    11: [1, 11, "grep", "gateway", "run", "--replace"],
    12: [1, 12, "gatewayctl", "logs", "gateway"],
  });
  assertEquals(found.size, 0);
});
