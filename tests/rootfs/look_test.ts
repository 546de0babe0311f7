import { assert, assertEquals } from "@std/assert";
import { parseProcesses, supervisorsOf } from "../../lib/s6/processes.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { until } from "../container/until.ts";
import { Tree } from "./_tree.ts";

const LOOK = "opt/hermes-boot/libexec/look";

/** Runs a program under another name; it waits for somebody to write into the FIFO that is its argument. */
function waitAs(argv0: string, fifo: string, cwd: string): Deno.ChildProcess {
  const args = ["-c", 'exec -a "$0" cat "$1"', argv0, fifo];
  return new Deno.Command("bash", { args, cwd }).spawn();
}

Deno.test("look prints every process with its parent, its state and its arguments", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const service = `gateway-${crypto.randomUUID()}`;
  mkfifo(`${temp.path}/${service}`);
  const child = waitAs("s6-supervise", service, temp.path);
  try {
    const look = async () => parseProcesses((await tree.run(LOOK)).stdout);
    const [supervisor] = await until(
      "it is listed",
      async () => supervisorsOf(await look()).get(service),
    );
    const { pid, ppid, args } = supervisor!.process;
    assertEquals([pid, ppid, args], [child.pid, Deno.pid, ["s6-supervise", service]]);
    child.kill("SIGSTOP");
    await until("it is frozen", async () => (await look()).all.get(child.pid)?.state === "T");
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
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
