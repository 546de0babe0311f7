import { assertEquals, assertStringIncludes } from "@std/assert";
import { judge } from "../../bench/_budgets.ts";
import { plot } from "../../bench/_plot.ts";
import { BARE, perItemUs, type Result } from "../../bench/_results.ts";
import { spreadOf } from "../../bench/_statistics.ts";

function result(title: string, size: number, ms: number, peakKiB = 1000, started = 1): Result {
  return { title, size, runs: 1, ms: spreadOf([ms]), peakKiB, started, calls: null };
}

/** Results that meet every budget just so; 02 with 1000 profiles as given. */
function results(thousand: number, peakKiB = 1300): Result[] {
  return [
    result(BARE, 0, 100),
    result("015, services", 20, 125),
    result("02, profiles", 1, 140),
    result("02, profiles", 5, 145),
    result("02, profiles", 1000, thousand, peakKiB),
    result("02, profiles", 4000, 4.4 * thousand),
    result("C same calls, slots", 1, 1),
    result("C same calls, slots", 1000, 1000),
  ];
}

Deno.test("spreadOf() interpolates between the middle values", () => {
  assertEquals(spreadOf([4, 1, 3, 2]), { min: 1, low: 1.75, median: 2.5, high: 3.25 });
});

Deno.test("perItemUs() counts from the smallest size", () => {
  const all = results(1139);
  assertEquals(all.map((one) => perItemUs(all, one)?.toFixed(0)).slice(3, 5), ["1250", "1000"]);
  assertEquals(perItemUs(all, all[0]!), null);
});

Deno.test("judge() names each budget that is missed, and does without a C compiler", () => {
  const missed = (all: Result[]) => judge(all).filter(({ ok }) => !ok).map(({ what }) => what);
  assertEquals(missed(results(2138)), []);
  assertEquals(missed(results(2200, 1301)), [
    "02 with 1000 profiles, per slot, of C",
    "peak memory of 02 with 1000 profiles",
  ]);
  const without = results(140 + 129.8).filter(({ title }) => !title.startsWith("C "))
    .map((one) => ({ ...one, peakKiB: null, started: null }));
  assertEquals(judge(without).map(({ ok }) => ok), [true, true, true, true]);
});

Deno.test("plot() draws a line for each series, in whole decades", () => {
  const svg = plot([{ name: "one", colour: "#123456", points: [[1, 2], [1000, 300]] }], {
    ...{ title: "Title", x: "across", y: "up" },
  });
  for (const part of ["Title", "across", "up", ">one</text>", ">1000</text>", "#123456"]) {
    assertStringIncludes(svg, part);
  }
});
