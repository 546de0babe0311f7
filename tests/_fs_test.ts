import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  giveAll,
  giveTo,
  lstatIfPresent,
  makeDirectory,
  makeFile,
  removeIfPresent,
  replaceFile,
} from "../lib/_fs.ts";
import { IS_ROOT, mkfifo, runScript } from "./_fixtures.ts";
import { exists, modeOf, snapshot, TempDir, writeFile } from "./_temp.ts";
import { CAN_MOUNT, Tmpfs } from "./_tmpfs.ts";

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

Deno.test("makeDirectory() throws when the parent is missing or a file", () => {
  using temp = new TempDir();
  temp.write("file");
  assertThrows(() => makeDirectory(`${temp.path}/none/a`, 0o755), Deno.errors.NotFound);
  assertThrows(() => makeDirectory(`${temp.path}/file/a`, 0o755), Error);
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
    const made: string[] = [];
    assertThrows(
      () => makeDirectory(`${temp.path}/a`, 0o755, { made }),
      Error,
      `${temp.path}/a is not a directory`,
    );
    assertEquals([snapshot(temp.path), made], [before, []]);
  });
}

Deno.test("makeDirectory() and makeFile() tell what they made, and nothing else", () => {
  using temp = new TempDir();
  temp.mkdir("old");
  const made: string[] = [];
  for (const name of ["old", "new"]) makeDirectory(`${temp.path}/${name}`, 0o755, { made });
  makeFile(`${temp.path}/new/file`, "", 0o644, { made });
  assertThrows(() => makeFile(`${temp.path}/new/file`, "", 0o644, { made }), Error);
  assertEquals(made, [`${temp.path}/new`, `${temp.path}/new/file`]);
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

Deno.test("replaceFile() replaces a symlink, not its target", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/run`);
  replaceFile(`${temp.path}/run`, "new", 0o755, `${temp.path}/beside`);
  assertEquals(Deno.readTextFileSync(target), "kept");
  assert(Deno.lstatSync(`${temp.path}/run`).isFile);
  assertEquals(Deno.readTextFileSync(`${temp.path}/run`), "new");
});

Deno.test("replaceFile() gets over what an interrupted run left where it writes first", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/beside`);
  replaceFile(`${temp.path}/run`, "new", 0o755, `${temp.path}/beside`);
  assertEquals(Deno.readTextFileSync(target), "kept");
  assertEquals([...Deno.readDirSync(temp.path)].map((e) => e.name).sort(), ["run", "target"]);
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

Deno.test("giveTo() takes being refused (EPERM: not root)", async () => {
  using temp = new TempDir();
  temp.write("file");
  const { code, stderr } = await runScript(
    `
    import { giveTo } from "../lib/_fs.ts";
    giveTo("file", { uid: 12345, gid: 12345 });
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(Deno.lstatSync(`${temp.path}/file`).uid, Deno.uid());
});

Deno.test("giveTo() throws any other failure", async () => {
  using temp = new TempDir();
  const owner = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
  assertThrows(() => giveTo(`${temp.path}/none`, owner), Deno.errors.NotFound);
  temp.mkdir("shut");
  writeFile(`${temp.path}/shut/file`, "");
  Deno.chmodSync(`${temp.path}/shut`, 0);
  const { code, stderr } = await runScript(
    `
    import { giveTo } from "../lib/_fs.ts";
    giveTo("shut/file", { uid: 12345, gid: 12345 });
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "PermissionDenied");
});

Deno.test({
  name: "giveTo() never swallows Deno's NotCapable",
  permissions: { write: false },
  fn() {
    assertThrows(() => giveTo("/", { uid: 0, gid: 0 }), Deno.errors.NotCapable);
  },
});

Deno.test({
  name: "giveTo() lets what is no refusal (a read-only file system) surface (only root can mount)",
  ignore: !CAN_MOUNT,
  fn() {
    using temp = new TempDir();
    using tmpfs = new Tmpfs(temp.mkdir("mount"), "size=64k");
    temp.write("mount/file");
    tmpfs.grow("ro");
    const error = assertThrows(
      () => giveTo(`${temp.path}/mount/file`, { uid: 10000, gid: 10000 }),
      Error,
    );
    assertStringIncludes(error.message, "Read-only file system");
  },
});

Deno.test("giveAll() without an owner does nothing", () => {
  giveAll(["/none/at all"], undefined);
});

Deno.test({
  name: "what is made and then given away has its exact mode and owner, as root with CAP_CHOWN " +
    "alone (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const { code, stderr } = await runScript(
      `
      import { giveAll, makeDirectory, makeFile, replaceFile } from "../lib/_fs.ts";
      const owner = { uid: 10000, gid: 10000 };
      const made = [];
      makeDirectory("shut", 0o700, { made });
      makeDirectory("shut/event", 0o3730, { made });
      makeFile("shut/event/run", "", 0o755, { made });
      giveAll(made, owner);
      replaceFile("replaced", "", 0o755, "beside", owner);
      `,
      { cwd: temp.path, capabilities: "chown", umask: "077" },
    );
    assertEquals([code, stderr], [0, ""]);
    const line = (name: string) => {
      const { uid, gid } = Deno.lstatSync(`${temp.path}/${name}`);
      return `${modeOf(`${temp.path}/${name}`).toString(8)} ${uid}:${gid}`;
    };
    assertEquals(["shut", "shut/event", "shut/event/run", "replaced"].map(line), [
      ...["700 10000:10000", "3730 10000:10000", "755 10000:10000", "755 10000:10000"],
    ]);
    assert(!exists(`${temp.path}/beside`));
  },
});

Deno.test("lstatIfPresent() does not follow a symlink and takes absence, but nothing else", () => {
  using temp = new TempDir();
  Deno.symlinkSync(temp.write("file"), `${temp.path}/link`);
  assertEquals(lstatIfPresent(`${temp.path}/link`)?.isSymlink, true);
  assertEquals(lstatIfPresent(`${temp.path}/none`), undefined);
  assertThrows(() => lstatIfPresent(`${temp.path}/file/below`), Error);
});
