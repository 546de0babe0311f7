import fc from "fast-check";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { IS_ROOT } from "../_fixtures.ts";
import { type Outcome, runSync } from "../_temp.ts";
import { volume as arbitrary } from "./_arbitraries.ts";
import { buildWorlds, makePool, type Pool, type World } from "./_build.ts";
import { assertBootLog, assertOutcome, assertScandir } from "./_check.ts";
import { HERMES, Installation } from "./_install.ts";
import { expectedOf } from "./_oracle.ts";
import { assertNothingElseChanged, traces } from "./_traces.ts";
import type { Volume } from "./_volume.ts";

const CHUNK = 8;
/** After which a boot counts as hanging, in milliseconds. */
const BOUND_MS = 10_000;

/** The seed of a suite: `HERMES_TEST_SEED`, or the one it always uses. */
export function testSeed(): number {
  const text = Deno.env.get("HERMES_TEST_SEED") ?? "20261122";
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`HERMES_TEST_SEED: expected a number: ${text}`);
  return seed;
}

function readIfPresent(path: string): string {
  try {
    return Deno.lstatSync(path).isFile ? Deno.readTextFileSync(path) : "";
  } catch {
    return "";
  }
}

function boot(installation: Installation, { home, scandir }: World, volume: Volume) {
  const { profiles, shard, multiplex, topology, version } = volume.rules;
  return installation.run(RECONCILE_PROFILES, { home, scandir }, {
    args: volume.json ? ["--json"] : [],
    env: {
      HERMES_GATEWAY_PROFILES: profiles,
      HERMES_GATEWAY_SHARD: shard,
      GATEWAY_MULTIPLEX_PROFILES: multiplex,
      HERMES_GATEWAY_TOPOLOGY: topology,
      hermes_version: version,
    },
    timeoutMs: BOUND_MS,
  });
}

/** Boots once more; but for how long it took it says the same. */
async function assertSame(installation: Installation, world: World, volume: Volume, old: Outcome) {
  const again = await boot(installation, world, volume);
  const timeless = (text: string) => text.replace(/in \d+ ms\n$/, "");
  if (again.code !== old.code || timeless(again.stdout) !== timeless(old.stdout)) {
    throw new Error(`the second boot differs:\n${again.stdout}\n${old.stdout}`);
  }
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > 300 ? `${value.slice(0, 20)}...` : value;
}

/** Tries the homes of some seeds at once; the error names the first that failed. */
async function tryChunk(installation: Installation, pool: Pool, seeds: number[]): Promise<number> {
  using temp = installation.workDir();
  const volumes = seeds.map((seed) => fc.sample(arbitrary, { seed, numRuns: 1 })[0] as Volume);
  const worlds = buildWorlds(temp, pool, volumes);
  if (IS_ROOT) runSync("chown", "-hR", `${HERMES.uid}:${HERMES.gid}`, temp.path);
  const each = async <T>(act: (world: World, volume: Volume, index: number) => Promise<T>) => {
    const results: T[] = [];
    for (const [index, world] of worlds.entries()) {
      const volume = volumes[index] as Volume;
      try {
        results.push(await act(world, volume, index));
      } catch (error) {
        const words = `${error instanceof Error ? error.message : error}\n`;
        throw new Error(
          `hostile home: repeat with HERMES_TEST_SEED=${seeds[index]}: ${words}` +
            JSON.stringify(volume, shorten),
        );
      }
    }
    return results;
  };
  const dirs = worlds.flatMap(({ home, canary }) => [home, canary]);
  const before = await traces(dirs);
  const done = await each(async (world, volume) => ({
    log: readIfPresent(`${world.home}/logs/container-boot.log`),
    outcome: await boot(installation, world, volume),
  }));
  const after = await traces(dirs);
  await each(async (world, volume, index) => {
    const { log, outcome } = done[index]!;
    const expected = expectedOf(volume);
    assertOutcome(outcome, expected, volume.json);
    assertScandir(world.scandir, expected);
    assertNothingElseChanged(world, expected, before, after);
    assertBootLog(world, expected, log);
    if (!volume.twice) return;
    await assertSame(installation, world, volume, outcome);
    assertScandir(world.scandir, expected);
  });
  return volumes.reduce((sum, volume) => sum + volume.profiles.length + 1, 0);
}

/**
 * Boots random hostile homes, each as hermes with exactly the stage's flags,
 * and compares what it says and does with the oracle.
 *
 * @param count How many.
 * @param seed Which.
 * @returns What was tried, in words.
 */
export async function tryHomes(count: number, seed: number): Promise<string> {
  using installation = new Installation();
  const pool = makePool(installation.dir);
  let next = 0;
  let profiles = 0;
  const lane = async () => {
    while (next < count) {
      // A seed of its own for every home: any can be tried alone.
      const seeds = Array.from({ length: Math.min(CHUNK, count - next) }, () => seed + next++);
      profiles += await tryChunk(installation, pool, seeds);
    }
  };
  const lanes = Array.from({ length: navigator.hardwareConcurrency }, lane);
  for (const result of await Promise.allSettled(lanes)) {
    if (result.status === "rejected") throw result.reason;
  }
  return `${count} hostile homes with ${profiles} profiles, seed ${seed}`;
}
