// Runs as stage 02 does, with its permissions, and prints where its time goes.
import { bootLogLines } from "../lib/boot/log.ts";
import { lockScandir } from "../lib/slot/scandir.ts";
import { makeFifos } from "../lib/slot/skeleton.ts";
import { stageSlot } from "../lib/slot/publish.ts";
import { planVolume } from "../lib/boot/plan.ts";

/** Milliseconds by phase. */
export type Phases = Record<"reading" | "building" | "mkfifo" | "publishing" | "logging", number>;

function measurePhases(home: string, path: string, staging: string, modesHold: boolean): Phases {
  let last = performance.now();
  const lap = () => -last + (last = performance.now());
  const { profiles } = planVolume(home, () => {});
  const reading = lap();
  const slots = profiles.flatMap(({ slot }) => slot ?? []);
  const twins = new Map<string, string>();
  const fifos = slots.flatMap((slot) => stageSlot(staging, slot, { modesHold, twins }));
  const building = lap();
  makeFifos(fifos);
  const mkfifo = lap();
  for (const { name } of slots) Deno.renameSync(`${staging}/${name}`, `${path}/${name}`);
  const publishing = lap();
  bootLogLines(profiles.map(({ action }) => action), new Date());
  return { reading, building, mkfifo, publishing, logging: lap() };
}

if (import.meta.main) {
  const [home = "", scandir = ""] = Deno.args;
  using locked = await lockScandir(scandir);
  const { path, modesHold } = locked.openStaging();
  console.log(JSON.stringify(measurePhases(home, scandir, path, modesHold)));
}
