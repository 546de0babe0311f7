import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { renderSlot } from "../lib/render.ts";
import { createSlots, refreshSlot, type Slot, stageSlot } from "../lib/slot.ts";
import { assertWholeSlot, IS_ROOT, visible } from "./_fixtures.ts";
import { clockTick, exists, modeOf, snapshot, TempDir } from "./_temp.ts";

function slot(profile: string, down = false): Slot {
  return { name: `gateway-${profile}`, files: renderSlot({ profile, home: "/opt/data" }), down };
}

/** A scandir with its staging directory, and one published slot per given name. */
function makeScandir(temp: TempDir, ...slots: Slot[]): { scandir: string; staging: string } {
  const scandir = temp.mkdir("scandir");
  const staging = temp.mkdir("scandir/.staging");
  assertEquals(createSlots(scandir, staging, slots, {}), new Map());
  return { scandir, staging };
}

Deno.test("createSlots() publishes whole slots with DESIGN's layout and modes", () => {
  using temp = new TempDir();
  const { scandir, staging } = makeScandir(temp, slot("up"), slot("idle", true));
  assertWholeSlot(`${scandir}/gateway-up`, { down: false });
  assertWholeSlot(`${scandir}/gateway-idle`, { down: true });
  assertEquals([...Deno.readDirSync(staging)], []);
});

Deno.test("createSlots() writes what was rendered", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const files = renderSlot({ profile: "coder", home: "/opt/data" });
  const text = (name: string) => Deno.readTextFileSync(`${scandir}/gateway-coder/${name}`);
  assertEquals(
    { type: text("type"), run: text("run"), finish: text("finish"), logRun: text("log/run") },
    files,
  );
});

Deno.test("createSlots() publishes the others when one cannot be staged", () => {
  using temp = new TempDir();
  const { scandir, staging } = makeScandir(temp);
  Deno.writeTextFileSync(`${staging}/gateway-b`, "in the way");
  const failed = createSlots(scandir, staging, [slot("a"), slot("b"), slot("c")], {});
  assertEquals([...failed.keys()], ["gateway-b"]);
  assertEquals(visible(scandir), ["gateway-a", "gateway-c"]);
  assertWholeSlot(`${scandir}/gateway-c`, { down: false });
});

Deno.test("createSlots() publishes the others when one target is taken", () => {
  using temp = new TempDir();
  const { scandir, staging } = makeScandir(temp);
  Deno.writeTextFileSync(`${scandir}/gateway-b`, "kept");
  const failed = createSlots(scandir, staging, [slot("a"), slot("b"), slot("c")], {});
  assertEquals([...failed.keys()], ["gateway-b"]);
  assertEquals(Deno.readTextFileSync(`${scandir}/gateway-b`), "kept");
  assertWholeSlot(`${scandir}/gateway-a`, { down: false });
  assertWholeSlot(`${scandir}/gateway-c`, { down: false });
});

Deno.test("createSlots() finds the one slot whose FIFO cannot be made", () => {
  using temp = new TempDir();
  const { scandir, staging } = makeScandir(temp);
  // A name this long is a legal file name but makes the FIFO's path too long for mkfifo.
  const deep = `${staging}/${`${"d".repeat(200)}/`.repeat(19)}`;
  Deno.mkdirSync(deep, { recursive: true });
  const base = deep.slice(0, -1);
  const room = 4095 - base.length - "/gateway-/log/supervise/event".length;
  const long = "x".repeat(room);
  const failed = createSlots(scandir, base, [slot("a"), slot(long), slot("b")], {});
  assertEquals([...failed.keys()], [`gateway-${long}`]);
  assertWholeSlot(`${scandir}/gateway-a`, { down: false });
  assertWholeSlot(`${scandir}/gateway-b`, { down: false });
  assertEquals([...Deno.readDirSync(base)], []);
});

Deno.test({
  name: "createSlots() never swallows Deno's NotCapable",
  permissions: { read: true, write: true, run: false, sys: true },
  fn() {
    using temp = new TempDir();
    const scandir = temp.mkdir("scandir");
    const staging = temp.mkdir("scandir/.staging");
    assertThrows(
      () => createSlots(scandir, staging, [slot("a")], {}),
      Deno.errors.NotCapable,
    );
    assertEquals(visible(scandir), []);
  },
});

Deno.test("stageSlot() leaves nothing behind when it fails", () => {
  using temp = new TempDir();
  const files = { ...slot("a").files };
  Object.defineProperty(files, "logRun", {
    get() {
      throw new Error("no more");
    },
  });
  assertThrows(() => stageSlot(temp.path, { ...slot("a"), files }, {}), Error, "no more");
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

Deno.test("refreshSlot() on a slot that is right changes nothing", async () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder", true));
  const before = snapshot(scandir, { exact: true });
  await clockTick();
  assertEquals(refreshSlot(scandir, slot("coder", true), {}), false);
  assertEquals(snapshot(scandir, { exact: true }), before);
});

Deno.test("refreshSlot() restores edited, missing and non-executable files and keeps the skeleton", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const dir = `${scandir}/gateway-coder`;
  const expected = snapshot(dir);
  const inodes = () =>
    ["", "/supervise", "/supervise/control", "/log/supervise/control"].map((path) =>
      Deno.lstatSync(dir + path).ino
    );
  const before = inodes();
  Deno.writeTextFileSync(`${dir}/run`, "#!/bin/sh\nexec evil\n");
  Deno.chmodSync(`${dir}/finish`, 0o644);
  Deno.removeSync(`${dir}/type`);
  Deno.chmodSync(`${dir}/log/run`, 0o777);
  assertEquals(refreshSlot(scandir, slot("coder"), {}), true);
  assertEquals(snapshot(dir), expected);
  assertEquals(inodes(), before);
});

Deno.test("refreshSlot() restores a file of the same size", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const path = `${scandir}/gateway-coder/run`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, text.replace("hermes", "herpes"));
  refreshSlot(scandir, slot("coder"), {});
  assertEquals(Deno.readTextFileSync(path), text);
});

Deno.test("refreshSlot() replaces a run file that is a symlink and leaves its target alone", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const target = temp.write("target", "kept");
  const path = `${scandir}/gateway-coder/run`;
  Deno.removeSync(path);
  Deno.symlinkSync(target, path);
  refreshSlot(scandir, slot("coder"), {});
  assertEquals(Deno.readTextFileSync(target), "kept");
  assertWholeSlot(`${scandir}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() adds and removes down", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  assertEquals(refreshSlot(scandir, slot("coder", true), {}), true);
  assertWholeSlot(`${scandir}/gateway-coder`, { down: true });
  assertEquals(refreshSlot(scandir, slot("coder"), {}), true);
  assertWholeSlot(`${scandir}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() gives a slot without a logger its logger", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  Deno.removeSync(`${scandir}/gateway-coder/log`, { recursive: true });
  refreshSlot(scandir, slot("coder"), {});
  assertWholeSlot(`${scandir}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() refuses a log that is a symlink and leaves its target alone", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const target = temp.mkdir("target");
  const log = `${scandir}/gateway-coder/log`;
  Deno.removeSync(log, { recursive: true });
  Deno.symlinkSync(target, log);
  const error = assertThrows(() => refreshSlot(scandir, slot("coder"), {}), Error);
  assertStringIncludes(error.message, "not a directory");
  assertEquals([...Deno.readDirSync(target)], []);
});

Deno.test("refreshSlot() throws when a file cannot be replaced", () => {
  using temp = new TempDir();
  const { scandir } = makeScandir(temp, slot("coder"));
  const path = `${scandir}/gateway-coder/finish`;
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "");
  assertThrows(() => refreshSlot(scandir, slot("coder"), {}), Error);
  assert(!exists(`${path}.new`));
});

Deno.test({
  name: "slots go to the owner, also what a refresh makes anew (only root can give away)",
  ignore: !IS_ROOT,
  fn() {
    using temp = new TempDir();
    const scandir = temp.mkdir("scandir");
    const staging = temp.mkdir("scandir/.staging");
    const create = { owner: { uid: 10000, gid: 10000 } };
    assertEquals(createSlots(scandir, staging, [slot("coder")], create), new Map());
    assertWholeSlot(`${scandir}/gateway-coder`, { down: false, uid: 10000 });
    Deno.removeSync(`${scandir}/gateway-coder/supervise/control`);
    refreshSlot(scandir, slot("coder", true), create);
    assertWholeSlot(`${scandir}/gateway-coder`, { down: true, uid: 10000 });
    assertEquals(modeOf(`${scandir}/gateway-coder/down`), 0o644);
  },
});
