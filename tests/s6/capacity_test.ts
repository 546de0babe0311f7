import { assertEquals, assertStringIncludes } from "@std/assert";
import { capacityProblem } from "../../lib/s6/capacity.ts";

Deno.test("capacityProblem() is about more than 500 services in the scandir of PID 1 alone", () => {
  assertEquals(capacityProblem("/run/service", 500), undefined);
  const problem = capacityProblem("/run/service", 501) ?? "";
  assertStringIncludes(problem, "501 services in /run/service");
  assertStringIncludes(problem, "HERMES_SUPERVISION=isolated");
  assertEquals(capacityProblem("/run/hermes/service", 8000), undefined);
});
