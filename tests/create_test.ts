import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { giveTo, makeDirectory, makeFile, removeIfPresent, replaceFile } from "../lib/create.ts";
import { IS_ROOT, runScript } from "./_fixtures.ts";
import { exists, modeOf, snapshot, TempDir, writeFile } from "./_temp.ts";

for (const umask of ["000", "022", "077"]) {
  Deno.test(`makeDirectory(), makeFile() and replaceFile() give exact modes under umask ${umask}`, async () => {
    using temp = new TempDir();
    const { code, stderr } = await runScript(
      `
      import { makeDirectory, makeFile, replaceFile } from "../lib/create.ts";
      makeDirectory("event", 0o3730, {});
      makeDirectory("plain", 0o755, {});
      makeFile("file", "", 0o644, {});
      makeFile("script", "", 0o755, {});
      replaceFile("replaced", "", 0o755, {});
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
  assertEquals(makeDirectory(`${temp.path}/a`, 0o700, {}), true);
  assertEquals(makeDirectory(`${temp.path}/a`, 0o755, {}), false);
  assertEquals(modeOf(`${temp.path}/a`), 0o700);
});

Deno.test("makeDirectory() throws when the parent is missing or a file", () => {
  using temp = new TempDir();
  temp.write("file");
  assertThrows(() => makeDirectory(`${temp.path}/none/a`, 0o755, {}), Deno.errors.NotFound);
  assertThrows(() => makeDirectory(`${temp.path}/file/a`, 0o755, {}), Error);
});

Deno.test("makeFile() never writes over or through what is there", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/link`);
  for (const name of ["target", "link"]) {
    assertThrows(
      () => makeFile(`${temp.path}/${name}`, "new", 0o644, {}),
      Deno.errors.AlreadyExists,
    );
  }
  assertEquals(Deno.readTextFileSync(target), "kept");
});

Deno.test("replaceFile() replaces a symlink, not its target", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/run`);
  replaceFile(`${temp.path}/run`, "new", 0o755, {});
  assertEquals(Deno.readTextFileSync(target), "kept");
  assert(Deno.lstatSync(`${temp.path}/run`).isFile);
  assertEquals(Deno.readTextFileSync(`${temp.path}/run`), "new");
});

Deno.test("replaceFile() gets over what an interrupted run left beside the file", () => {
  using temp = new TempDir();
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/run.new`);
  replaceFile(`${temp.path}/run`, "new", 0o755, {});
  assertEquals(Deno.readTextFileSync(target), "kept");
  assertEquals([...Deno.readDirSync(temp.path)].map((e) => e.name).sort(), ["run", "target"]);
});

Deno.test("replaceFile() that fails leaves the file as it was and nothing beside it", () => {
  using temp = new TempDir();
  temp.mkdir("run");
  temp.write("run/inside");
  const before = snapshot(temp.path);
  assertThrows(() => replaceFile(`${temp.path}/run`, "new", 0o755, {}), Error);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("replaceFile() puts a new file in place, so that a reader of the old one is undisturbed", () => {
  using temp = new TempDir();
  const path = temp.write("run", "old");
  using reader = Deno.openSync(path);
  replaceFile(path, "new and longer", 0o755, {});
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
    import { giveTo } from "../lib/create.ts";
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
    import { giveTo } from "../lib/create.ts";
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
  name: "makeDirectory() chmods before it chowns (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const { code, stderr } = await runScript(
      `
      import { makeDirectory, makeFile } from "../lib/create.ts";
      const owner = { uid: 10000, gid: 10000 };
      makeDirectory("event", 0o3730, { owner });
      makeFile("run", "", 0o755, { owner });
      `,
      { cwd: temp.path, capabilities: "chown", umask: "077" },
    );
    assertEquals([code, stderr], [0, ""]);
    const line = (name: string) => {
      const { uid, gid } = Deno.lstatSync(`${temp.path}/${name}`);
      return `${modeOf(`${temp.path}/${name}`).toString(8)} ${uid}:${gid}`;
    };
    assertEquals([line("event"), line("run")], ["3730 10000:10000", "755 10000:10000"]);
  },
});
