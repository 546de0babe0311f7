import { assert } from "@std/assert";
import { TempDir } from "../_temp.ts";
import {
  firstReconcile,
  killBesideMkfifo,
  RECORD_DESIRED_STATE,
  register,
  secondReconcile,
  unregister,
} from "./_crash.ts";
import { killAtEveryStep, type Stepped } from "./_stepper.ts";

const KILLED: readonly [what: string, stepped: Stepped][] = [
  ["a reconcile that makes slots", firstReconcile(3)],
  ["a reconcile that makes slots for hermes's s6-supervise", firstReconcile(3, { drops: false })],
  ["a reconcile that refreshes slots", secondReconcile(2)],
  ["a register", register(2)],
  ["an unregister", unregister(2)],
  ["a recording of what is wanted", RECORD_DESIRED_STATE],
];

for (const [what, stepped] of KILLED) {
  Deno.test(`${what}, killed at any step, leaves nothing half and the next one converges`, async () => {
    const kills = await killAtEveryStep(stepped, () => new TempDir());
    assert(kills > 0);
    console.log(`tried ${kills} kills`);
  });
}

Deno.test("a reconcile that is killed while its mkfifo goes on is in nobody's way, and leaves nothing once that has ended", async () => {
  using temp = new TempDir();
  await killBesideMkfifo(temp);
});
