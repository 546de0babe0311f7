import { assertEquals } from "@std/assert";
import { sha256 } from "../../lib/cluster/_sha256.ts";

// The examples of FIPS 180.
for (
  const [text, digest] of [
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ] as const
) {
  Deno.test(`sha256() of "${text}" is what the standard says`, () => {
    assertEquals(sha256(text), digest);
  });
}
