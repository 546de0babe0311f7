import { liveTest, SUPERVISIONS } from "../live/_live.ts";
import { killWhileScanning } from "./_live_crash.ts";

for (const mode of SUPERVISIONS) {
  liveTest(`${mode}: reconciles that are killed leave nothing half supervised`, async () => {
    console.log(`tried ${await killWhileScanning(mode, 12)}`);
  });
}
