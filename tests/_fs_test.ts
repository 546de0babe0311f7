import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  listDirectory,
  lstatIfPresent,
  makeDirectory,
  makeFile,
  removeIfPresent,
  replaceFile,
} from "../lib/_fs.ts";
import { mkfifo, runScript } from "./_fixtures.ts";
import { exists, modeOf, snapshot, TempDir } from "./_temp.ts";

for (const umask of ["000", "022", "077"]) {
  Deno.test(`makeDirectory(), makeFile() and replaceFile() give exact modes under umask ${umask}`, async () => {
    using temp = new TempDir();
    const { code, stderr } = await runScript(
      `
      import { makeDirectory, makeFile, replaceFile } from "../lib/_fs.ts";
      makeDirectory("event", 0o3730);
      makeDirectory("plain", 0o755);
      makeFile("file", "", 0o644);
      makeFile("script", "", 0o755);
      replaceFile("replaced", "", 0o755, "beside");
      `,
      { cwd: temp.path, umask },
    );
    assertEquals([code, stderr], [0, ""]);
    const modes = ["event", "plain", "file", "script", "replaced"].map((name) =>
      modeOf(`${temp.path}/${name}`).toString(8)
    );
    assertEquals(modes, ["3730", "755", "644", "755", "755"]);
  });
}

Deno.test("makeDirectory() says whether it made the directory", () => {
  using temp = new TempDir();
  assertEquals(makeDirectory(`${temp.path}/a`, 0o700), true);
  assertEquals(makeDirectory(`${temp.path}/a`, 0o755), false);
  assertEquals(modeOf(`${temp.path}/a`), 0o700);
});

const notDirectories: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["file", (path) => Deno.writeTextFileSync(path, "kept")],
  ["FIFO", (path) => mkfifo(path)],
  ["symlink to a directory", (path, temp) => Deno.symlinkSync(temp.mkdir("elsewhere"), path)],
  ["dangling symlink", (path, temp) => Deno.symlinkSync(`${temp.path}/none`, path)],
];

for (const [what, make] of notDirectories) {
  Deno.test(`makeDirectory() throws when a ${what} is there, and touches nothing`, () => {
    using temp = new TempDir();
    make(`${temp.path}/a`, temp);
    const before = snapshot(temp.path);
    assertThrows(
      () => makeDirectory(`${temp.path}/a`, 0o755),
      Error,
      `${temp.path}/a is not a directory`,
    );
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("makeFile() links to a twin of the same text, and makes the first one", () => {
  using temp = new TempDir();
  const twins = new Map<string, string>();
  const inode = (name: string, text: string) => {
    makeFile(`${temp.path}/${name}`, text, 0o644, { twins });
    assertEquals(Deno.readTextFileSync(`${temp.path}/${name}`), text);
    return Deno.lstatSync(`${temp.path}/${name}`).ino;
  };
  const first = inode("a", "same");
  assertEquals(inode("b", "same"), first);
  assertNotEquals(inode("c", "other"), first);
});

Deno.test("makeFile() never writes over or through what is there", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/link`);
  for (const name of ["target", "link"]) {
    assertThrows(
      () => makeFile(`${temp.path}/${name}`, "new", 0o644),
      Deno.errors.AlreadyExists,
    );
  }
  assertEquals(Deno.readTextFileSync(target), "kept");
});

Deno.test("replaceFile() replaces a symlink, not its target, also one that was left where it writes first", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  for (const name of ["run", "beside"]) Deno.symlinkSync(target, `${temp.path}/${name}`);
  replaceFile(`${temp.path}/run`, "new", 0o755, `${temp.path}/beside`);
  assertEquals(Deno.readTextFileSync(target), "kept");
  assert(Deno.lstatSync(`${temp.path}/run`).isFile);
  assertEquals(Deno.readTextFileSync(`${temp.path}/run`), "new");
  assert(!exists(`${temp.path}/beside`));
});

Deno.test("replaceFile() that fails leaves the file as it was and nothing beside it", () => {
  using temp = new TempDir();
  temp.mkdir("run");
  temp.write("run/inside");
  const before = snapshot(temp.path);
  const beside = `${temp.path}/beside`;
  assertThrows(() => replaceFile(`${temp.path}/run`, "new", 0o755, beside), Error);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("replaceFile() puts a new file in place, so that a reader of the old one is undisturbed", () => {
  using temp = new TempDir();
  const path = temp.write("run", "old");
  using reader = Deno.openSync(path);
  replaceFile(path, "new and longer", 0o755, `${temp.path}/beside`);
  const buffer = new Uint8Array(20);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, reader.readSync(buffer) ?? 0)), "old");
});

Deno.test("removeIfPresent() removes a symlink, not its target, and takes absence", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/link`);
  assertEquals(removeIfPresent(`${temp.path}/link`), true);
  assertEquals(removeIfPresent(`${temp.path}/link`), false);
  assertEquals(Deno.readTextFileSync(target), "kept");
});

Deno.test("removeIfPresent() removes a full directory only when it may", () => {
  using temp = new TempDir();
  temp.mkdir("dir");
  temp.write("dir/file");
  assertThrows(() => removeIfPresent(`${temp.path}/dir`), Error);
  assert(exists(`${temp.path}/dir/file`));
  assertEquals(removeIfPresent(`${temp.path}/dir`, { recursive: true }), true);
});

Deno.test("listDirectory() has the entries by name, symlinks not followed", () => {
  using temp = new TempDir();
  temp.mkdir("dir");
  Deno.symlinkSync("dir", `${temp.path}/link`);
  const entries = listDirectory(temp.path);
  assertEquals([...entries.keys()].sort(), ["dir", "link"]);
  assertEquals([entries.get("dir")?.isDirectory, entries.get("link")?.isDirectory], [true, false]);
  assertThrows(() => listDirectory(`${temp.path}/none`), Deno.errors.NotFound);
});

Deno.test("lstatIfPresent() does not follow a symlink and takes absence, but nothing else", () => {
  using temp = new TempDir();
  Deno.symlinkSync(temp.write("file"), `${temp.path}/link`);
  assertEquals(lstatIfPresent(`${temp.path}/link`)?.isSymlink, true);
  assertEquals(lstatIfPresent(`${temp.path}/none`), undefined);
  assertThrows(() => lstatIfPresent(`${temp.path}/file/below`), Error);
});
