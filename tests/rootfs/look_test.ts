import { assert, assertEquals } from "@std/assert";
import { parseProcesses, type Processes } from "../../lib/s6/processes.ts";
import { TempDir } from "../_temp.ts";
import { until } from "../container/until.ts";
import { Tree } from "./_tree.ts";

const LOOK = "opt/hermes-boot/libexec/look";

/** What a shell does that starts `cat` and waits for it. */
const WAIT = ["-c", "cat; :"];

/** Makes a shell of this name; a script could still be open for writing when it is run. */
function shell(temp: TempDir, name: string): string {
  const path = `${temp.path}/${name}`;
  Deno.symlinkSync("/bin/sh", path);
  return path;
}

/** Starts a program of this name that starts `cat` and waits for it. */
function start(temp: TempDir, name: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(shell(temp, name), { args: [...WAIT, ...args], stdin: "piped" }).spawn();
}

/** What look prints once a process has started `cat` and sleeps. */
async function lookFor(tree: Tree, { pid }: Deno.ChildProcess): Promise<Processes> {
  return await until("it has started its child", async () => {
    const found = parseProcesses((await tree.run(LOOK)).stdout);
    const isWaitedFor = [...found.all.values()]
      .some(({ ppid, program }) => ppid === pid && program === "cat");
    return isWaitedFor && found.all.get(pid)?.state === "S" && found;
  });
}

Deno.test("look prints every process, whatever it and its arguments are called", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const child = start(temp, 'a) R ("\\', "", "two\nlines", 'a "b" \\', "ü");
  try {
    const { all, uptimeSeconds } = await lookFor(tree, child);
    const { args, cpuSeconds, startSeconds, rssBytes, ...found } = all.get(child.pid)!;
    assertEquals(found, {
      ...{ pid: child.pid, ppid: Deno.pid, state: "S", session: found.session },
      program: 'a) R ("\\',
    });
    assertEquals(args.slice(3), ["", "two?lines", 'a "b" \\', "ü"]);
    assert(cpuSeconds < 1 && rssBytes > 1 << 16 && rssBytes < 1 << 26);
    assert(startSeconds > uptimeSeconds - 60 && startSeconds <= uptimeSeconds);
    assert(all.get(Deno.pid)!.rssBytes > 1 << 24, "Deno itself");
  } finally {
    await child.stdin.close();
    await child.status;
  }
});

Deno.test("look prints the arguments of s6-supervise, and not those of what it has started", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const service = `gateway-${crypto.randomUUID()}`;
  const child = start(temp, "s6-supervise", service);
  try {
    const found = await lookFor(tree, child);
    const program = [...found.all.values()].find(({ ppid }) => ppid === child.pid);
    assertEquals([program?.program, program?.args], ["cat", []]);
    const { program: name, args } = found.all.get(child.pid)!;
    assertEquals([name, args.at(-1)], ["s6-supervise", service]);
    child.kill("SIGSTOP");
    const look = async () => parseProcesses((await tree.run(LOOK)).stdout);
    await until("it is frozen", async () => (await look()).all.get(child.pid)?.state === "T");
    child.kill("SIGCONT");
  } finally {
    await child.stdin.close();
    await child.status;
  }
});

Deno.test("look prints JSON whatever bytes an argument has", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const exec = `exec "$0" ${WAIT[0]} '${WAIT[1]}' "$(printf 'a\\377\\001')"`;
  const args = ["-c", exec, shell(temp, "waits")];
  const child = new Deno.Command("sh", { args, stdin: "piped" }).spawn();
  try {
    const { all } = await lookFor(tree, child);
    assertEquals(all.get(child.pid)?.args.at(-1), "a\ufffd?");
  } finally {
    await child.stdin.close();
    await child.status;
  }
});

Deno.test("look prints none of its own arguments", async () => {
  using temp = new TempDir();
  const { stdout } = await new Tree(temp).run(LOOK, { args: [temp.path] });
  const { all } = parseProcesses(stdout);
  assert(all.size > 1);
  assertEquals([...all.values()].filter(({ args }) => args.includes(temp.path)), []);
});

Deno.test("look prints what room there is where it is asked about, and of no other place", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const dir = temp.mkdir("a: b");
  const { stdout } = await tree.run(LOOK, { args: [`${temp.path}/none`, dir] });
  const { space, all, uptimeSeconds } = parseProcesses(stdout);
  assertEquals(space.map(({ path }) => path), [dir]);
  assert(space[0]!.freeBytes > 0 && all.has(Deno.pid) && uptimeSeconds > 0);
  assertEquals(parseProcesses((await tree.run(LOOK)).stdout).space, []);
});
