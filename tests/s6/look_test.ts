import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { runLook } from "../../lib/s6/look.ts";
import { LOOK } from "../../lib/s6/places.ts";
import { REPO } from "../_fixtures.ts";
import { modeOf, TempDir } from "../_temp.ts";

const program = `${REPO}/rootfs${LOOK}`;

Deno.test("LOOK is a program of the image", () => {
  assertEquals(modeOf(program) & 0o555, 0o555);
});

Deno.test("runLook() tells what runs, and what room there is", async () => {
  using temp = new TempDir();
  const { all, space } = await runLook({ program, dirs: [temp.path] });
  assertEquals([all.get(Deno.pid)?.program, space[0]?.path], ["deno", temp.path]);
});

Deno.test("runLook() knows nothing where that takes too long", async () => {
  using temp = new TempDir();
  const slow = temp.write("slow", "#!/bin/sh\nexec sleep 60\n", 0o755);
  const before = performance.now();
  assertEquals((await runLook({ program: slow, timeoutMs: 50 })).all.size, 0);
  assertLess(performance.now() - before, 30_000);
});

Deno.test("runLook() throws where the program is not", async () => {
  await assertRejects(() => runLook({ program: "/none" }), Deno.errors.NotFound);
});
