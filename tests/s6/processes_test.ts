import { assert, assertEquals } from "@std/assert";
import { parseProcesses, supervisorsOf, usageOf } from "../../lib/s6/processes.ts";
import { REPOSITORY } from "../container/container.ts";
import { TempDir } from "../_temp.ts";

/** A stat line: the fields 4 to 52 are their numbers, but for those given. */
function stat(pid: number, name: string, fields: Readonly<Record<number, number | string>>) {
  const rest = Array.from({ length: 50 }, (_, i) => fields[i + 3] ?? i + 3);
  return `${pid}/stat:${pid} (${name}) ${rest.join(" ")}\n\0`;
}

const cmdline = (pid: number, ...args: string[]) =>
  args.map((arg) => `${pid}/cmdline:${arg}\0`).join("");

const TREE = "uptime:1000.50 1.00\n\0" +
  "self/smaps:00-01 r--p\nSize: 16 kB\nKernelPageSize:       16 kB\nMMUPageSize: 4 kB\n\0" +
  stat(1, "s6-svscan", { 3: "S", 4: 0, 6: 1, 14: 0, 15: 0, 16: 0, 17: 0, 22: 100, 24: 1 }) +
  cmdline(1, "s6-svscan", "--", "/run/service") +
  stat(5, "s6-supervise", { 3: "T", 4: 1, 6: 5, 14: 1, 15: 1, 16: 0, 17: 0, 22: 200, 24: 1 }) +
  cmdline(5, "s6-supervise", "gateway-coder") +
  stat(6, "a) R (b", { 3: "S", 4: 5, 6: 6, 14: 100, 15: 50, 16: 20, 17: 30, 22: 300, 24: 10 }) +
  cmdline(6, "hermes", "-p", "coder", "", "x:y") +
  stat(7, "sleep", { 3: "S", 4: 6, 6: 6, 14: 100, 15: 0, 16: 0, 17: 0, 22: 300, 24: 5 });

Deno.test("parseProcesses() reads stat whatever a process is called", () => {
  const { all, uptimeSeconds } = parseProcesses(TREE);
  assertEquals(uptimeSeconds, 1000.5);
  assertEquals([...all.keys()], [1, 5, 6, 7]);
  assertEquals(all.get(6), {
    pid: 6,
    ppid: 5,
    state: "S",
    session: 6,
    cpuSeconds: 2,
    startSeconds: 3,
    rssBytes: 10 * 16 * 1024,
    args: ["hermes", "-p", "coder", "", "x:y"],
  });
});

Deno.test("parseProcesses() passes over what is cut off, and what is of no process", () => {
  const odd = "9/stat:9 (x\x0010/stat:\x0011/cmdline:y\0stray\0:\0";
  assertEquals(parseProcesses(odd).all.size, 0);
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
  const usage = usageOf(parseProcesses(TREE));
  assertEquals(usage(6), {
    ...{ cpuSeconds: 3, rssBytes: 15 * 16 * 1024 },
    cpuPercent: 100 * 3 / (1000.5 - 3),
  });
  assertEquals(usage(1)?.cpuSeconds, 3.02);
  assertEquals(usage(99), undefined);
});

Deno.test("usageOf() tells the share of a core since a look before, if the process was there then", () => {
  const look = (uptime: number, start: number, ticks: number) =>
    parseProcesses(
      `uptime:${uptime}\n\0` +
        stat(6, "hermes", { 3: "S", 4: 1, 14: ticks, 15: 0, 16: 0, 17: 0, 22: start, 24: 1 }),
    );
  const before = look(100, 1000, 500);
  assertEquals(usageOf(look(102, 1000, 600), before)(6)?.cpuPercent, 50);
  assertEquals(usageOf(look(102, 1000, 400), before)(6)?.cpuPercent, 0);
  assertEquals(usageOf(look(102, 10100, 50), before)(6)?.cpuPercent, 50, "another of its PID");
});

Deno.test("supervisorsOf() finds each s6-supervise and what it has started", () => {
  const found = supervisorsOf(parseProcesses(TREE));
  assertEquals([...found.keys()], ["gateway-coder"]);
  const [supervisor, ...others] = found.get("gateway-coder") ?? [];
  assertEquals([supervisor?.process.state, supervisor?.child?.pid, others.length], ["T", 6, 0]);
});

Deno.test("libexec/look prints what parseProcesses() reads", async () => {
  using temp = new TempDir();
  const script = temp.write("a (b) c", "#!/bin/sh\nread _\n", 0o755);
  const child = new Deno.Command(script, { args: ["", "two\nlines"], stdin: "piped" }).spawn();
  try {
    const look = `${REPOSITORY}/rootfs/opt/hermes-boot/libexec/look`;
    const args = [temp.path, `${temp.path}/none`];
    const { stdout } = await new Deno.Command(look, { args, stderr: "inherit" }).output();
    const { all, uptimeSeconds, space } = parseProcesses(new TextDecoder().decode(stdout));
    const own = all.get(Deno.pid);
    assert(own !== undefined && own.rssBytes > 1 << 20 && own.cpuSeconds > 0, "Deno itself");
    assertEquals(space.map(({ path }) => path), [temp.path]);
    assert(own.startSeconds < uptimeSeconds, "its start");
    const found = all.get(child.pid);
    assertEquals(found?.ppid, Deno.pid);
    assertEquals(found?.args, ["/bin/sh", script, "", "two\nlines"]);
  } finally {
    await child.stdin.close();
    await child.status;
  }
});
