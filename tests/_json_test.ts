import { assertEquals, assertThrows } from "@std/assert";
import { MAX_STATE_BYTES, readJsonObject } from "../lib/_json.ts";
import { RUNNING } from "./_fixtures.ts";
import { encode, TempDir } from "./_temp.ts";

const DEEP = "[".repeat(100_000) + "]".repeat(100_000);
const WANTED = { desired_state: "running" };

Deno.test("readJsonObject() reads an object, up to the size limit, also after a byte order mark", () => {
  using temp = new TempDir();
  for (const text of [RUNNING, "\ufeff" + RUNNING, RUNNING.padEnd(MAX_STATE_BYTES)]) {
    assertEquals(readJsonObject(temp.write("file", text)), WANTED);
  }
});

Deno.test("readJsonObject() reads a small file after a large one without its remains", () => {
  using temp = new TempDir();
  assertEquals(readJsonObject(temp.write("file", RUNNING.padEnd(5000))), WANTED);
  assertEquals(readJsonObject(temp.write("file", "{}")), {});
});

Deno.test("readJsonObject() reads what is beside 100000 nested arrays", () => {
  using temp = new TempDir();
  const path = temp.write("file", `{"x":${DEEP},"desired_state":"running"}`);
  assertEquals(readJsonObject(path)["desired_state"], "running");
});

for (
  const [what, content, ErrorClass, words] of [
    ["empty", "", SyntaxError, ""],
    ["not JSON", "running", SyntaxError, ""],
    ["half JSON", RUNNING.slice(0, -1), SyntaxError, ""],
    ["JSON and more", RUNNING + RUNNING, SyntaxError, ""],
    ["full of NULs", new Uint8Array(100), SyntaxError, ""],
    ["nested 100000 arrays deep and not closed", "[".repeat(100_000), SyntaxError, ""],
    ["nested 100000 arrays deep", DEEP, Error, "not a JSON object"],
    ["an array", `[${RUNNING}]`, Error, "not a JSON object"],
    ["null", "null", Error, "not a JSON object"],
    ["a string", '"running"', Error, "not a JSON object"],
    ["a number", "1", Error, "not a JSON object"],
    ["not UTF-8", new Uint8Array([...encode(RUNNING), 0xff]), Error, "not UTF-8"],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), Error, "not UTF-8"],
    ["over 1 MiB", RUNNING.padEnd(MAX_STATE_BYTES + 1), Error, "larger than 1048576 bytes"],
  ] as const
) {
  Deno.test(`readJsonObject() throws at a file that is ${what}`, () => {
    using temp = new TempDir();
    const path = temp.write("file", content);
    assertThrows(() => readJsonObject(path), ErrorClass, words);
  });
}
