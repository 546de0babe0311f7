import { assertEquals } from "@std/assert";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import {
  clearUnregistered,
  isUnregistered,
  keptEnv,
  unregister,
} from "../../lib/slot/unregistered.ts";
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

Deno.test("unregister() keeps a slot's environment, for nobody else to read, until it is cleared", async () => {
  using temp = new TempDir();
  const extraEnv = { TOKEN: "it's" };
  assertEquals(keptEnv(temp.path, SLOT), {});
  temp.mkdir(SLOT);
  temp.write(`${SLOT}/run`, renderSlot({ profile: "coder", home: "/opt/data", extraEnv }).run);
  for (const _ of ["there", "gone"]) {
    using scandir = await lockScandir(temp.path);
    unregister(scandir, SLOT);
    assertEquals(keptEnv(temp.path, SLOT), extraEnv);
  }
  const { mode } = Deno.lstatSync(`${temp.path}/.hermes/run-${SLOT}`);
  assertEquals((mode ?? 0) & 0o777, 0o600);
  clearUnregistered(temp.path, SLOT);
  assertEquals(keptEnv(temp.path, SLOT), {});
});
