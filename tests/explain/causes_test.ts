import { assert, assertEquals } from "@std/assert";
import { type Cause, CAUSES, isSettled, kindOf } from "../../lib/explain/causes.ts";

const CODES = Object.keys(CAUSES) as Cause[];

Deno.test("every cause has a code to type and a word or two to read", () => {
  for (const [code, [, words]] of Object.entries(CAUSES)) {
    assert(/^[a-z]+(-[a-z]+)*$/.test(code), code);
    assert(words.length <= 15, words);
  }
});

Deno.test("kindOf() knows what every cause means", () => {
  assertEquals(kindOf("running"), "running");
  assertEquals(kindOf("crash-loop"), "failed");
  assertEquals(kindOf("other-shard"), "not here");
  assertEquals(
    [...new Set(CODES.map(kindOf))].sort(),
    ["failed", "not here", "running", "starting", "stopped", "unusable"],
  );
});

Deno.test("isSettled() waits for what is starting and for what s6 has not got to do", () => {
  const open = CODES.filter((cause) => !isSettled(cause));
  assert(open.includes("starting") && open.includes("no-supervisor") && open.includes("no-slot"));
  for (const cause of open) assert(["failed", "starting"].includes(kindOf(cause)), cause);
  for (const cause of ["running", "wrong-configuration", "crash-loop", "stopped"] as const) {
    assert(isSettled(cause), cause);
  }
});
