import { assertEquals } from "@std/assert";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

Deno.test("oom.sh raises the score by 500, to 1000 at most, and starts no program", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const libexec = `${tree.path}/opt/hermes-boot/libexec`;
  for (const [own, raised] of [["0", "500"], ["1", "501"], ["500", "1000"], ["501", "1000"]]) {
    const script = `echo ${own} >/proc/self/oom_score_adj; cat=$(command -v cat); PATH=/none
      . ${libexec}/oom.sh; exec $cat /proc/self/oom_score_adj`;
    assertEquals(await tree.source([], script), { code: 0, stdout: `${raised}\n`, stderr: "" });
  }
});

Deno.test("oom.sh keeps no gateway from its start where the score is not to be had", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  for (const place of [`${temp.path}/none`, "/dev/null", `${temp.path}`]) {
    const file = "opt/hermes-boot/libexec/oom.sh";
    const text = Deno.readTextFileSync(`${tree.path}/${file}`).replaceAll(
      "/proc/self/oom_score_adj",
      place,
    );
    assertEquals(text.includes("/proc"), false);
    const { code, stdout, stderr } = await tree.source([], `set -u\n${text}echo goes on`);
    assertEquals([code, stdout, stderr], [0, "goes on\n", ""], place);
  }
});
