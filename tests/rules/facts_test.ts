import { assertEquals, assertThrows } from "@std/assert";
import { RefusedContainerError } from "../../lib/_errors.ts";
import { parseFacts, readFacts } from "../../lib/rules/facts.ts";
import { factsText } from "../_facts.ts";
import { TempDir } from "../_temp.ts";

const WHOLE = { home: "/opt/data", scandir: "/run/service", HERMES_GATEWAY_SHARD: "1/2" };

Deno.test("parseFacts() reads what sh would, and refuses what is no assignment of a quoted word", () => {
  assertEquals(parseFacts("a='x y'\nb=''\nc='it'\\''s'\n").get("c"), "it's");
  for (const line of ["a=x", "a='x", "a='x'y", "a='x' ", "a='it's'", "", "$(id)", "a b='x'"]) {
    assertThrows(() => parseFacts(`${line}\n`), TypeError, "expected name='value'", line);
  }
});

Deno.test("readFacts() has the places, the role and the variables", () => {
  using temp = new TempDir();
  const facts = readFacts(temp.write("facts", factsText({ ...WHOLE, role: "dashboard" })));
  assertEquals([facts.home, facts.scandir, facts.role], ["/opt/data", "/run/service", "dashboard"]);
  assertEquals([facts.env("HERMES_GATEWAY_SHARD"), facts.env("PATH")], ["1/2", undefined]);
});

Deno.test("readFacts() says why nothing may be done", () => {
  using temp = new TempDir();
  const path = `${temp.path}/facts`;
  const whole = factsText(WHOLE);
  for (
    const [text, message] of [
      ["refused='HERMES_HOME: no'\n", "HERMES_HOME: no"],
      [whole.replace("home=", "other="), "is not whole"],
      [whole.replace("role='other'", "role='king'"), "is not whole"],
      [whole.replace("refused=''\n", ""), "is not whole"],
      [whole.replace("home='", "home=/opt/data"), "Failed to read the facts"],
    ] as const
  ) {
    temp.write("facts", text);
    assertThrows(() => readFacts(path), RefusedContainerError, message);
  }
  assertThrows(() => readFacts(`${temp.path}/none`), RefusedContainerError, "No such file");
});
