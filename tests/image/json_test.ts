import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS, JSON_VERSION } from "../../lib/image/commands.ts";
import { JSON_OUTPUTS, jsonDocument } from "../../lib/image/json.ts";
import { jsonProblems } from "../_json_output.ts";

Deno.test("what every command with --json prints is declared once, and of no other", () => {
  const withJson = COMMANDS.filter(({ options }) => options.some(({ name }) => name === "json"));
  assertEquals(
    JSON_OUTPUTS.flatMap(({ commands }) => commands).sort(),
    withJson.map(({ name }) => name).sort(),
  );
});

Deno.test("jsonDocument() has a row for each field, those within lists too, and the version that is printed", () => {
  const text = jsonDocument();
  assertStringIncludes(text, `a \`version\`, which is ${JSON_VERSION}.`);
  for (const path of ["gateways[].profile", "gateways[].recorded.setBy", "results[].error"]) {
    assertMatch(text, new RegExp(`^\\| \`${path.replace(/\W/g, "\\$&")}\` \\| string`, "m"));
  }
  assertEquals(/[^ -~\n]/.test(text), false);
});

Deno.test("the check of real output finds what is missing, undeclared or of another type", () => {
  const right = { version: 1, healthy: false, unhealthy: [{ profile: "coder", text: "down" }] };
  assertEquals(jsonProblems("health", right), []);
  assertEquals(jsonProblems("health", { ...right, healthy: "no", more: 1 }), [
    ...['health.healthy: expected boolean, got "no"', "health.more: not declared"],
  ]);
  assertEquals(jsonProblems("doctor", { version: 1, checks: [{ name: "a", ok: true }] }), [
    "doctor.checks[].detail: missing",
  ]);
  assertEquals(jsonProblems("sync", { version: 0, profiles: {} }), [
    ...["sync.version: expected 1, got 0", "sync.profiles: expected a list, got {}"],
  ]);
  assertEquals(jsonProblems("help", {}), ["help: not declared"]);
});
