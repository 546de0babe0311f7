import { assertEquals, assertStringIncludes } from "@std/assert";
import { crowdProblem } from "../../lib/s6/capacity.ts";

Deno.test("crowdProblem() is about more than 500 services in the scandir of PID 1 alone", () => {
  assertEquals(crowdProblem("/run/service", 500), undefined);
  const problem = crowdProblem("/run/service", 501) ?? "";
  assertStringIncludes(problem, "501 services in /run/service");
  assertStringIncludes(problem, "HERMES_SUPERVISION=isolated");
  assertEquals(crowdProblem("/run/hermes/service", 8000), undefined);
});
