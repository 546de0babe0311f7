import { testSeed, tryHomes } from "./_homes.ts";

Deno.test("02 boots every hostile home as DESIGN says and changes nothing else on the volume", async () => {
  console.log(`tried ${await tryHomes({ count: 80, seed: testSeed() })}`);
});
