import { liveTest } from "../live/_live.ts";
import { killWhileScanning } from "./_live_crash.ts";

liveTest("s6-svscan never supervises a staging directory while reconciles are killed", async () => {
  console.log(`tried ${await killWhileScanning(12)}`);
});
