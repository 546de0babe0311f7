import { assert } from "@std/assert";
import { testSeed } from "./_homes.ts";
import { tryShards } from "./_shards.ts";

Deno.test("the members of a shard share every profile of a hostile home out, each to exactly one", async () => {
  const taken = await tryShards(12, testSeed());
  assert(taken.length > 2 && taken.every((slots) => slots > 0), taken.join());
});
