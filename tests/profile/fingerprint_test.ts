import { assertEquals, assertNotEquals } from "@std/assert";
import { fingerprintProfiles } from "../../lib/profile/fingerprint.ts";
import { Home, IS_ROOT, mkfifo } from "../_fixtures.ts";
import { runSync, TempDir } from "../_temp.ts";

/** A part of the fingerprint of a home whose profiles can be read. */
function part(home: Home, of: "directory" | "profiles"): string {
  const found = fingerprintProfiles(home.path);
  if (!found.readable) throw new Error(found.problem);
  return found[of];
}

Deno.test("fingerprintProfiles() names the directories that hold SOUL.md, in order", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assertEquals(part(home, "profiles"), "");
  home.add("writer");
  home.add("coder");
  temp.mkdir("home/profiles/empty");
  temp.write("home/profiles/file");
  runSync("sh", "-c", `mkdir "$(printf '${home.path}/profiles/not-utf-8\\377')"`);
  assertEquals(part(home, "profiles"), "+coder/+writer");
  Deno.removeSync(`${home.path}/profiles/coder/SOUL.md`);
  assertEquals(part(home, "profiles"), "+writer");
});

Deno.test("fingerprintProfiles() follows no symlink in a profile's place, hangs on no FIFO", () => {
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
  assertEquals(part(home, "profiles"), "+coder/+linked/+pipe/?loop");
});

Deno.test({
  name: "fingerprintProfiles() marks a directory it cannot look into (only others than root fail)",
  ignore: IS_ROOT,
  fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    Deno.chmodSync(home.add("coder"), 0);
    assertEquals(part(home, "profiles"), "?coder");
  },
});

Deno.test("fingerprintProfiles() says what is in the place of a directory", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  Deno.removeSync(root);
  assertEquals(fingerprintProfiles(home.path), { readable: false, problem: `${root} is missing` });
  for (
    const put of [
      () => Deno.writeTextFileSync(root, ""),
      () => Deno.symlinkSync(temp.path, root),
      () => mkfifo(root),
    ]
  ) {
    put();
    const problem = `${root} is not a directory`;
    assertEquals(fingerprintProfiles(home.path), { readable: false, problem });
    Deno.removeSync(root);
  }
});

Deno.test("fingerprintProfiles() tells a directory from another one in its place", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const first = part(home, "directory");
  home.add("coder");
  assertEquals(part(home, "directory"), first);
  Deno.renameSync(`${home.path}/profiles`, `${home.path}/old`);
  Deno.mkdirSync(`${home.path}/profiles`);
  assertNotEquals(part(home, "directory"), first);
});
