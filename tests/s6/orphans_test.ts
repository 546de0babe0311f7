import { assertEquals } from "@std/assert";
import { findOrphans, listSupervised } from "../../lib/s6/orphans.ts";
import { SUPERVISED } from "../../lib/s6/places.ts";
import { REPO } from "../_fixtures.ts";
import { exists, modeOf } from "../_temp.ts";

Deno.test("findOrphans() finds supervisors without a service, and the second of one, each once", () => {
  const services = ["gateway-a", "gateway-a/log", "gateway-b", "gateway-b/log"];
  assertEquals(findOrphans(services, services), []);
  assertEquals(findOrphans([], services), []);
  assertEquals(findOrphans(services, services.slice(0, 2)), ["gateway-b", "gateway-b/log"]);
  const thrice = ["gateway-a", "gateway-a", "gateway-a"];
  assertEquals(findOrphans(thrice, services), ["gateway-a"]);
});

Deno.test("SUPERVISED is a program of the image", () => {
  assertEquals(modeOf(`${REPO}/rootfs${SUPERVISED}`) & 0o555, 0o555);
});

Deno.test({
  name: "listSupervised() lists nothing where the program is not",
  ignore: exists(SUPERVISED),
  fn: async () => assertEquals(await listSupervised(1000), []),
});
