import fc from "fast-check";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { IS_ROOT } from "../_fixtures.ts";
import { runSync } from "../_temp.ts";
import { volume as arbitrary } from "./_arbitraries.ts";
import { buildWorlds, makePool, type Pool, type World } from "./_build.ts";
import { assertBootLog, assertOutcome, assertScandir } from "./_check.ts";
import { HERMES, Installation } from "./_install.ts";
import { expectedOf } from "./_oracle.ts";
import type { RuleTexts } from "./_rules_oracle.ts";
import { assertNothingElseChanged, type Traces, traces } from "./_traces.ts";
import type { Volume } from "./_volume.ts";

const CHUNK = 8;
/** After which a boot counts as hanging, in milliseconds. */
const BOUND_MS = 10_000;

/** How many homes to try, and which. */
export interface HomesOptions {
  count: number;
  seed: number;
}

/** The seed of a suite: `HERMES_TEST_SEED`, or the one it always uses. */
export function testSeed(): number {
  const text = Deno.env.get("HERMES_TEST_SEED") ?? "20261122";
  const seed = Number(text);
  if (!Number.isSafeInteger(seed)) throw new Error(`HERMES_TEST_SEED: expected a number: ${text}`);
  return seed;
}

async function readIfPresent(path: string): Promise<string> {
  const info = await Deno.lstat(path).catch(() => undefined);
  return info?.isFile ? await Deno.readTextFile(path).catch(() => "") : "";
}

function variables({ profiles, shard, multiplex }: RuleTexts): Record<string, string> {
  return {
    ...profiles === undefined ? {} : { HERMES_GATEWAY_PROFILES: profiles },
    ...shard === undefined ? {} : { HERMES_GATEWAY_SHARD: shard },
    ...multiplex === undefined ? {} : { GATEWAY_MULTIPLEX_PROFILES: multiplex },
  };
}

class Trial {
  readonly #installation: Installation;
  readonly #volume: Volume;
  readonly #world: World;

  constructor(installation: Installation, volume: Volume, world: World) {
    this.#installation = installation;
    this.#volume = volume;
    this.#world = world;
  }

  #run() {
    const { home, scandir } = this.#world;
    const args = this.#volume.json ? ["--json"] : [];
    const options = { args, env: variables(this.#volume.rules), timeoutMs: BOUND_MS };
    return this.#installation.run(RECONCILE_PROFILES, { home, scandir }, options);
  }

  /** Boots; tells how to check what the boot has left, once that has been looked at. */
  async boot(): Promise<(before: Traces, after: Traces) => Promise<void>> {
    const { home, scandir } = this.#world;
    const expected = expectedOf(this.#volume);
    const log = await readIfPresent(`${home}/logs/container-boot.log`);
    const outcome = await this.#run();
    return async (before, after) => {
      assertOutcome(outcome, expected, this.#volume.json);
      assertScandir(scandir, expected);
      assertNothingElseChanged(this.#world, expected, before, after);
      assertBootLog(this.#world, expected, log);
      if (!this.#volume.twice) return;
      const again = await this.#run();
      const timeless = (text: string) => text.replace(/in \d+ ms\n$/, "");
      if (again.code !== outcome.code || timeless(again.stdout) !== timeless(outcome.stdout)) {
        throw new Error(`the second boot differs:\n${again.stdout}\n${outcome.stdout}`);
      }
      assertScandir(scandir, expected);
    };
  }
}

/** Tries some homes at once; the error names the first that failed. */
async function tryChunk(
  installation: Installation,
  pool: Pool,
  volumes: readonly Volume[],
  label: (index: number) => string,
): Promise<void> {
  using temp = installation.workDir();
  const worlds = buildWorlds(temp, pool, volumes);
  if (IS_ROOT) runSync("chown", "-hR", `${HERMES.uid}:${HERMES.gid}`, temp.path);
  const dirs = worlds.flatMap(({ home, canary }) => [home, canary]);
  const before = await traces(dirs);
  const failed = (index: number) => (error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`${label(index)}: ${words}\n${JSON.stringify(volumes[index], shorten)}`);
  };
  const checks: ((before: Traces, after: Traces) => Promise<void>)[] = [];
  for (const [index, world] of worlds.entries()) {
    const trial = new Trial(installation, volumes[index] as Volume, world);
    checks.push(await trial.boot().catch(failed(index)));
  }
  const after = await traces(dirs);
  for (const [index, check] of checks.entries()) await check(before, after).catch(failed(index));
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === "string" && value.length > 300 ? `${value.slice(0, 20)}...` : value;
}

/** Boots given homes, as {@linkcode tryHomes} does random ones. */
export async function tryVolumes(
  volumes: readonly Volume[],
  label: (index: number) => string,
): Promise<void> {
  using installation = new Installation();
  await tryChunk(installation, makePool(installation.dir), volumes, label);
}

/**
 * Boots random hostile homes, each as hermes with exactly the stage's flags,
 * and compares what it says and does with the oracle.
 *
 * @returns What was tried, in words.
 */
export async function tryHomes({ count, seed }: HomesOptions): Promise<string> {
  using installation = new Installation();
  const pool = makePool(installation.dir);
  let next = 0;
  let profiles = 0;
  const lane = async () => {
    while (next < count) {
      const first = next;
      next += CHUNK;
      // A seed of its own for every home: any can be tried alone.
      const volumes = Array.from(
        { length: Math.min(CHUNK, count - first) },
        (_, i) => fc.sample(arbitrary, { seed: seed + first + i, numRuns: 1 })[0] as Volume,
      );
      profiles += volumes.reduce((sum, volume) => sum + volume.profiles.length + 1, 0);
      await tryChunk(
        installation,
        pool,
        volumes,
        (index) => `hostile home: repeat with HERMES_TEST_SEED=${seed + first + index}`,
      );
    }
  };
  const lanes = Array.from({ length: navigator.hardwareConcurrency }, lane);
  const results = await Promise.allSettled(lanes);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  return `${count} hostile homes with ${profiles} profiles, seed ${seed}`;
}
