import { assert } from "@std/assert";
import {
  firstReconcile,
  killAfterDelays,
  register,
  secondReconcile,
  unregister,
} from "./_crash.ts";
import { Installation } from "./_install.ts";
import { killRecorder, RECORD_INTENT } from "./_intent.ts";
import { killAtEveryStep, type Stepped } from "./_stepper.ts";

const KILLED: readonly [what: string, stepped: Stepped][] = [
  ["a reconcile that makes slots", { ...firstReconcile(3), stride: 3 }],
  ["a reconcile that refreshes slots", { ...secondReconcile(2), stride: 2 }],
  ["a register", { ...register(2), stride: 3 }],
  ["an unregister", { ...unregister(2), stride: 3 }],
  ["a recording of an intent", RECORD_INTENT],
];

for (const [what, stepped] of KILLED) {
  Deno.test(`${what}, killed at any step, leaves nothing half and the next one converges`, async () => {
    using installation = new Installation();
    const kills = await killAtEveryStep(stepped, () => installation.workDir());
    assert(kills > 0);
    console.log(`tried ${kills} kills`);
  });
}

Deno.test("02, killed after any delay, leaves no half slot and the next pass converges", async () => {
  using installation = new Installation();
  const { kills, between } = await killAfterDelays(installation, { profiles: 50, rounds: 16 });
  console.log(`tried ${kills} kills, ${between} of them amid the publishing`);
});

Deno.test("gateway_state.json is never torn while its writer is killed again and again", async () => {
  using installation = new Installation();
  using temp = installation.workDir();
  console.log(`tried 8 kills and ${await killRecorder(temp, 8)} looks`);
});
