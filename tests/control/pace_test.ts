import { assert, assertEquals } from "@std/assert";
import { PACE, type Pace, Settling } from "../../lib/control/pace.ts";

/** A settling that has acted upon "a" at the time 0, all being well. */
function settled(pace: Partial<Pace> = {}): Settling {
  const settling = new Settling({ ...PACE, ...pace }, 0);
  settling.acted("a", true, 0);
  return settling;
}

Deno.test("Settling acts upon the first mark once it has been quiet", () => {
  const settling = new Settling(PACE, 0);
  assertEquals(settling.isDue("a", 0), false);
  assertEquals(settling.waitMs(0), 500);
  assertEquals(settling.isDue("a", 499), false);
  assertEquals(settling.isDue("a", 500), true);
  settling.acted("a", true, 600);
  assertEquals(settling.isDue("a", 1_000_000), false);
});

Deno.test("Settling acts once upon a burst, after its end", () => {
  const settling = settled();
  let acts = 0;
  for (let now = 100; now <= 5000; now += 100) {
    const due = settling.isDue(`a${Math.min(now, 3000)}`, now);
    if (!due) continue;
    assert(now >= 3500, `it acted at ${now}`);
    settling.acted("a3000", true, now);
    acts++;
  }
  assertEquals(acts, 1);
});

Deno.test("Settling counts an event without a change as unrest, when a change waits", () => {
  const settling = settled();
  assertEquals(settling.isDue("b", 100), false);
  settling.stir(400);
  assertEquals(settling.isDue("b", 600), false);
  assertEquals(settling.waitMs(600), 300);
  assertEquals(settling.isDue("b", 900), true);
});

Deno.test("Settling does not wait for ever for an end of the changes", () => {
  const settling = settled();
  for (let now = 0; now < 10_000; now += 100) {
    assertEquals(settling.isDue(`b${now}`, now), false, `at ${now}`);
    settling.stir(now);
    assert(now + settling.waitMs(now) <= 10_000);
  }
  assertEquals(settling.isDue("b", 10_000), true);
});

Deno.test("Settling forgets a change that is taken back", () => {
  const settling = settled();
  settling.isDue("b", 100);
  assertEquals(settling.isDue("a", 200), false);
  assertEquals(settling.isDue("b", 9000), false, "it is a new change");
  settling.forget(100);
  assertEquals(settling.isDue("b", 9600), false, "it was forgotten");
});

Deno.test("Settling does not look all the time for a try that is due while nothing can be seen", () => {
  const settling = settled();
  settling.acted("a", false, 0);
  for (const now of [5000, 50_000]) {
    settling.forget(now);
    assert(settling.waitMs(now) >= PACE.firstMs, `${settling.waitMs(now)} ms`);
  }
  assertEquals(settling.isDue("a", 50_000 + PACE.firstMs), true, "it is tried afterwards");
});

Deno.test("Settling looks soon after an event, then ever more rarely, up to the poll", () => {
  const settling = settled();
  settling.stir(50_000);
  let now = 50_000;
  const waits: number[] = [];
  while (waits.at(-1) !== PACE.pollMs) {
    waits.push(settling.waitMs(now));
    now += waits.at(-1) ?? 0;
    assertEquals(settling.isDue("a", now), false);
  }
  assertEquals(waits[0], 250);
  assertEquals(waits, waits.toSorted((a, b) => a - b));
  for (let at = 50_000, i = 0; i < waits.length; at += waits[i++]!) {
    // What came without an event is seen soon, compared with how long it took to come.
    assert(waits[i]! <= Math.max(250, (at - 50_000) / 4), `${waits[i]} at ${at}`);
  }
  assert(waits.length < 30, `${waits.length} looks`);
});

Deno.test("Settling looks soon after an act: an event may have been lost meanwhile", () => {
  const settling = settled();
  settling.acted("a", true, 70_000);
  assertEquals(settling.waitMs(70_000), 250);
});

Deno.test("Settling tries a failed act again, ever more rarely, until it goes well", () => {
  const settling = settled();
  const gaps: number[] = [];
  let now = 0;
  for (let i = 0; i < 12; i++) {
    settling.acted("a", false, now);
    const failedAt = now;
    while (!settling.isDue("a", now)) {
      now += settling.waitMs(now);
      assert(now - failedAt <= PACE.maxRetryMs, "there is no second try");
    }
    gaps.push(now - failedAt);
  }
  assertEquals(gaps.slice(0, 4), [1000, 2000, 4000, 8000]);
  assertEquals(gaps.slice(-2), [300_000, 300_000]);
  settling.acted("a", true, now);
  assertEquals(settling.isDue("a", now + 1e9), false);
  settling.acted("a", false, now);
  assertEquals(settling.isDue("a", now + 1000), true, "the failures before were forgotten");
});

Deno.test("Settling acts upon a change without waiting for the second try", () => {
  const settling = settled();
  for (let i = 0; i < 9; i++) settling.acted("a", false, 0);
  assertEquals(settling.isDue("b", 1000), false);
  assertEquals(settling.isDue("b", 1500), true);
});
