import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  MAX_WORKLOAD_NAME_LENGTH,
  profileHash,
  WORKLOAD_PREFIX,
  workloadName,
} from "../../lib/cluster/name.ts";
import { HOSTILE_PROFILES, profileNames } from "./_profiles.ts";

Deno.test("workloadName() keeps a name that is a DNS label, and never changes", () => {
  for (
    const [profile, name] of [
      ["coder", "hermes-coder"],
      ["0", "hermes-0"],
      ["team-a", "hermes-team-a"],
      ["x".repeat(45), `hermes-${"x".repeat(45)}`],
      ["my_bot", "hermes-my-bot--3430ffa949a448f3d963be93"],
      ["a--b", "hermes-a-b--90827a2e56361a8fd77208d8"],
      ["x".repeat(46), "hermes-xxxxxxxxxxxxxxxxxxx--404e0d6b65bc5eac7177b4e6"],
    ] as const
  ) assertEquals(workloadName(profile), name);
});

Deno.test("workloadName() is a DNS label of at most 52 characters with the prefix", () => {
  fc.assert(fc.property(profileNames, (profile) => {
    const name = workloadName(profile);
    assertMatch(name, /^[a-z0-9][a-z0-9-]*[a-z0-9]$/);
    assertEquals(name.startsWith(WORKLOAD_PREFIX), true);
    assertEquals(name.length <= MAX_WORKLOAD_NAME_LENGTH, true);
  }));
});

Deno.test("workloadName() gives no two profiles the same name, nor one another's hashed name", () => {
  const profiles = new Set([
    ...HOSTILE_PROFILES,
    ...fc.sample(profileNames, { numRuns: 20_000, seed: 16 }),
  ]);
  for (const profile of [...profiles]) {
    profiles.add(workloadName(profile).slice(WORKLOAD_PREFIX.length));
  }
  assertEquals(new Set([...profiles].map(workloadName)).size, profiles.size);
});

Deno.test("profileHash() fits into a label and differs where names differ", () => {
  assertMatch(profileHash("coder"), /^[0-9a-f]{40}$/);
  assertNotEquals(profileHash("coder"), profileHash("coder-"));
});
