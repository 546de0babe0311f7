import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { applySlots } from "../../lib/slot/publish.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import type { Slot } from "../../lib/slot/slot.ts";
import { assertWholeSlot } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const SHARED = ["type", "finish", "down"];

function slot(profile: string): Slot {
  const files = renderSlot({ profile, home: "/opt/data" });
  return { name: `gateway-${profile}`, files, down: true };
}

async function apply(path: string, slots: readonly Slot[]) {
  using scandir = await lockScandir(path);
  return applySlots(scandir, slots);
}

const inode = (path: string) => Deno.lstatSync(path).ino;

Deno.test("new slots share what is the same in all of them, and nothing else", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slot("a"), slot("b")]);
  const [a, b] = [`${temp.path}/gateway-a`, `${temp.path}/gateway-b`];
  for (const name of SHARED) assertEquals(inode(`${a}/${name}`), inode(`${b}/${name}`));
  for (const name of ["run", "log/run"]) {
    assertNotEquals(inode(`${a}/${name}`), inode(`${b}/${name}`));
  }
});

Deno.test("a shared file that was edited in place is mended in every slot", async () => {
  using temp = new TempDir();
  const slots = [slot("a"), slot("b"), slot("c")];
  await apply(temp.path, slots);
  Deno.writeTextFileSync(`${temp.path}/gateway-b/finish`, "# edited\n", { append: true });
  const outcomes = await apply(temp.path, slots);
  assertEquals([...outcomes.values()], ["refreshed", "refreshed", "refreshed"]);
  for (const { name, files } of slots) {
    assertEquals(Deno.readTextFileSync(`${temp.path}/${name}/finish`), files.finish);
  }
  assertEquals([...(await apply(temp.path, slots)).values()], slots.map(() => "unchanged"));
});

Deno.test("removing a shared file from one slot leaves it in the others", async () => {
  using temp = new TempDir();
  await apply(temp.path, [slot("a"), slot("b")]);
  const outcomes = await apply(temp.path, [{ ...slot("a"), down: false }, slot("b")]);
  assertEquals([...outcomes.values()], ["refreshed", "unchanged"]);
  assertWholeSlot(`${temp.path}/gateway-a`, { down: false });
  assertWholeSlot(`${temp.path}/gateway-b`, { down: true });
});

Deno.test("a slot that cannot be staged does not take those down that would share its files", async () => {
  using temp = new TempDir();
  const broken = { ...slot("a").files };
  Object.defineProperty(broken, "logRun", {
    get() {
      throw new Error("no more");
    },
  });
  const slots = [{ ...slot("a"), files: broken }, slot("b"), slot("c")];
  const outcomes = await apply(temp.path, slots);
  assert(outcomes.get("gateway-a") instanceof Error);
  for (const name of ["gateway-b", "gateway-c"]) {
    assertWholeSlot(`${temp.path}/${name}`, { down: true });
  }
});
