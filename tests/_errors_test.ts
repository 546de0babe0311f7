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

Deno.test("errorWords() says what went wrong without the path, the number or the content", () => {
  using temp = new TempDir();
  const noFile = caught(() => Deno.openSync(`${temp.path}/none`));
  assertEquals(errorWords(noFile), "No such file or directory");
  assertEquals(errorWords(caught(() => JSON.parse('\nprofile=evil {"a"'))), "not JSON");
  for (const thrown of ["oops", undefined]) assertEquals(errorWords(thrown), "unknown error");
});

Deno.test("survivable() returns an I/O error and throws what is no Error", () => {
  const error = new Deno.errors.NotFound("gone");
  assert(survivable(error) === error);
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
