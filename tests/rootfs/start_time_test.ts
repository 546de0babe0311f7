import { assertEquals } from "@std/assert";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPT = "opt/hermes-boot/libexec/start-time";

Deno.test("start-time prints the 22nd word of a process's stat, as hermes reckons it", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const pid = String(Deno.pid);
  const words = Deno.readTextFileSync(`/proc/${pid}/stat`).split(/\s+/);
  const { code, stdout } = await tree.run(SCRIPT, { args: [pid] });
  assertEquals([code, stdout], [0, `${pid} ${words[21]}\n`]);
});

Deno.test("start-time passes over a process that is not there", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const args = ["99999999", String(Deno.pid), "99999998"];
  const { code, stdout, stderr } = await tree.run(SCRIPT, { args });
  assertEquals([code, stdout.split("\n").length, stderr], [0, 2, ""]);
  assertEquals(stdout.split(" ")[0], args[1]);
});
