import { testSeed, tryHomes } from "../hostile/_homes.ts";

Deno.test("02 boots thousands of hostile homes as the README says and changes nothing else", async () => {
  console.log(`tried ${await tryHomes(3000, testSeed())}`);
});
