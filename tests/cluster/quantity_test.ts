import { assertEquals } from "@std/assert";
import { parseQuantity } from "../../lib/cluster/quantity.ts";

Deno.test("parseQuantity() reads numbers with suffixes and exponents", () => {
  for (
    const [text, value] of [
      ["0", 0],
      ["1", 1],
      ["+1", 1],
      [".5", 0.5],
      ["1.", 1],
      ["250m", 0.25],
      ["1.5Ki", 1536],
      ["1Gi", 1073741824],
      ["2k", 2000],
      ["1e3", 1000],
      ["1E-3", 0.001],
      ["3E", 3e18],
    ] as const
  ) assertEquals(parseQuantity(text), value, text);
});

Deno.test("parseQuantity() takes thousandths for the same, however they are written", () => {
  for (let cpu = 1; cpu < 3000; cpu++) {
    assertEquals(parseQuantity(`${cpu}m`), parseQuantity((cpu / 1000).toFixed(3)));
  }
});

Deno.test("parseQuantity() refuses what the API would", () => {
  for (
    const text of ["", ".", "-1", "1 Gi", "Gi", "1gi", "1KB", "0x1", "1e", "NaN", "1\n", "é", "1,5"]
  ) {
    assertEquals(parseQuantity(text), undefined, JSON.stringify(text));
  }
});
