import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { IS_ROOT, visible } from "../_fixtures.ts";
import { runSync } from "../_temp.ts";
import { volume as arbitrary } from "./_arbitraries.ts";
import { buildWorlds, makePool, type World } from "./_build.ts";
import { parseActions, type Reported } from "./_check.ts";
import { HERMES, Installation } from "./_install.ts";
import { type Expected, expectedOf } from "./_oracle.ts";
import type { Volume } from "./_volume.ts";

/** A home and the containers that share it. */
interface Shared {
  volume: Volume;
  /** What each of them has for HERMES_GATEWAY_SHARD. */
  members: readonly string[];
}

const shared: fc.Arbitrary<Shared> = fc.record({
  volume: arbitrary.map((volume) => ({ ...volume, rules: {} })),
  members: fc.array(fc.constantFrom("number", "pod" as const), { minLength: 2, maxLength: 5 }).map(
    (spellings) =>
      spellings.map((spelling, i) =>
        spelling === "pod"
          ? `hermes-gateways-${i}/${spellings.length}`
          : `${i + 1}/${spellings.length}`
      ),
  ),
});

/** What every member did, and which slots it has. */
interface Done {
  actions: Reported[];
  slots: string[];
}

async function bootMember(
  installation: Installation,
  { home, dir }: World,
  shard: string,
): Promise<Done> {
  const scandir = `${dir}/scandir-${shard.replace("/", "-of-")}`;
  Deno.mkdirSync(scandir);
  if (IS_ROOT) Deno.chownSync(scandir, HERMES.uid, HERMES.gid);
  const { stdout } = await installation.run(RECONCILE_PROFILES, { home, scandir }, {
    args: ["--json"],
    env: { HERMES_GATEWAY_SHARD: shard },
    timeoutMs: 10_000,
  });
  return { actions: parseActions(stdout), slots: visible(scandir) };
}

/** Asserts that the members have shared out what one container alone would do. */
function assertSharedOut({ actions }: Expected, members: readonly Done[]): void {
  for (const [i, { priorExit: _, ...expected }] of actions.entries()) {
    const reported = members.map((member) => member.actions[i]);
    const rest = reported.filter((action) => action?.why !== "not selected");
    const { profile } = expected;
    assertEquals(reported.map((action) => action?.profile), members.map(() => profile));
    // What gets no slot is said by all, what gets one is one member's.
    const takers = expected.action === "skipped" ? members.length : 1;
    const shown = rest.map((action) => ({ ...action, priorExit: undefined }));
    assertEquals(shown, Array(takers).fill({ ...expected, priorExit: undefined }), profile);
  }
  const slots = actions.filter(({ action }) => action !== "skipped");
  assertEquals(
    members.flatMap((member) => member.slots).sort(),
    slots.map(({ profile }) => `gateway-${profile}`).sort(),
  );
}

/**
 * Boots every member of random shards on random hostile homes, and asserts
 * that together they run every profile exactly once.
 *
 * @returns How many profiles the first, the second, ... member got.
 */
export async function tryShards(count: number, seed: number): Promise<number[]> {
  using installation = new Installation();
  const pool = makePool(installation.dir);
  const taken: number[] = [];
  for (let i = 0; i < count; i++) {
    const [{ volume, members }] = fc.sample(shared, { seed: seed + i, numRuns: 1 }) as [Shared];
    using temp = installation.workDir();
    const [world] = buildWorlds(temp, pool, [volume]) as [World];
    if (IS_ROOT) runSync("chown", "-hR", `${HERMES.uid}:${HERMES.gid}`, temp.path);
    try {
      const done: Done[] = [];
      for (const shard of members) done.push(await bootMember(installation, world, shard));
      assertSharedOut(expectedOf(volume), done);
      for (const [k, { slots }] of done.entries()) taken[k] = (taken[k] ?? 0) + slots.length;
    } catch (error) {
      throw new Error(`shards ${members.join(" ")}: repeat with HERMES_TEST_SEED=${seed + i}`, {
        cause: error,
      });
    }
  }
  return taken;
}
