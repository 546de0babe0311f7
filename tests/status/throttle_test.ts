import { assertEquals } from "@std/assert";
import { Throttle } from "../../lib/status/throttle.ts";

/** Asks so many times at one time; returns how many times it may. */
function count(throttle: Throttle, caller: string, times: number, now: number): number {
  let may = 0;
  for (let i = 0; i < times; i++) if (throttle.take(caller, now)) may++;
  return may;
}

Deno.test("a Throttle lets a burst pass, and then so many a second", () => {
  const throttle = new Throttle({ perSecond: 10, burst: 30 });
  assertEquals(count(throttle, "a", 100, 0), 30);
  assertEquals(count(throttle, "a", 100, 500), 5);
  assertEquals(count(throttle, "a", 100, 1500), 10);
  assertEquals(count(throttle, "a", 100, 60_000), 30);
});

Deno.test("a Throttle counts each caller for itself, and a clock that goes back is no rest", () => {
  const throttle = new Throttle({ perSecond: 10, burst: 2 });
  assertEquals([count(throttle, "a", 9, 1000), count(throttle, "b", 9, 1000)], [2, 2]);
  assertEquals(count(throttle, "a", 9, 0), 0);
});

Deno.test("a Throttle remembers no more callers than it is told, and forgets who was away longest", () => {
  const throttle = new Throttle({ perSecond: 1, burst: 1, callers: 2 });
  const asked = ["a", "b", "a", "c", "a", "b"].map((caller) => throttle.take(caller, 0));
  // "b" was forgotten for "c".
  assertEquals(asked, [true, true, false, true, false, true]);
});
