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
  assertEquals([code, stdout], [0, `${words[21]}\n`]);
});

Deno.test("start-time says nothing of a process that is not there, and fails", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const { code, stdout, stderr } = await tree.run(SCRIPT, { args: ["99999999"] });
  assertEquals([code, stdout, stderr], [1, "", ""]);
});
