import { assertEquals } from "@std/assert";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { clearUnregistered, isUnregistered, unregister } from "../../lib/slot/unregistered.ts";
import { visible } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const SLOT = "gateway-coder";

Deno.test("unregister() takes a slot away, if it is there, and that is known until it is cleared", async () => {
  using temp = new TempDir();
  const known = () => isUnregistered(temp.path, SLOT);
  assertEquals(known(), false);
  temp.mkdir(SLOT);
  for (const left of [1, 1]) {
    using scandir = await lockScandir(temp.path);
    unregister(scandir, SLOT);
    assertEquals([visible(temp.path), scandir.retired().length, known()], [[], left, true]);
  }
  clearUnregistered(temp.path, SLOT);
  clearUnregistered(temp.path, SLOT);
  assertEquals(known(), false);
});
