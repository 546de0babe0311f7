import { testSeed } from "../hostile/_homes.ts";
import { tryShards } from "../hostile/_shards.ts";

Deno.test("the members of hundreds of shards share every profile out, each to exactly one", async () => {
  console.log(`slots of each member: ${await tryShards(300, testSeed())}`);
});
