import { assertEquals, assertThrows } from "@std/assert";
import { InvalidPolicyError } from "../../lib/_errors.ts";
import {
  entries,
  like,
  listOf,
  mapOf,
  readFields,
  readKey,
  readLabel,
  readName,
} from "../../lib/cluster/_policy_readers.ts";

Deno.test("readFields() reads what is known and says where it stands", () => {
  const readers = { a: like("a word", /^\w+$/), b: listOf(like("a letter", /^[a-z]$/)) };
  assertEquals(readFields<{ a: string; b: string[] }>({ b: ["x"] }, "", readers), { b: ["x"] });
  for (
    const [value, message] of [
      [{ a: "" }, 'top.a: expected a word, got ""'],
      [{ b: ["x", 1] }, "top.b[1]: expected a letter, got the number 1: quote it"],
      [{ c: 1 }, "top.c: unknown key; expected one of a, b"],
      [{ "\n": 1 }, 'top."\\n": unknown key'],
      [[], "top: expected a mapping, got a list"],
    ] as const
  ) assertThrows(() => readFields(value, "top", readers), InvalidPolicyError, message);
});

Deno.test("entries() and listOf() take nothing for what is empty", () => {
  assertEquals(entries(null, ""), []);
  assertEquals(listOf(readName)(null, ""), []);
});

Deno.test("mapOf() reads keys and values; a label's value may be empty", () => {
  const read = mapOf(readKey, readLabel);
  assertEquals(read({ "a.b/c": "", "0": "A_b" }, ""), { "a.b/c": "", "0": "A_b" });
  const long = "x".repeat(64);
  for (const key of ["", "-a", "a/", "/a", "A/b", "a..b/c", long, `${"a".repeat(254)}/b`]) {
    assertThrows(() => read({ [key]: "" }, ""), InvalidPolicyError);
  }
  for (const value of ["-", "a b", long, 1, null]) {
    assertThrows(() => read({ a: value }, ""), InvalidPolicyError);
  }
});
