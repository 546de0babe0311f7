import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { errorWords, survivable } from "../lib/_errors.ts";
import { TempDir } from "./_temp.ts";

function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("expected an error");
}

Deno.test("errorWords() says what went wrong without the path and the number", () => {
  using temp = new TempDir();
  const words = errorWords(caught(() => Deno.openSync(`${temp.path}/none`)));
  assertEquals(words, "No such file or directory");
});

Deno.test("errorWords() never quotes the content that JSON.parse choked on", () => {
  const words = errorWords(caught(() => JSON.parse('\nprofile=evil {"a"')));
  assertEquals(words, "not JSON");
});

Deno.test("errorWords() takes what is no Error", () => {
  assertEquals(errorWords("oops"), "unknown error");
  assertEquals(errorWords(undefined), "unknown error");
});

Deno.test("survivable() returns an I/O error", () => {
  const error = new Deno.errors.NotFound("gone");
  assert(survivable(error) === error);
});

Deno.test("survivable() throws what is no Error", () => {
  assertEquals(caught(() => survivable("oops")), "oops");
});

Deno.test({
  name: "survivable() throws Deno's NotCapable",
  permissions: { read: false },
  fn() {
    const error = caught(() => Deno.lstatSync("/"));
    const thrown = assertThrows(() => survivable(error), Deno.errors.NotCapable);
    assertStringIncludes(thrown.message, "--allow-read");
  },
});
