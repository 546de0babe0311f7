import { assertEquals } from "@std/assert";
import { findOrphans, listSupervised, supervisedGateways } from "../../lib/s6/orphans.ts";
import { LOOK } from "../../lib/s6/places.ts";
import { processesOf } from "../_processes.ts";
import { exists } from "../_temp.ts";

Deno.test("findOrphans() finds supervisors without a service, and the second of one, each once", () => {
  const services = ["gateway-a", "gateway-a/log", "gateway-b", "gateway-b/log"];
  assertEquals(findOrphans(services, services), []);
  assertEquals(findOrphans([], services), []);
  assertEquals(findOrphans(services, services.slice(0, 2)), ["gateway-b", "gateway-b/log"]);
  const thrice = ["gateway-a", "gateway-a", "gateway-a"];
  assertEquals(findOrphans(thrice, services), ["gateway-a"]);
});

Deno.test("supervisedGateways() lists a gateway's or a logger's s6-supervise, the second of one too, and no other", () => {
  const found = supervisedGateways(processesOf({
    2: [{}, "s6-supervise", "gateway-a"],
    3: [{}, "s6-supervise", "gateway-a"],
    4: [{}, "s6-supervise", "gateway-a/log"],
    5: [{}, "s6-supervise", "dashboard"],
    6: [{}, "cat", "gateway-x"],
  }));
  assertEquals(found, ["gateway-a", "gateway-a", "gateway-a/log"]);
});

Deno.test({
  name: "listSupervised() lists nothing where the program is not",
  ignore: exists(LOOK),
  fn: async () => assertEquals(await listSupervised(1000), []),
});
