import { assertEquals } from "@std/assert";
import { parseProcesses, supervisorsOf, usageOf } from "../../lib/s6/processes.ts";
import { processesOf } from "../_processes.ts";

const TREE = processesOf({
  1: [
    { ppid: 0, cpuSeconds: 0, startSeconds: 1, rssBytes: 100 },
    "s6-svscan",
    "--",
    "/run/service",
  ],
  5: [{ state: "T", cpuSeconds: 0.02, startSeconds: 2 }, "s6-supervise", "gateway-coder"],
  6: [{ ppid: 5, cpuSeconds: 2, startSeconds: 3, rssBytes: 1000 }],
  7: [{ ppid: 6, session: 6, cpuSeconds: 1, startSeconds: 3, rssBytes: 500 }, "sleep"],
});

Deno.test("parseProcesses() passes over what is cut off, and what it does not know", () => {
  for (const odd of ['look:{"uptimeSeconds":1,"proc', "stray\0:\0look:\0", ""]) {
    assertEquals(parseProcesses(odd), { all: new Map(), uptimeSeconds: 0, space: [] });
  }
});

Deno.test("parseProcesses() reads the room on file systems", () => {
  const { space } = parseProcesses(
    "space:10 4096 5 9 99 /opt/my data\0space:1 1024 0 0 2 /run\0space:0 1 0 0 0 /x\0",
  );
  assertEquals(space, [
    { path: "/opt/my data", freeBytes: 40960, freeInodes: 5 },
    { path: "/run", freeBytes: 1024, freeInodes: undefined },
    { path: "/x", freeBytes: Infinity, freeInodes: undefined },
  ]);
});

Deno.test("usageOf() adds up a process and all below it", () => {
  const usage = usageOf(TREE);
  assertEquals(usage(6), {
    ...{ cpuSeconds: 3, rssBytes: 1500 },
    cpuPercent: 100 * 3 / (100 - 3),
  });
  assertEquals(usage(1)?.cpuSeconds, 3.02);
  assertEquals(usage(99), undefined);
});

Deno.test("usageOf() tells the share of a core since a look before, if the process was there then", () => {
  const look = (uptimeSeconds: number, startSeconds: number, cpuSeconds: number) => ({
    ...processesOf({ 6: [{ startSeconds, cpuSeconds }, "hermes"] }),
    uptimeSeconds,
  });
  const before = look(100, 10, 5);
  assertEquals(usageOf(look(102, 10, 6), before)(6)?.cpuPercent, 50);
  assertEquals(usageOf(look(102, 10, 4), before)(6)?.cpuPercent, 0);
  assertEquals(usageOf(look(102, 101, 0.5), before)(6)?.cpuPercent, 50, "another of its PID");
});

Deno.test("supervisorsOf() finds each s6-supervise and what it has started", () => {
  const found = supervisorsOf(TREE);
  assertEquals([...found.keys()], ["gateway-coder"]);
  const [supervisor, ...others] = found.get("gateway-coder") ?? [];
  assertEquals([supervisor?.process.state, supervisor?.child?.pid, others.length], ["T", 6, 0]);
});
