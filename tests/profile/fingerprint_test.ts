import { assertEquals, assertNotEquals } from "@std/assert";
import { glanceAtProfiles } from "../../lib/profile/fingerprint.ts";
import { Home, IS_ROOT, mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

function markOf(home: Home): string {
  const glance = glanceAtProfiles(home.path);
  if (!glance.readable) throw new Error(glance.why);
  return glance.mark;
}

Deno.test("glanceAtProfiles() marks the directories that hold SOUL.md, in order", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assertEquals(markOf(home), "");
  home.add("writer");
  home.add("coder");
  temp.mkdir("home/profiles/empty");
  temp.write("home/profiles/file");
  assertEquals(markOf(home), "+coder/+writer");
  Deno.removeSync(`${home.path}/profiles/coder/SOUL.md`);
  assertEquals(markOf(home), "+writer");
});

Deno.test("glanceAtProfiles() follows no symlink in a profile's place, hangs on no FIFO", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder");
  Deno.symlinkSync(`${home.path}/profiles/coder`, `${home.path}/profiles/link`);
  mkfifo(`${home.path}/profiles/fifo`);
  for (const name of ["pipe", "loop", "dangling", "linked"]) temp.mkdir(`home/profiles/${name}`);
  mkfifo(`${home.path}/profiles/pipe/SOUL.md`);
  Deno.symlinkSync("SOUL.md", `${home.path}/profiles/loop/SOUL.md`);
  Deno.symlinkSync("/nowhere", `${home.path}/profiles/dangling/SOUL.md`);
  Deno.symlinkSync("../coder/SOUL.md", `${home.path}/profiles/linked/SOUL.md`);
  assertEquals(markOf(home), "+coder/+linked/+pipe/?loop");
});

Deno.test({
  name:
    "glanceAtProfiles() marks a directory that it cannot look into (only others than root fail)",
  ignore: IS_ROOT,
  fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    Deno.chmodSync(home.add("coder"), 0);
    assertEquals(markOf(home), "?coder");
  },
});

Deno.test("glanceAtProfiles() sees a directory without profiles, and says when there is none", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  const first = glanceAtProfiles(home.path);
  assertEquals(first.readable && first.mark, "");
  Deno.removeSync(root);
  assertEquals(glanceAtProfiles(home.path), { readable: false, why: `${root} is missing` });
  for (
    const put of [
      () => Deno.writeTextFileSync(root, ""),
      () => Deno.symlinkSync(temp.path, root),
      () => mkfifo(root),
    ]
  ) {
    put();
    assertEquals(glanceAtProfiles(home.path), {
      readable: false,
      why: `${root} is not a directory`,
    });
    Deno.removeSync(root);
  }
});

Deno.test("glanceAtProfiles() tells a directory from another one in its place", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const idOf = () => {
    const glance = glanceAtProfiles(home.path);
    return glance.readable ? glance.id : "";
  };
  const first = idOf();
  home.add("coder");
  assertEquals(idOf(), first);
  Deno.renameSync(`${home.path}/profiles`, `${home.path}/old`);
  Deno.mkdirSync(`${home.path}/profiles`);
  assertNotEquals(idOf(), first);
});
