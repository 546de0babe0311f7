import { assertEquals } from "@std/assert";
import { wordOption } from "../../lib/image/command.ts";

Deno.test("wordOption() words short and long options with their value", () => {
  assertEquals(wordOption({ name: "follow", short: "f", text: "" }), "-f, --follow");
  assertEquals(wordOption({ name: "timeout", value: "SECONDS", text: "" }), "--timeout SECONDS");
});
