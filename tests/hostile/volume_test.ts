import { CAN_MOUNT } from "../_tmpfs.ts";
import { testSeed, tryHomes } from "./_homes.ts";

// Without a tmpfs of its own the building alone takes most of the time.
const COUNT = CAN_MOUNT ? 100 : 40;

Deno.test("02 boots every hostile home as the README says and changes nothing else on the volume", async () => {
  console.log(`tried ${await tryHomes(COUNT, testSeed())}`);
});
