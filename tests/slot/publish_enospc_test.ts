import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type LockedScandir, lockScandir } from "../../lib/slot/scandir.ts";
import { assertWholeSlot, visible } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";
import { CAN_MOUNT, Tmpfs } from "../_tmpfs.ts";
import { apply, applyLocked, slotOf } from "./_apply.ts";

const SLOTS = Array.from({ length: 13 }, (_, i) => slotOf(`p${i}`));

/** A test of a scandir on a tmpfs of its own. */
function tmpfsTest(name: string, options: string, fn: (tmpfs: Tmpfs) => Promise<void>): void {
  Deno.test({
    name: `${name} (only root can mount a tmpfs)`,
    ignore: !CAN_MOUNT,
    async fn() {
      using temp = new TempDir();
      using tmpfs = new Tmpfs(temp.mkdir("scandir"), options);
      await fn(tmpfs);
    },
  });
}

function fill(act: () => void): void {
  try {
    act();
  } catch {
    // As intended: nothing is free.
  }
}

/** Publishes what fits, and returns the names of what did. */
function publishWhatFits(scandir: LockedScandir): string[] {
  const outcomes = [...applyLocked(scandir, SLOTS)];
  assertEquals(outcomes.length, SLOTS.length);
  const fit = outcomes.filter(([, outcome]) => outcome === "created").map(([{ name }]) => name);
  for (const [, outcome] of outcomes.filter(([{ name }]) => !fit.includes(name))) {
    assert(outcome instanceof Error);
    assertStringIncludes(outcome.message, "No space left on device");
  }
  assertEquals(visible(scandir.path), fit.toSorted());
  for (const name of fit) assertWholeSlot(`${scandir.path}/${name}`, { down: false });
  return fit;
}

// A slot takes some 16 KiB in pages and some 13 inodes.
tmpfsTest(
  "publish() to a scandir out of bytes publishes the slots that fit, and the rest once it has grown",
  "size=100k",
  async (tmpfs) => {
    using scandir = await lockScandir(tmpfs.path);
    const fit = publishWhatFits(scandir);
    assert(fit.length > 3 && fit.length < SLOTS.length, `${fit.length} fit`);
    const inodes = () => fit.map((name) => Deno.lstatSync(`${tmpfs.path}/${name}`).ino);
    const before = inodes();
    tmpfs.grow("size=4m");
    applyLocked(scandir, SLOTS);
    for (const { name } of SLOTS) assertWholeSlot(`${tmpfs.path}/${name}`, { down: false });
    assertEquals(inodes(), before);
  },
);

Deno.test({
  name: "publish() to a scandir out of inodes publishes the slots that fit, however few are left " +
    "for FIFOs (only root can mount a tmpfs)",
  ignore: !CAN_MOUNT,
  async fn() {
    for (let inodes = 100; inodes < 115; inodes++) {
      using temp = new TempDir();
      using tmpfs = new Tmpfs(temp.mkdir("scandir"), `size=4m,nr_inodes=${inodes}`);
      using scandir = await lockScandir(tmpfs.path);
      const fit = publishWhatFits(scandir).length;
      assert(fit > 3 && fit < SLOTS.length, `${fit} fit into ${inodes} inodes`);
    }
  },
});

tmpfsTest(
  "publish() to a scandir without a free inode leaves out the new slot alone",
  "size=4m,nr_inodes=60",
  async ({ path }) => {
    const [old = slotOf("none"), late = slotOf("none")] = SLOTS;
    await apply(path, [old]);
    const before = snapshot(`${path}/${old.name}`, { exact: true });
    fill(() => {
      for (let i = 0;; i++) Deno.writeTextFileSync(`${path}/.fill${i}`, "");
    });
    const [first, second = ""] = await apply(path, [old, late]);
    assertEquals(first, "p0 unchanged");
    assertStringIncludes(second, "p1 No space left on device");
    assertEquals(visible(path), [old.name]);
    assertEquals(snapshot(`${path}/${old.name}`, { exact: true }), before);
  },
);

tmpfsTest(
  "publish() that finds the scandir full leaves the old files of a slot whole",
  "size=64k",
  async (tmpfs) => {
    const slot = slotOf("coder");
    const { path } = tmpfs;
    await apply(path, [slot]);
    const run = `${path}/${slot.name}/run`;
    Deno.writeTextFileSync(run, "#!/bin/sh\nexec old\n");
    fill(() => Deno.writeFileSync(`${path}/.fill`, new Uint8Array(1 << 20)));
    assertStringIncludes((await apply(path, [slot])).join(), "No space left on device");
    assertEquals(Deno.readTextFileSync(run), "#!/bin/sh\nexec old\n");
    assertWholeSlot(`${path}/${slot.name}`, { down: false });
    tmpfs.grow("size=4m");
    assertEquals(await apply(path, [slot]), ["coder refreshed"]);
    assertEquals(Deno.readTextFileSync(run), slot.files.run);
  },
);
