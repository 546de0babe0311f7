import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { table } from "../../tasks/_table.ts";
import { cut, widthOf } from "../../tasks/_width.ts";

const ROWS = [["NAME", "PID", "WHAT"], ["a", "7", ""], ["coder-of-the-north", "4711", "runs"]];

Deno.test("table() lays out columns, without trailing spaces", () => {
  assertEquals(table(ROWS).split("\n"), [
    "NAME                PID   WHAT",
    "a                   7",
    "coder-of-the-north  4711  runs",
  ]);
  assertEquals(table(ROWS, { right: [1] }).split("\n")[1], "a                      7");
});

Deno.test("table() cuts the first column, header and all, so that no line is wider than told", () => {
  const lines = table(ROWS, { width: 26 }).split("\n");
  assertEquals(lines, [
    "NAME            PID   WHAT",
    "a               7",
    "coder-o…-north  4711  runs",
  ]);
  for (const line of lines) assert(widthOf(line) <= 26, line);
  assertEquals(table(ROWS, { width: 80 }), table(ROWS));
});

Deno.test("table() counts a wide character as two columns, and a combining one as none", () => {
  const lines = table([["天地", "x"], ["e\u0301", "x"], ["abcde", "x"]]).split("\n");
  assertEquals(lines, ["天地   x", "e\u0301      x", "abcde  x"]);
});

Deno.test("table() paints cells by their place, after they were padded", () => {
  const paint = (cell: string, row: number, column: number) =>
    row === 1 && column === 0 ? `<${cell}>` : cell;
  assertEquals(table([["ab", "c"], ["a", "c"]], { paint }), "ab  c\n<a >  c");
});

Deno.test("cut() keeps both ends of a name, and is never wider than told", () => {
  assertEquals(cut("customer-north-0042", 9), "cust…0042");
  assertEquals(cut("coder", 5), "coder");
  assertEquals(cut("天地玄黃", 6), "天…黃");
  assertEquals(cut("ab", 1), "…");
  const text = fc.string({ unit: fc.constantFrom("a", "天", "e\u0301", "😀", "ｱ", "-") });
  fc.assert(fc.property(text, fc.integer({ min: 1, max: 12 }), (name, width) => {
    const short = cut(name, width);
    assert(widthOf(short) <= width, `${JSON.stringify(short)} is wider than ${width}`);
    if (widthOf(name) <= width) assertEquals(short, name);
  }));
});
