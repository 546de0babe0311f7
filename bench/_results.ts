import { measure, type Program, type Tools, trace } from "./_measure.ts";
import { type Spread, spreadOf } from "./_statistics.ts";
import { reconcileScenes, type Scene, Suite, superviseScene } from "./_worlds.ts";

/** What is known of one scene. */
export interface Result {
  title: string;
  /** How many services, profiles or slots. */
  size: number;
  runs: number;
  ms: Spread;
  /** Peak memory in KiB; `null` where it cannot be had. */
  peakKiB: number | null;
  /** Programs started; `null` without strace. */
  started: number | null;
  /** System calls on files, descriptors and processes; `null` without strace. */
  calls: Record<string, number> | null;
}

/** The title of the scene that every start is compared with. */
export const BARE = "deno run empty.ts";

/** How much is measured. */
export interface Extent {
  services: readonly number[];
  profiles: readonly number[];
  /** How often; a large world is measured a quarter as often. */
  rounds: number;
  /** The titles of the scenes that are measured. Default: all. */
  titles?: ReadonlySet<string>;
  /** The sizes whose scenes are run once more under strace, which is slow. */
  traced: readonly number[];
}

const LARGE = 200;

/** Makes every scene, each in a world of its own. */
async function makeScenes(
  suite: Suite,
  dir: string,
  floor: string | undefined,
  extent: Extent,
): Promise<Scene[]> {
  const bare = suite.bare();
  const scenes: Scene[] = [
    { title: BARE, size: 0, program: bare, prepare: () => Promise.resolve() },
    ...extent.services.map((size) => superviseScene(suite, `${dir}/015-${size}`, size)),
  ];
  for (const size of extent.profiles) {
    scenes.push(...await reconcileScenes(suite, `${dir}/02-${size}`, size, floor));
  }
  return scenes.filter(({ title }) => extent.titles?.has(title) ?? true);
}

async function startedBy(program: Program): Promise<Pick<Result, "started" | "calls">> {
  return await trace(program) ?? { started: null, calls: null };
}

/**
 * Measures, every scene in turn and that many times over, so that what
 * disturbs the machine disturbs all of them.
 *
 * @param dir An empty directory.
 * @param tools The C programs that could be compiled.
 * @param extent How much.
 * @param progress Told how far it is.
 * @returns One result per scene.
 */
export async function measureAll(
  dir: string,
  tools: Tools,
  extent: Extent,
  progress: (text: string) => void,
): Promise<Result[]> {
  const suite = await Suite.install(`${dir}/hermes-boot`);
  const scenes = await makeScenes(suite, dir, tools.reconcile, extent);
  const runs = new Map(
    scenes.map((scene) => [scene, [] as { ms: number; peakKiB: number | null }[]]),
  );
  const warmUp = -1;
  for (let round = warmUp; round < extent.rounds; round++) {
    progress(`round ${round + 1} of ${extent.rounds}`);
    for (const scene of scenes) {
      if (scene.size > LARGE && round % 4 !== 0 && round !== warmUp) continue;
      await scene.prepare();
      const run = await measure(scene.program, tools.measure);
      if (round !== warmUp) runs.get(scene)?.push(run);
    }
  }
  const results: Result[] = [];
  for (const [{ title, size, program, prepare }, taken] of runs) {
    const traced = extent.traced.includes(size);
    if (traced) {
      progress(`system calls of ${title} ${size}`);
      await prepare();
    }
    const peaks = taken.flatMap(({ peakKiB }) => peakKiB ?? []);
    results.push({
      title,
      size,
      runs: taken.length,
      ms: spreadOf(taken.map(({ ms }) => ms)),
      peakKiB: peaks.length > 0 ? spreadOf(peaks).median : null,
      ...traced ? await startedBy(program) : { started: null, calls: null },
    });
  }
  return results;
}

/** Finds a scene's result. */
export function resultOf(results: readonly Result[], title: string, size: number): Result {
  const result = results.find((one) => one.title === title && one.size === size);
  if (result === undefined) throw new Error(`not measured: ${title} ${size}`);
  return result;
}

/** What one more of its things costs a scene, in microseconds; `null` where only one size was measured. */
export function perItemUs(results: readonly Result[], { title, size, ms }: Result): number | null {
  const smallest = results.find((one) => one.title === title);
  if (smallest === undefined || smallest.size >= size) return null;
  return (ms.median - smallest.ms.median) * 1000 / (size - smallest.size);
}
