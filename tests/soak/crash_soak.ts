import {
  firstReconcile,
  killAfterDelays,
  register,
  secondReconcile,
  unregister,
} from "../hostile/_crash.ts";
import { Installation } from "../hostile/_install.ts";
import { killRecorder } from "../hostile/_intent.ts";
import { killWhileScanning } from "../hostile/_live_crash.ts";
import { killAtEveryStep, type Stepped } from "../hostile/_stepper.ts";
import { liveTest, SUPERVISIONS } from "../live/_live.ts";

const KILLED: readonly [what: string, stepped: Stepped][] = [
  ["a reconcile that makes 50 slots", { ...firstReconcile(50), stride: 3 }],
  ["a reconcile that refreshes 50 slots", { ...secondReconcile(50), stride: 3 }],
  ["a register beside 50 slots", register(50)],
  ["an unregister beside 50 slots", unregister(50)],
];

for (const [what, stepped] of KILLED) {
  Deno.test(`${what}, killed at any step, leaves nothing half and the next one converges`, async () => {
    using installation = new Installation();
    console.log(`tried ${await killAtEveryStep(stepped, () => installation.workDir())} kills`);
  });
}

Deno.test("02, killed after hundreds of delays, leaves no half slot and the next pass converges", async () => {
  using installation = new Installation();
  const { kills, between } = await killAfterDelays(installation, { profiles: 50, rounds: 300 });
  console.log(`tried ${kills} kills, ${between} of them amid the publishing`);
});

Deno.test("gateway_state.json is never torn while its writer is killed hundreds of times", async () => {
  using installation = new Installation();
  using temp = installation.workDir();
  console.log(`tried 200 kills and ${await killRecorder(temp, 200)} looks`);
});

for (const mode of SUPERVISIONS) {
  liveTest(`${mode}: reconciles that are killed leave nothing half supervised`, async () => {
    console.log(`tried ${await killWhileScanning(mode, 60)}`);
  });
}
