import { assertEquals } from "@std/assert";
import { START_TIME } from "../../lib/s6/places.ts";
import { startTimesOf } from "../../lib/s6/start_time.ts";
import { exists, modeOf } from "../_temp.ts";
import { REPO } from "../_fixtures.ts";

Deno.test("START_TIME is a program of the image", () => {
  assertEquals(modeOf(`${REPO}/rootfs${START_TIME}`) & 0o555, 0o555);
});

Deno.test({
  name: "startTimesOf() knows nothing where the program is not, or takes too long",
  ignore: exists(START_TIME),
  fn: async () => assertEquals(await startTimesOf([1], 1000), undefined),
});
