import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { jsonAscii } from "../../lib/_quote.ts";
import { findChanges, makeRow, wordEvent } from "../../lib/status/changes.ts";

const row = (profile: string, fields: Record<string, unknown> = {}) =>
  makeRow({ profile, up: true, ...fields }, jsonAscii);

Deno.test("makeRow() has a row's JSON with and without what each moment changes", () => {
  const fleeting = { seconds: 1, cpuSeconds: 2, cpuPercent: 3, rssBytes: 4, lastLog: null };
  const { profile, json, lasting } = row("coder", fleeting);
  assertEquals(profile, "coder");
  assertEquals(JSON.parse(json), { profile: "coder", up: true, ...fleeting });
  assertEquals(JSON.parse(lasting), { profile: "coder", up: true });
});

Deno.test("findChanges() has nothing where only time, memory and CPU are others", () => {
  const before = [row("a", { seconds: 1, rssBytes: 5 }), row("b")];
  const after = [row("a", { seconds: 2, rssBytes: 6 }), row("b")];
  assertEquals(findChanges(before, after), []);
});

Deno.test("findChanges() has each row that is new or another as it is now, and who is gone", () => {
  const before = [row("a"), row("b"), row("c")];
  const after = [row("a", { up: false, seconds: 1 }), row("c"), row("d")];
  assertEquals(findChanges(before, after), [
    { event: "gone", data: '{"profile":"b"}' },
    { event: "gateway", data: '{"profile":"a","up":false,"seconds":1}' },
    { event: "gateway", data: '{"profile":"d","up":true}' },
  ]);
});

Deno.test("findChanges() tells two rows of one name apart: profiles/default is one more default", () => {
  const both = [row("default"), row("default", { state: "unusable" })];
  assertEquals(findChanges(both, both), []);
  assertEquals(findChanges(both, [row("default")]), []);
  assertEquals(findChanges([row("default")], both).length, 1);
});

Deno.test("an event is three lines, whatever a profile is called", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (profile) => {
    const changes = [
      ...findChanges([], [row(profile)]),
      ...findChanges([row(profile)], []),
    ];
    for (const { event, data } of changes) {
      assertEquals(wordEvent(event, data).split(/\r\n|\r|\n/).length, 4);
      assertEquals(JSON.parse(data).profile, profile);
    }
  }));
});
