import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { byName, listProfiles, listRootProfile, refuseProfile } from "../../lib/profile/list.ts";
import { Home, mkfifo, runScript } from "../_fixtures.ts";
import { runSync, TempDir } from "../_temp.ts";

/** What listProfiles() finds, without the listings. */
function find(home: Home): { names: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const found = listProfiles(home.path, (message) => warnings.push(message));
  return { names: found.sort(byName).map(({ name }) => name), warnings };
}

Deno.test("refuseProfile() lets a legal name through", () => {
  for (const name of ["coder", "a".repeat(243)]) assertEquals(refuseProfile({ name }), undefined);
});

Deno.test("refuseProfile() refuses by rule illegal names, profiles/default and symlinks", () => {
  for (const name of ["", "Bad", "a b", "a\n", "-a", "a".repeat(244), "bad\ufffd"]) {
    assertStringIncludes(refuseProfile({ name })?.reason ?? "", "illegal profile name", name);
    assertEquals(refuseProfile({ name, error: "Permission denied" })?.failed, false, name);
  }
  for (
    const [entry, reason] of [
      [{ name: "default" }, "root profile"],
      [{ name: "a", symlink: true }, "a symlink"],
    ] as const
  ) {
    const refusal = refuseProfile(entry);
    assertEquals(refusal?.failed, false);
    assertStringIncludes(refusal?.reason ?? "", reason);
  }
});

Deno.test("refuseProfile() passes an I/O error on as one", () => {
  const refusal = { reason: "Permission denied", failed: true };
  assertEquals(refuseProfile({ name: "a", error: "Permission denied" }), refusal);
});

Deno.test("byName() orders as the C locale does", () => {
  const names = ["b", "a_", "a-", "a", "a0", "10", "9", "ab"].map((name) => ({ name }));
  assertEquals(names.sort(byName).map(({ name }) => name), [
    ...["10", "9", "a", "a-", "a0", "a_", "ab", "b"],
  ]);
  assertEquals(byName({ name: "a" }, { name: "a" }), 0);
});

Deno.test("listProfiles() finds the directories that hold SOUL.md, and nothing else", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder");
  temp.mkdir("home/profiles/empty");
  temp.mkdir("home/profiles/other");
  temp.write("home/profiles/other/soul.md");
  temp.write("home/profiles/README");
  temp.write("home/profiles/SOUL.md");
  mkfifo(`${home.path}/profiles/fifo`);
  assertEquals(find(home), { names: ["coder"], warnings: [] });
});

Deno.test("listProfiles() finds nothing when there is no profiles directory", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  Deno.removeSync(`${home.path}/profiles`);
  assertEquals(find(home), { names: [], warnings: [] });
});

for (const what of ["file", "symlink", "fifo"]) {
  Deno.test(`listProfiles() warns once when profiles is a ${what}, and looks no further`, () => {
    using temp = new TempDir();
    const home = new Home(temp);
    const path = `${home.path}/profiles`;
    Deno.renameSync(path, `${temp.path}/elsewhere`);
    temp.mkdir("elsewhere/coder");
    temp.write("elsewhere/coder/SOUL.md");
    if (what === "file") temp.write("home/profiles");
    if (what === "symlink") Deno.symlinkSync(`${temp.path}/elsewhere`, path);
    if (what === "fifo") mkfifo(path);
    const { names, warnings } = find(home);
    assertEquals([names, warnings.length], [[], 1]);
  });
}

Deno.test("listProfiles() lists what a profile holds that a boot needs", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", "{}");
  temp.write("home/profiles/coder/gateway.pid");
  temp.mkdir("home/profiles/coder/processes.json");
  temp.write("home/profiles/coder/.env");
  const [profile] = listProfiles(home.path, () => {});
  assertEquals(
    [...profile?.listing ?? []].map(([name, { isFile }]) => `${name} ${isFile}`).sort(),
    ["SOUL.md true", "gateway.pid true", "gateway_state.json true", "processes.json false"],
  );
});

Deno.test("listProfiles() marks a symlinked profile, and passes over symlinks to anything else", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const link = (to: string, name: string) => Deno.symlinkSync(to, `${home.path}/profiles/${name}`);
  temp.mkdir("elsewhere");
  temp.write("elsewhere/SOUL.md");
  link(`${temp.path}/elsewhere`, "linked");
  link(temp.mkdir("empty"), "empty");
  link(`${temp.path}/none`, "dangling");
  link("loop", "loop");
  link(temp.write("file"), "file");
  assertEquals(find(home), { names: ["linked"], warnings: [] });
  assertEquals(listProfiles(home.path, () => {})[0]?.symlink, true);
});

Deno.test("listProfiles() counts a SOUL.md that is a symlink only if it leads somewhere", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const [name, to] of [["whole", temp.write("soul")], ["broken", `${temp.path}/none`]]) {
    temp.mkdir(`home/profiles/${name}`);
    Deno.symlinkSync(String(to), `${home.path}/profiles/${name}/SOUL.md`);
  }
  assertEquals(find(home).names, ["whole"]);
});

Deno.test("listProfiles() lists directories whose names are not UTF-8, illegal ones, but no files", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const script = 'cd "$1"; d=$(printf "bad\\377"); mkdir "$d"; : >"$d/SOUL.md"; : >"file$d"';
  runSync("sh", "-c", script, "sh", `${home.path}/profiles`);
  const { names: [name = ""], warnings } = find(home);
  assertEquals([find(home).names.length, warnings], [1, []]);
  assertEquals(refuseProfile({ name })?.failed, false);
});

Deno.test("listProfiles() lists a directory it may not look into, with the error", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("open");
  Deno.chmodSync(home.add("shut"), 0);
  const { stdout } = await runScript(
    `
    import { byName, listProfiles } from "../../lib/profile/list.ts";
    const found = listProfiles(".", console.error).sort(byName);
    console.log(JSON.stringify(found.map(({ name, error }) => [name, error ?? null])));
    `,
    { cwd: home.path, capabilities: "none" },
  );
  const [open, shut] = JSON.parse(stdout);
  assertEquals(open, ["open", null]);
  assertEquals(shut[0], "shut");
  assert(shut[1].includes("Permission denied"), shut[1]);
});

Deno.test("listProfiles() throws when profiles cannot be read", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  Deno.chmodSync(`${home.path}/profiles`, 0);
  const { code, stderr } = await runScript(
    `
    import { listProfiles } from "../../lib/profile/list.ts";
    listProfiles(".", console.log);
    `,
    { cwd: home.path, capabilities: "none" },
  );
  assertEquals(code, 1);
  assert(stderr.includes("PermissionDenied"), stderr);
});

Deno.test("listRootProfile() finds the files it names, one by one, of any kind", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assertEquals([...listRootProfile(home.path).keys()], []);
  home.add("default", "{}");
  temp.mkdir("home/state");
  temp.write("home/state/gateway.lifecycle.json", "{}");
  mkfifo(`${home.path}/gateway.pid`);
  const listing = listRootProfile(home.path);
  assertEquals(
    [...listing].map(([name, { isFile }]) => `${name} ${isFile}`).sort(),
    ["gateway.pid false", "gateway_state.json true", "state true"],
  );
});

Deno.test("listRootProfile() finds no lifecycle file behind a symlink", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder");
  temp.mkdir("elsewhere");
  temp.write("elsewhere/gateway.lifecycle.json", "{}");
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${home.path}/state`);
  assertEquals([...listRootProfile(home.path).keys()], []);
});

Deno.test({
  name: "listProfiles() and listRootProfile() never swallow Deno's NotCapable",
  permissions: { read: false },
  fn() {
    assertThrows(() => listProfiles("/opt/data", () => {}), Deno.errors.NotCapable);
    assertThrows(() => listRootProfile("/opt/data"), Deno.errors.NotCapable);
  },
});
