import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { renderSlot } from "../../lib/slot/render.ts";
import { type LockedScandir, lockScandir } from "../../lib/slot/scandir.ts";
import { createSlots, isCurrent, refreshSlot, type Slot, stageSlot } from "../../lib/slot/slot.ts";
import { SKELETON_DIRECTORIES } from "../../lib/slot/skeleton.ts";
import { assertWholeSlot, IS_ROOT, visible } from "../_fixtures.ts";
import { clockTick, exists, modeOf, snapshot, TempDir } from "../_temp.ts";

function slot(profile: string, down = false): Slot {
  return { name: `gateway-${profile}`, files: renderSlot({ profile, home: "/opt/data" }), down };
}

/** A locked scandir with one published slot per given one. */
async function makeScandir(temp: TempDir, ...slots: Slot[]): Promise<LockedScandir> {
  const scandir = await lockScandir(temp.mkdir("scandir"));
  assertEquals(create(scandir, ...slots), new Map());
  return scandir;
}

function create(scandir: LockedScandir, ...slots: Slot[]): Map<string, Error> {
  return createSlots(scandir.path, scandir.openStaging(), slots);
}

Deno.test("createSlots() publishes whole slots with their layout and modes", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("up"), slot("idle", true));
  assertWholeSlot(`${scandir.path}/gateway-up`, { down: false });
  assertWholeSlot(`${scandir.path}/gateway-idle`, { down: true });
  assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
});

Deno.test("createSlots() writes what was rendered", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const files = renderSlot({ profile: "coder", home: "/opt/data" });
  const text = (name: string) => Deno.readTextFileSync(`${scandir.path}/gateway-coder/${name}`);
  assertEquals(
    { type: text("type"), run: text("run"), finish: text("finish"), logRun: text("log/run") },
    files,
  );
});

Deno.test("createSlots() publishes the others when one cannot be staged", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  Deno.writeTextFileSync(`${scandir.openStaging().path}/gateway-b`, "in the way");
  const failed = create(scandir, slot("a"), slot("b"), slot("c"));
  assertEquals([...failed.keys()], ["gateway-b"]);
  assertEquals(visible(scandir.path), ["gateway-a", "gateway-c"]);
  assertWholeSlot(`${scandir.path}/gateway-c`, { down: false });
});

Deno.test("createSlots() publishes the others when one target is taken", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  Deno.writeTextFileSync(`${scandir.path}/gateway-b`, "kept");
  const failed = create(scandir, slot("a"), slot("b"), slot("c"));
  assertEquals([...failed.keys()], ["gateway-b"]);
  assertEquals(Deno.readTextFileSync(`${scandir.path}/gateway-b`), "kept");
  assertWholeSlot(`${scandir.path}/gateway-a`, { down: false });
  assertWholeSlot(`${scandir.path}/gateway-c`, { down: false });
});

Deno.test("createSlots() finds the one slot whose FIFO cannot be made", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  // A name this long is a legal file name but makes the FIFO's path too long for mkfifo.
  const deep = `${scandir.openStaging().path}/${`${"d".repeat(200)}/`.repeat(19)}`;
  Deno.mkdirSync(deep, { recursive: true });
  const base = deep.slice(0, -1);
  const room = 4095 - base.length - "/gateway-/log/supervise/event".length;
  const long = "x".repeat(room);
  const staging = { ...scandir.openStaging(), path: base };
  const failed = createSlots(scandir.path, staging, [slot("a"), slot(long), slot("b")]);
  assertEquals([...failed.keys()], [`gateway-${long}`]);
  assertWholeSlot(`${scandir.path}/gateway-a`, { down: false });
  assertWholeSlot(`${scandir.path}/gateway-b`, { down: false });
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
      () => createSlots(scandir, { path: staging, modesHold: false }, [slot("a")]),
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
  assertThrows(() => stageSlot(temp.path, { ...slot("a"), files }), Error, "no more");
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

Deno.test("refreshSlot() on a slot that is right changes nothing", async () => {
  using temp = new TempDir();
  (await makeScandir(temp, slot("coder", true)))[Symbol.dispose]();
  using scandir = await lockScandir(`${temp.path}/scandir`);
  const before = snapshot(scandir.path, { exact: true });
  await clockTick();
  assertEquals(refreshSlot(scandir, slot("coder", true)), false);
  assertEquals(snapshot(scandir.path, { exact: true }), before);
});

Deno.test("refreshSlot() restores edited, missing and non-executable files and keeps the skeleton", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const dir = `${scandir.path}/gateway-coder`;
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
  assertEquals(refreshSlot(scandir, slot("coder")), true);
  assertEquals(snapshot(dir), expected);
  assertEquals(inodes(), before);
});

Deno.test("refreshSlot() restores a file of the same size", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const path = `${scandir.path}/gateway-coder/run`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, text.replace("hermes", "herpes"));
  refreshSlot(scandir, slot("coder"));
  assertEquals(Deno.readTextFileSync(path), text);
});

Deno.test("refreshSlot() replaces a run file that is a symlink and leaves its target alone", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const target = temp.write("target", "kept");
  const path = `${scandir.path}/gateway-coder/run`;
  Deno.removeSync(path);
  Deno.symlinkSync(target, path);
  refreshSlot(scandir, slot("coder"));
  assertEquals(Deno.readTextFileSync(target), "kept");
  assertWholeSlot(`${scandir.path}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() adds and removes down", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  assertEquals(refreshSlot(scandir, slot("coder", true)), true);
  assertWholeSlot(`${scandir.path}/gateway-coder`, { down: true });
  assertEquals(refreshSlot(scandir, slot("coder")), true);
  assertWholeSlot(`${scandir.path}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() gives a slot without a logger its logger", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  Deno.removeSync(`${scandir.path}/gateway-coder/log`, { recursive: true });
  refreshSlot(scandir, slot("coder"));
  assertWholeSlot(`${scandir.path}/gateway-coder`, { down: false });
});

Deno.test("refreshSlot() refuses a log that is a symlink and leaves its target alone", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const target = temp.mkdir("target");
  const log = `${scandir.path}/gateway-coder/log`;
  Deno.removeSync(log, { recursive: true });
  Deno.symlinkSync(target, log);
  const error = assertThrows(() => refreshSlot(scandir, slot("coder")), Error);
  assertStringIncludes(error.message, "not a directory");
  assertEquals([...Deno.readDirSync(target)], []);
});

Deno.test("refreshSlot() throws when a file cannot be replaced", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  const path = `${scandir.path}/gateway-coder/finish`;
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  Deno.writeTextFileSync(`${path}/file`, "");
  assertThrows(() => refreshSlot(scandir, slot("coder")), Error);
  assert(!exists(`${path}.new`));
  assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
});

for (const half of ["", "log/"]) {
  for (const [path] of SKELETON_DIRECTORIES) {
    Deno.test(`refreshSlot() refuses a ${half}${path} that is a symlink and makes nothing where it leads`, async () => {
      using temp = new TempDir();
      using scandir = await makeScandir(temp, slot("coder"));
      const target = temp.mkdir("target");
      const planted = `${scandir.path}/gateway-coder/${half}${path}`;
      Deno.removeSync(planted, { recursive: true });
      Deno.symlinkSync(target, planted);
      const before = snapshot(target);
      const error = assertThrows(() => refreshSlot(scandir, slot("coder")), Error);
      assertStringIncludes(error.message, `${planted} is not a directory`);
      assertEquals(snapshot(target), before);
    });
  }

  Deno.test(`refreshSlot() makes nothing where a ${half}supervise/control that is a symlink leads`, async () => {
    using temp = new TempDir();
    using scandir = await makeScandir(temp, slot("coder"));
    const planted = `${scandir.path}/gateway-coder/${half}supervise/control`;
    Deno.removeSync(planted);
    Deno.symlinkSync(`${temp.path}/planted`, planted);
    refreshSlot(scandir, slot("coder"));
    assert(!exists(`${temp.path}/planted`));
  });
}

Deno.test("refreshSlot() makes no staging directory for a slot that is right", async () => {
  using temp = new TempDir();
  (await makeScandir(temp, slot("coder")))[Symbol.dispose]();
  using scandir = await lockScandir(`${temp.path}/scandir`);
  const open = () => {
    throw new Error("opened");
  };
  assertEquals(refreshSlot({ ...scandir, openStaging: open }, slot("coder")), false);
});

const spoilt: [what: string, spoil: (dir: string) => void][] = [
  ["an edited run", (dir) => Deno.writeTextFileSync(`${dir}/run`, "")],
  ["a run of the same size", (dir) => {
    const text = Deno.readTextFileSync(`${dir}/run`);
    Deno.writeTextFileSync(`${dir}/run`, text.replace("hermes", "herpes"));
  }],
  ["no finish", (dir) => Deno.removeSync(`${dir}/finish`)],
  ["a log/run of another mode", (dir) => Deno.chmodSync(`${dir}/log/run`, 0o777)],
  ["no logger", (dir) => Deno.removeSync(`${dir}/log`, { recursive: true })],
  ["a down file", (dir) => Deno.writeTextFileSync(`${dir}/down`, "")],
  ["a type that is a symlink to its like", (dir) => {
    Deno.renameSync(`${dir}/type`, `${dir}/../type`);
    Deno.symlinkSync("../type", `${dir}/type`);
  }],
];

for (const [what, spoil] of spoilt) {
  Deno.test(`isCurrent() tells a slot with ${what} from one that is right, and changes nothing`, async () => {
    using temp = new TempDir();
    using scandir = await makeScandir(temp, slot("coder"));
    assertEquals(isCurrent(scandir.path, slot("coder")), true);
    spoil(`${scandir.path}/gateway-coder`);
    const before = snapshot(scandir.path, { exact: true });
    assertEquals(isCurrent(scandir.path, slot("coder")), false);
    assertEquals(snapshot(scandir.path, { exact: true }), before);
    assertEquals(refreshSlot(scandir, slot("coder")), true);
    assertEquals(isCurrent(scandir.path, slot("coder")), true);
  });
}

Deno.test("isCurrent() asks for a down file where there should be one", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot("coder"));
  assertEquals(isCurrent(scandir.path, slot("coder", true)), false);
  refreshSlot(scandir, slot("coder", true));
  assertEquals(isCurrent(scandir.path, slot("coder", true)), true);
});

Deno.test({
  name: "slots go to the owner, also what a refresh makes anew (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const owner = { uid: 10000, gid: 10000 };
    using scandir = await lockScandir(temp.mkdir("scandir"), { owner });
    assertEquals(create(scandir, slot("coder")), new Map());
    const dir = `${scandir.path}/gateway-coder`;
    assertWholeSlot(dir, { down: false, uid: 10000 });
    Deno.removeSync(`${dir}/supervise/control`);
    refreshSlot(scandir, slot("coder", true));
    assertWholeSlot(dir, { down: true, uid: 10000 });
    assertEquals(modeOf(`${dir}/down`), 0o644);
    Deno.removeSync(`${dir}/log`, { recursive: true });
    refreshSlot(scandir, slot("coder", true));
    assertWholeSlot(dir, { down: true, uid: 10000 });
  },
});
