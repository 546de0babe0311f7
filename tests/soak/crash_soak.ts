import { TempDir } from "../_temp.ts";
import { firstReconcile, register, secondReconcile, unregister } from "../hostile/_crash.ts";
import { killAtEveryStep, type Stepped } from "../hostile/_stepper.ts";

const KILLED: readonly [what: string, stepped: Stepped][] = [
  ["a reconcile that makes 50 slots", firstReconcile(50)],
  ["a reconcile that refreshes 50 slots", secondReconcile(50)],
  ["a register beside 50 slots", register(50)],
  ["an unregister beside 50 slots", unregister(50)],
];

for (const [what, stepped] of KILLED) {
  Deno.test(`${what}, killed at any step, leaves nothing half and the next one converges`, async () => {
    console.log(`tried ${await killAtEveryStep(stepped, () => new TempDir())} kills`);
  });
}
