import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { applySlots, gatewaySlot, previewSlots } from "../../lib/slot/publish.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import type { Slot } from "../../lib/slot/slot.ts";
import { assertWholeSlot, mkfifo, visible } from "../_fixtures.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

/** Applies slots to a scandir under a lock of its own. */
async function apply(path: string, slots: Slot[]) {
  using scandir = await lockScandir(path);
  return applySlots(scandir, slots);
}

function slot(profile: string, down = false): Slot {
  return { name: `gateway-${profile}`, files: renderSlot({ profile, home: "/opt/data" }), down };
}

Deno.test("applySlots() tells created, refreshed and unchanged slots apart", async () => {
  using temp = new TempDir();
  assertEquals([...await apply(temp.path, [slot("a"), slot("b")])], [
    ["gateway-a", "created"],
    ["gateway-b", "created"],
  ]);
  const outcomes = await apply(temp.path, [slot("a"), slot("b", true), slot("c")]);
  assertEquals([...outcomes].sort(), [
    ["gateway-a", "unchanged"],
    ["gateway-b", "refreshed"],
    ["gateway-c", "created"],
  ]);
  assertWholeSlot(`${temp.path}/gateway-b`, { down: true });
});

Deno.test("applySlots() has an error for the slot it concerns, and the others are there", async () => {
  using temp = new TempDir();
  temp.write("gateway-b", "in the way");
  const outcomes = await apply(temp.path, [slot("a"), slot("b"), slot("c")]);
  assert(outcomes.get("gateway-b") instanceof Error);
  assertEquals([outcomes.get("gateway-a"), outcomes.get("gateway-c")], ["created", "created"]);
  for (const name of ["a", "c"]) assertWholeSlot(`${temp.path}/gateway-${name}`, { down: false });
});

Deno.test("applySlots() leaves slots it was not given alone", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slot("a")]);
  await apply(temp.path, [slot("b")]);
  assertEquals(visible(temp.path), ["gateway-a", "gateway-b"]);
});

Deno.test("applySlots() refuses a slot that is a symlink to a directory and leaves that alone", async () => {
  using temp = new TempDir();
  const target = temp.mkdir("target");
  temp.mkdir("scandir");
  Deno.symlinkSync(target, `${temp.path}/scandir/gateway-a`);
  const outcomes = await apply(`${temp.path}/scandir`, [slot("a")]);
  const failure = outcomes.get("gateway-a");
  assert(failure instanceof Error);
  assertStringIncludes(failure.message, "is not a directory");
  assertEquals([...Deno.readDirSync(target)], []);
});

Deno.test("applySlots() has an error for a slot that cannot be refreshed, and goes on with the others", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slot("a"), slot("b")]);
  const path = `${temp.path}/gateway-a/run`;
  Deno.removeSync(path);
  Deno.mkdirSync(`${path}/inside`, { recursive: true });
  Deno.removeSync(`${temp.path}/gateway-b/run`);
  const outcomes = await apply(temp.path, [slot("a"), slot("b"), slot("c")]);
  assert(outcomes.get("gateway-a") instanceof Error);
  assertEquals([outcomes.get("gateway-b"), outcomes.get("gateway-c")], ["refreshed", "created"]);
});

Deno.test("applySlots() without a staging directory has an error for each new slot, and keeps the others", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slot("a")]);
  using scandir = await lockScandir(temp.path);
  temp.write(".hermes/staging", "in the way");
  const outcomes = applySlots(scandir, [slot("a"), slot("b"), slot("c")]);
  assertEquals(outcomes.get("gateway-a"), "unchanged");
  for (const name of ["gateway-b", "gateway-c"]) assert(outcomes.get(name) instanceof Error);
  assertEquals(visible(temp.path), ["gateway-a"]);
});

Deno.test({
  name: "applySlots() never swallows Deno's NotCapable",
  permissions: { read: true, write: true, run: false, sys: true },
  async fn() {
    using temp = new TempDir();
    using scandir = await lockScandir(temp.mkdir("scandir"));
    assertThrows(() => applySlots(scandir, [slot("a")]), Deno.errors.NotCapable);
    assertEquals(visible(scandir.path), []);
  },
});

Deno.test("previewSlots() of a scandir that does not exist creates every slot, and makes nothing", () => {
  using temp = new TempDir();
  const outcomes = previewSlots(`${temp.path}/none`, [slot("a"), slot("b", true)]);
  assertEquals([...outcomes], [["gateway-a", "created"], ["gateway-b", "created"]]);
  assert(!exists(`${temp.path}/none`));
});

Deno.test("previewSlots() says what applySlots() does, and writes nothing", async () => {
  using temp = new TempDir();
  await apply(temp.path, ["same", "down", "edited", "bare"].map((name) => slot(name)));
  Deno.writeTextFileSync(`${temp.path}/gateway-edited/run`, "");
  Deno.removeSync(`${temp.path}/gateway-bare/log`, { recursive: true });
  temp.write("gateway-file", "in the way");
  Deno.symlinkSync(`${temp.path}/gateway-same`, `${temp.path}/gateway-link`);
  const slots = [
    slot("down", true),
    ...["same", "edited", "bare", "file", "link", "new"].map((name) => slot(name)),
  ];
  const before = snapshot(temp.path, { exact: true });
  const preview = previewSlots(temp.path, slots);
  assertEquals(snapshot(temp.path, { exact: true }), before);
  const words = (outcomes: typeof preview) =>
    [...outcomes].map(([name, outcome]) =>
      `${name} ${outcome instanceof Error ? outcome.message : outcome}`
    ).sort();
  assertEquals(words(preview), [
    ...["gateway-bare refreshed", "gateway-down refreshed", "gateway-edited refreshed"],
    "gateway-file gateway-file in the scandir is not a directory",
    "gateway-link gateway-link in the scandir is not a directory",
    ...["gateway-new created", "gateway-same unchanged"],
  ]);
  assertEquals(words(await apply(temp.path, slots)), words(preview));
});

Deno.test({
  name: "previewSlots() never swallows Deno's NotCapable",
  permissions: { read: false },
  fn() {
    assertThrows(() => previewSlots("/run/service", [slot("a")]), Deno.errors.NotCapable);
  },
});

/** A slot of this suite, and the warnings about it. */
function described(): [slot: (home: string) => Slot, warnings: string[]] {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return [(home) => gatewaySlot("a", home, false, warn), warnings];
}

Deno.test("gatewaySlot() keeps the environment of a slot that is there, in both passes over it", async () => {
  using temp = new TempDir();
  const extraEnv = { A: "it's\n$(id)", B: "" };
  const files = (home: string) => renderSlot({ profile: "a", home, extraEnv });
  await apply(temp.path, [{ name: "gateway-a", files: files("/old"), down: false }]);
  const [describe, warnings] = described();
  const run = () => Deno.readTextFileSync(`${temp.path}/gateway-a/run`);

  assertEquals([...previewSlots(temp.path, [describe("/old")]).values()], ["unchanged"]);
  assertEquals([...(await apply(temp.path, [describe("/old")])).values()], ["unchanged"]);
  assertEquals([...previewSlots(temp.path, [describe("/new")]).values()], ["refreshed"]);
  assertEquals([...(await apply(temp.path, [describe("/new")])).values()], ["refreshed"]);
  assertEquals(run(), files("/new").run);
  Deno.chmodSync(`${temp.path}/gateway-a/run`, 0o644);
  assertEquals([...(await apply(temp.path, [describe("/new")])).values()], ["refreshed"]);
  assertEquals(run(), files("/new").run);
  assertWholeSlot(`${temp.path}/gateway-a`, { down: false });
  assertEquals(warnings, []);
});

const unreadable: [what: string, spoil: (run: string) => void, why: string][] = [
  ["of somebody else's", (run) => Deno.writeTextFileSync(run, "#!/bin/sh\n"), "not made by this"],
  ["that is a FIFO", (run) => mkfifo(run), "not a regular small file"],
  ["that is a symlink", (run) => Deno.symlinkSync("finish", run), "not a regular small file"],
  ["over 1 MiB", (run) => Deno.writeFileSync(run, new Uint8Array((1 << 20) + 1)), "not a regular"],
];

for (const [what, spoil, why] of unreadable) {
  Deno.test(`gatewaySlot() replaces a run ${what}, with a warning`, async () => {
    using temp = new TempDir();
    const [describe, warnings] = described();
    await apply(temp.path, [describe("/opt/data")]);
    const run = `${temp.path}/gateway-a/run`;
    const before = Deno.readTextFileSync(run);
    Deno.removeSync(run);
    spoil(run);
    assertEquals([...(await apply(temp.path, [describe("/opt/data")])).values()], ["refreshed"]);
    assertEquals(Deno.readTextFileSync(run), before);
    assertWholeSlot(`${temp.path}/gateway-a`, { down: false });
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0] ?? "", `profile=a: no environment is kept: run: ${why}`);
  });
}

Deno.test("gatewaySlot() restores a run that is gone without a warning", async () => {
  using temp = new TempDir();
  const [describe, warnings] = described();
  await apply(temp.path, [describe("/opt/data")]);
  Deno.removeSync(`${temp.path}/gateway-a/run`);
  await apply(temp.path, [describe("/opt/data")]);
  assertWholeSlot(`${temp.path}/gateway-a`, { down: false });
  assertEquals(warnings, []);
});
