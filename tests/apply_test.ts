import { assert, assertEquals } from "@std/assert";
import { applySlots } from "../lib/apply.ts";
import { renderSlot } from "../lib/render.ts";
import { lockScandir } from "../lib/scandir.ts";
import type { Slot } from "../lib/slot.ts";
import { assertWholeSlot, visible } from "./_fixtures.ts";
import { TempDir } from "./_temp.ts";

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
