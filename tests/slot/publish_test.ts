import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { publish } from "../../lib/slot/publish.ts";
import { type LockedScandir, lockScandir } from "../../lib/slot/scandir.ts";
import { SKELETON_DIRECTORIES } from "../../lib/slot/skeleton.ts";
import { expectedOutcomes, planSlot, type Slot } from "../../lib/slot/slot.ts";
import { assertWholeSlot, COUNT_EXECS, runScript, visible } from "../_fixtures.ts";
import { clockTick, exists, snapshot, TempDir } from "../_temp.ts";
import { apply, applyLocked, plan, slotOf, words } from "./_apply.ts";

const slot = slotOf("coder");

/** A locked scandir with slots in it. */
async function makeScandir(temp: TempDir, ...slots: Slot[]): Promise<LockedScandir> {
  const scandir = await lockScandir(temp.mkdir("scandir"));
  applyLocked(scandir, slots);
  return scandir;
}

/** A slot that cannot be built. */
function unbuildable(profile: string): Slot {
  const files = { ...slotOf(profile).files };
  Object.defineProperty(files, "logRun", {
    get() {
      throw new Error("no more");
    },
  });
  return { ...slotOf(profile), files };
}

Deno.test("publish() makes whole slots of what was rendered, with exact modes, and leaves others alone", async () => {
  using temp = new TempDir();
  assertEquals(await apply(temp.path, [slotOf("idle", true)]), ["idle created"]);
  assertEquals(await apply(temp.path, [slotOf("up"), slot]), ["up created", "coder created"]);
  assertWholeSlot(`${temp.path}/gateway-up`, { down: false });
  assertWholeSlot(`${temp.path}/gateway-idle`, { down: true });
  const text = (name: string) => Deno.readTextFileSync(`${temp.path}/gateway-coder/${name}`);
  assertEquals(
    { type: text("type"), run: text("run"), finish: text("finish"), logRun: text("log/run") },
    slot.files,
  );
});

Deno.test("publish() makes a slot whose s6-supervise is hermes without a skeleton, and runs nothing for it", async () => {
  using temp = new TempDir();
  const { stdout, stderr } = await runScript(`
    ${COUNT_EXECS}
    import { publish } from "../../lib/slot/publish.ts";
    import { lockScandir } from "../../lib/slot/scandir.ts";
    import { gatewaySlot, planSlot } from "../../lib/slot/slot.ts";
    using scandir = await lockScandir("${temp.path}");
    const slots = ["a", "b"].map((profile) =>
      gatewaySlot({ profile, home: "/opt/data", drops: false }, profile === "b")
    );
    const outcomes = publish(scandir, slots.map((slot) => planSlot(slot, undefined)));
    console.log(execs, ...outcomes.values());
  `);
  assertEquals([stdout, stderr], ["0 created created\n", ""]);
  for (const name of ["a", "b"]) {
    assertWholeSlot(`${temp.path}/gateway-${name}`, { down: name === "b", drops: false });
  }
});

const inode = (path: string) => Deno.lstatSync(path).ino;

Deno.test("publish() has new slots share what is the same in all of them, and nothing else", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slotOf("a", true), slotOf("b", true)]);
  const [a, b] = [`${temp.path}/gateway-a`, `${temp.path}/gateway-b`];
  for (const name of ["type", "finish", "down"]) {
    assertEquals(inode(`${a}/${name}`), inode(`${b}/${name}`));
  }
  for (const name of ["run", "log/run"]) {
    assertNotEquals(inode(`${a}/${name}`), inode(`${b}/${name}`));
  }
});

Deno.test("publish() mends a shared file that was edited in place in every slot, and removes one from one slot only", async () => {
  using temp = new TempDir();
  const slots = ["a", "b", "c"].map((name) => slotOf(name, true));
  await apply(temp.path, slots);
  Deno.writeTextFileSync(`${temp.path}/gateway-b/finish`, "# edited\n", { append: true });
  assertEquals(await apply(temp.path, slots), ["a refreshed", "b refreshed", "c refreshed"]);
  for (const { name, files } of slots) {
    assertEquals(Deno.readTextFileSync(`${temp.path}/${name}/finish`), files.finish);
  }
  const turned = [slotOf("a"), ...slots.slice(1)];
  assertEquals(await apply(temp.path, turned), ["a refreshed", "b unchanged", "c unchanged"]);
  assertWholeSlot(`${temp.path}/gateway-a`, { down: false });
  assertWholeSlot(`${temp.path}/gateway-b`, { down: true });
});

Deno.test("publish() publishes the others when one cannot be built, and those do not miss its files", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  Deno.writeTextFileSync(`${scandir.openStaging().path}/gateway-b`, "in the way");
  const slots = [unbuildable("a"), slotOf("b"), slotOf("c"), slotOf("d")];
  const outcomes = applyLocked(scandir, slots);
  assert(slots.slice(0, 2).every((one) => outcomes.get(one) instanceof Error));
  assertEquals(visible(scandir.path), ["gateway-c", "gateway-d"]);
  assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
  for (const name of ["c", "d"]) {
    assertWholeSlot(`${scandir.path}/gateway-${name}`, { down: false });
  }
});

Deno.test("publish() publishes the others when the place of one has been taken since it was planned", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  const slots = [slotOf("a"), slotOf("b"), slotOf("c")];
  Deno.writeTextFileSync(`${scandir.path}/gateway-b`, "kept");
  const outcomes = publish(scandir, slots.map((one) => planSlot(one, undefined)));
  assert(slots.every((one, i) => outcomes.get(one) instanceof Error === (i === 1)));
  assertEquals(Deno.readTextFileSync(`${scandir.path}/gateway-b`), "kept");
  for (const name of ["a", "c"]) {
    assertWholeSlot(`${scandir.path}/gateway-${name}`, { down: false });
  }
});

Deno.test("publish() finds the one slot whose FIFO cannot be made, and says what mkfifo said of it", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp);
  // A name this long is a legal file name but makes the FIFO's path too long for mkfifo.
  const deep = `${scandir.openStaging().path}/${`${"d".repeat(200)}/`.repeat(19)}`;
  Deno.mkdirSync(deep, { recursive: true });
  const base = deep.slice(0, -1);
  const long = slotOf("x".repeat(4095 - base.length - "/gateway-/log/supervise/event".length));
  const openStaging = () => ({ ...scandir.openStaging(), path: base });
  const slots = [slotOf("a"), long, slotOf("b")];
  const outcomes = publish(
    { ...scandir, openStaging },
    slots.map((one) => planSlot(one, undefined)),
  );
  assertEquals(slots.map((one) => outcomes.get(one) instanceof Error), [false, true, false]);
  const failure = outcomes.get(long);
  assert(failure instanceof Error && failure.message.includes("File name too long"));
  for (const name of ["a", "b"]) {
    assertWholeSlot(`${scandir.path}/gateway-${name}`, { down: false });
  }
  assertEquals([...Deno.readDirSync(base)], []);
});

Deno.test("publish() without a staging directory has an error for each new slot, and keeps the others", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slotOf("a")]);
  using scandir = await lockScandir(temp.path);
  const openStaging = () => {
    throw new Error("in the way");
  };
  const slots = [slotOf("a"), slotOf("b"), slotOf("c")];
  const outcomes = applyLocked({ ...scandir, openStaging }, slots);
  assertEquals(slots.map((one) => outcomes.get(one) instanceof Error), [false, true, true]);
  assertEquals(visible(temp.path), ["gateway-a"]);
});

Deno.test("publish() of a slot that is right changes nothing, and makes no staging directory", async () => {
  using temp = new TempDir();
  const path = temp.mkdir("scandir");
  await apply(path, [slot, slotOf("idle", true)]);
  using scandir = await lockScandir(path);
  const before = snapshot(path, { exact: true });
  await clockTick();
  const openStaging = () => {
    throw new Error("opened");
  };
  const outcomes = applyLocked({ ...scandir, openStaging }, [slot, slotOf("idle", true)]);
  assertEquals(words(outcomes), ["coder unchanged", "idle unchanged"]);
  assertEquals(snapshot(path, { exact: true }), before);
});

const spoilt: [what: string, spoil: (dir: string) => void][] = [
  ["an edited run", (dir) => Deno.writeTextFileSync(`${dir}/run`, "#!/bin/sh\n")],
  ["a log/run of another mode", (dir) => Deno.chmodSync(`${dir}/log/run`, 0o777)],
  ["a finish that is a symlink", (dir) => {
    Deno.removeSync(`${dir}/finish`);
    Deno.symlinkSync("../../target", `${dir}/finish`);
  }],
  ["a down file", (dir) => Deno.writeTextFileSync(`${dir}/down`, "")],
  ["no logger", (dir) => Deno.removeSync(`${dir}/log`, { recursive: true })],
  ["no event", (dir) => Deno.removeSync(`${dir}/event`)],
  ["no FIFO", (dir) => Deno.removeSync(`${dir}/supervise/control`)],
  ["no supervise tree of its logger", (dir) => {
    Deno.removeSync(`${dir}/log/supervise`, { recursive: true });
  }],
];

for (const [what, spoil] of spoilt) {
  Deno.test(`publish() refreshes a slot with ${what} as a dry run says, keeps its skeleton, and is then done`, async () => {
    using temp = new TempDir();
    const target = temp.write("target", "kept");
    using scandir = await makeScandir(temp, slot);
    const dir = `${scandir.path}/gateway-coder`;
    const kept = ["", "/supervise", "/supervise/event"];
    const inodes = () => kept.map((path) => inode(dir + path));
    const before = inodes();
    spoil(dir);
    const spoiled = snapshot(temp.path, { exact: true });
    assertEquals(words(expectedOutcomes(plan(scandir.path, [slot]).plans)), ["coder refreshed"]);
    assertEquals(snapshot(temp.path, { exact: true }), spoiled);
    assertEquals(words(applyLocked(scandir, [slot])), ["coder refreshed"]);
    assertWholeSlot(dir, { down: false });
    assertEquals([inodes(), Deno.readTextFileSync(target)], [before, "kept"]);
    assertEquals(words(applyLocked(scandir, [slot])), ["coder unchanged"]);
  });
}

Deno.test("publish() has an error for a slot that cannot be refreshed, leaves nothing beside, and goes on", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slotOf("a"), slotOf("b"));
  const path = `${scandir.path}/gateway-a/run`;
  Deno.removeSync(path);
  Deno.mkdirSync(`${path}/inside`, { recursive: true });
  Deno.removeSync(`${scandir.path}/gateway-b/run`);
  const slots = [slotOf("a"), slotOf("b"), slotOf("c")];
  const [a = "", ...others] = words(applyLocked(scandir, slots));
  assert(!a.endsWith("refreshed"), a);
  assertEquals(others, ["b refreshed", "c created"]);
  assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
});

for (const path of ["log", ...SKELETON_DIRECTORIES.flatMap(([path]) => [path, `log/${path}`])]) {
  Deno.test(`publish() refuses a ${path} that is a symlink and makes nothing where it leads, even if it came late`, async () => {
    using temp = new TempDir();
    using scandir = await makeScandir(temp, slot);
    const target = temp.mkdir("target");
    const planted = `${scandir.path}/gateway-coder/${path}`;
    Deno.removeSync(planted, { recursive: true });
    const { plans } = plan(scandir.path, [slot]);
    Deno.symlinkSync(target, planted);
    const before = snapshot(target);
    assert(publish(scandir, plans).get(slot) instanceof Error);
    const early = words(applyLocked(scandir, [slot]));
    assertEquals(early, [`coder gateway-coder/${path} is not a directory`]);
    assertEquals(snapshot(target), before);
  });
}

Deno.test("publish() makes nothing where a FIFO that is a symlink leads", async () => {
  using temp = new TempDir();
  using scandir = await makeScandir(temp, slot);
  const dir = `${scandir.path}/gateway-coder`;
  for (const half of ["", "log/"]) {
    Deno.removeSync(`${dir}/${half}supervise/control`);
    Deno.symlinkSync(`${temp.path}/planted`, `${dir}/${half}supervise/control`);
  }
  Deno.removeSync(`${dir}/event`);
  assertEquals(words(applyLocked(scandir, [slot])), ["coder refreshed"]);
  assert(!exists(`${temp.path}/planted`));
});

Deno.test({
  name: "publish() never swallows Deno's NotCapable",
  permissions: { read: true, write: true, run: false, sys: true },
  async fn() {
    using temp = new TempDir();
    using scandir = await lockScandir(temp.mkdir("scandir"));
    assertThrows(() => applyLocked(scandir, [slot]), Deno.errors.NotCapable);
    assertEquals(visible(scandir.path), []);
  },
});
