import { assertEquals } from "@std/assert";
import { findSvscan, svscanProblem } from "../../lib/explain/svscan.ts";
import { NO_PROCESSES, parseProcesses } from "../../lib/s6/processes.ts";

/** What runs, by PID: the state and the command line. */
function processes(table: Readonly<Record<number, readonly [state: string, ...args: string[]]>>) {
  const parts = Object.entries(table).flatMap(([pid, [state, ...args]]) => [
    `${pid}/stat:${pid} (a b) ${state} 1 1 1 ${"0 ".repeat(18)}`,
    ...args.map((arg) => `${pid}/cmdline:${arg}`),
  ]);
  return parseProcesses(parts.join("\0"));
}

const OURS = "/run/hermes/service";
const TWO = {
  1: ["S", "/package/admin/s6/command/s6-svscan", "-d4", "--", "/run/service"],
  9: ["T", "s6-svscan", "-C", "8000", "-d3", "--", OURS],
} as const;

Deno.test("findSvscan() tells the s6-svscan of a scandir from any other, and whether it is frozen", () => {
  const found = processes(TWO);
  assertEquals(findSvscan(found, "/run/service"), { svscan: "alive", svscanPid: 1 });
  assertEquals(findSvscan(found, OURS), { svscan: "frozen", svscanPid: 9 });
});

Deno.test("findSvscan() takes nothing else that names the scandir for one", () => {
  const { 1: _, ...others } = TWO;
  const found = processes({ ...others, 7: ["S", "s6-svscanctl", "/run/service"] });
  assertEquals(findSvscan(found, "/run/service"), { svscan: "none" });
});

Deno.test("findSvscan() does not know where nobody could look", () => {
  assertEquals(findSvscan(NO_PROCESSES, OURS), { svscan: "unknown" });
});

Deno.test("svscanProblem() has words for one that is down or frozen, and only for these", () => {
  assertEquals(
    (["alive", "unknown", "none", "frozen"] as const).map((svscan) =>
      svscanProblem({ svscan, svscanPid: 9 })
    ),
    [undefined, undefined, "s6-svscan is down", "s6-svscan is frozen (pid 9)"],
  );
});
