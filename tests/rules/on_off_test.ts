import { assertEquals } from "@std/assert";
import { onOff } from "../../lib/rules/on_off.ts";

Deno.test("onOff() knows the words for on and for off in any case, and no other", () => {
  for (
    const [expected, text] of [
      [true, "1 true TRUE yes Yes on oN"],
      [false, "0 false False no NO off"],
      [undefined, "2 10 enabled y true\n \non"],
    ] as const
  ) {
    for (const word of text.split(" ")) assertEquals(onOff(word), expected, JSON.stringify(word));
  }
  for (const word of ["", " on", "on "]) assertEquals(onOff(word), undefined, word);
});
