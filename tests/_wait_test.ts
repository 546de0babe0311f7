import { assert, assertEquals } from "@std/assert";
import { waitUntil } from "../lib/_wait.ts";

Deno.test("waitUntil() looks again until the condition holds", async () => {
  for (const wrap of [(value: boolean) => value, (value: boolean) => Promise.resolve(value)]) {
    let looks = 0;
    assert(await waitUntil(() => wrap(++looks === 3), 60_000, 1));
    assertEquals(looks, 3);
  }
});

Deno.test("waitUntil() gives up in time, and looks once where there is none", async () => {
  let looks = 0;
  const before = performance.now();
  assertEquals(await waitUntil(() => ++looks < 0, 30, 5), false);
  assert(looks > 1 && performance.now() - before >= 30);
  assertEquals(await waitUntil(() => true, 0, 5), true);
});
