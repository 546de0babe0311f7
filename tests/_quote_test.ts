import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { jsonAscii, logWord, printable, shellQuote, terminalSafe } from "../lib/_quote.ts";
import { run } from "./_temp.ts";

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  // deno-lint-ignore no-control-regex
  fc.stringMatching(/^["'\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202e ]*$/),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

Deno.test("shellQuote() makes a word that sh reads back byte for byte", async () => {
  const noNul = anyText.filter((text) => !text.includes("\0")).map((text) => text.toWellFormed());
  const nasty = ["", "'", "it's", '"', "$(id)", "`id`", "a\nb", "\\", "!", "~", "*", "\x81", "é\n"];
  await fc.assert(
    fc.asyncProperty(fc.array(noNul, { maxLength: 40 }), async (texts) => {
      const words = [...texts, ...nasty];
      const script = `printf '%s\\0' ${words.map(shellQuote).join(" ")}`;
      const { code, stdout } = await run("/bin/sh", { stdin: script });
      assertEquals(code, 0);
      assertEquals(stdout.split("\0").slice(0, -1), words);
    }),
    { numRuns: 25 },
  );
});

Deno.test("shellQuote() throws on a NUL, which no shell word can hold", () => {
  assertThrows(() => shellQuote("a\0b"), TypeError, "NUL");
});

Deno.test("jsonAscii() is printable ASCII that JSON.parse turns back", () => {
  fc.assert(fc.property(anyText, (text) => {
    const json = jsonAscii(text);
    assertMatch(json, PRINTABLE_ASCII);
    assertEquals(JSON.parse(json), text);
  }));
});

Deno.test("logWord() is a plain word as it is, or a JSON string without spaces", () => {
  for (const word of ["coder", "my_bot-2", "A.b"]) assertEquals(logWord(word), word);
  fc.assert(fc.property(anyText, (text) => {
    const word = logWord(text);
    assertMatch(word, /^[\x21-\x7e]+$/);
    assertEquals(word.startsWith('"') ? JSON.parse(word) : word, text);
    assertMatch(logWord(`${text} action=started`), /^"[^ ]*"$/);
  }));
});

Deno.test("printable() is printable ASCII on one line and leaves printable ASCII as it is", () => {
  fc.assert(fc.property(anyText, fc.string({ unit: "grapheme-ascii" }), (text, ascii) => {
    assertMatch(printable(text), PRINTABLE_ASCII);
    assertEquals(printable(ascii), ascii);
  }));
});

Deno.test("printable() shows what it escaped", () => {
  assertEquals(printable("a\nb\x1b[31m\u202e"), "a\\nb\\u001b[31m\\u202e");
});

Deno.test("terminalSafe() has no control character but the tab, and none that reorders or hides text", () => {
  fc.assert(fc.property(anyText, (text) => {
    const safe = terminalSafe(text);
    assertMatch(safe.replaceAll("\t", ""), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u);
    assertEquals(terminalSafe(safe), safe);
  }));
});

Deno.test("terminalSafe() leaves every other character as it is", () => {
  for (const text of ["caf\u00e9\t\u{1f600}", "a\\b\"c'", "e\u0301", "\u65e5\u672c"]) {
    assertEquals(terminalSafe(text), text);
  }
  fc.assert(fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
    assertEquals(terminalSafe(text), text);
  }));
});

Deno.test("terminalSafe() shows what it escaped, each UTF-16 unit by its number", () => {
  for (
    const [text, safe] of [
      ["a\nb\r", "a\\u000ab\\u000d"],
      ["\x1b[2J", "\\u001b[2J"],
      ["\u009b31m", "\\u009b31m"],
      ["\x7f\0", "\\u007f\\u0000"],
      ["\u202e\u2066", "\\u202e\\u2066"],
      ["\u200b\ufeff\u00ad", "\\u200b\\ufeff\\u00ad"],
      ["\u2028\u2029", "\\u2028\\u2029"],
      ["tag\u{e0041}", "tag\\udb40\\udc41"],
    ] as const
  ) assertEquals(terminalSafe(text), safe);
});
