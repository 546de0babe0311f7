import { assertEquals } from "@std/assert";
import { findOrphans, listSupervised, supervisedGateways } from "../../lib/s6/orphans.ts";
import { LOOK } from "../../lib/s6/places.ts";
import { parseProcesses } from "../../lib/s6/processes.ts";
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

Deno.test("supervisedGateways() lists a gateway's or a logger's s6-supervise, the second of one too, and no other", () => {
  const commands = [
    ...[["s6-supervise", "gateway-a"], ["s6-supervise", "gateway-a"]],
    ...[["s6-supervise", "gateway-a/log"], ["s6-supervise", "dashboard"], ["cat", "gateway-x"]],
  ];
  const parts = commands.flatMap((args, i) => [
    `${i + 2}/stat:${i + 2} (x) S 1 1 1 ${"0 ".repeat(18)}`,
    ...args.map((arg) => `${i + 2}/cmdline:${arg}`),
  ]);
  const found = supervisedGateways(parseProcesses(parts.join("\0")));
  assertEquals(found, ["gateway-a", "gateway-a", "gateway-a/log"]);
});

Deno.test("LOOK is a program of the image", () => {
  assertEquals(modeOf(`${REPO}/rootfs${LOOK}`) & 0o555, 0o555);
});

Deno.test({
  name: "listSupervised() lists nothing where the program is not",
  ignore: exists(LOOK),
  fn: async () => assertEquals(await listSupervised(1000), []),
});
