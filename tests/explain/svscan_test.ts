import { assertEquals } from "@std/assert";
import { findSvscan, svscanProblem } from "../../lib/explain/svscan.ts";
import { NO_PROCESSES } from "../../lib/s6/processes.ts";
import { processesOf } from "../_processes.ts";

const OURS = "/run/hermes/service";
const TWO = {
  1: [{}, "/package/admin/s6/command/s6-svscan", "-d4", "--", "/run/service"],
  9: [{ state: "T" }, "s6-svscan", "-C", "8000", "-d3", "--", OURS],
} as const;

Deno.test("findSvscan() tells the s6-svscan of a scandir from any other, and whether it is frozen", () => {
  const found = processesOf(TWO);
  assertEquals(findSvscan(found, "/run/service"), { svscan: "alive", svscanPid: 1 });
  assertEquals(findSvscan(found, OURS), { svscan: "frozen", svscanPid: 9 });
});

Deno.test("findSvscan() takes nothing else that names the scandir for one", () => {
  const { 1: _, ...others } = TWO;
  const found = processesOf({ ...others, 7: [{}, "s6-svscanctl", "/run/service"] });
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
