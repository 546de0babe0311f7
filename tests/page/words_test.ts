import { assertEquals } from "@std/assert";
import { CAUSES } from "../../lib/explain/causes.ts";
import {
  age,
  causeWords,
  deaths,
  hashOf,
  keyIn,
  keyOf,
  lastEnd,
  legible,
  memory,
  percent,
  recorded,
  sentence,
  span,
} from "../../rootfs/opt/hermes-boot/status/words.js";
import { type Row, running, stopped, unusable } from "./_server.ts";

/** The page's own type of a row. */
// deno-lint-ignore no-explicit-any
const row = (made: Row): any => made;

Deno.test("keyOf() tells the root profile from profiles/default", () => {
  assertEquals(keyOf(row(running("default"))), "default");
  assertEquals(keyOf(row(unusable("default", "reserved-name"))), "profiles/default");
});

Deno.test("legible() escapes what moves, reorders or hides text, and nothing else", () => {
  assertEquals(
    legible("caf\u00e9 <b>\n\u202e\u200b\u{e0001}"),
    "caf\u00e9 <b>\\u000a\\u202e\\u200b\\udb40\\udc01",
  );
});

Deno.test("keyIn() reads back what hashOf() makes of any name", () => {
  for (const name of ["coder", "profiles/default", "<img src=x>#?&%", "\u202e\n", "100%"]) {
    assertEquals(keyIn(hashOf(name)), name);
  }
  assertEquals([keyIn(""), keyIn("#%ff"), hashOf("\ud800")], ["", "", "#%EF%BF%BD"]);
});

Deno.test("causeWords() has the words of gatewayctl list, unless the state says them", () => {
  for (const [cause, [state, words]] of Object.entries(CAUSES)) {
    const expected: string = words === state ? "" : words;
    assertEquals(causeWords(row(running("coder", { state, cause }))), expected);
  }
  assertEquals(causeWords(row(running("coder", { cause: "of-tomorrow" }))), "of-tomorrow");
});

Deno.test("sentence() is empty for what runs as it should", () => {
  assertEquals(sentence(row(running("coder"))), "");
  assertEquals(sentence(row(stopped("coder", { text: "a\nb" }))), "a\\u000ab");
});

Deno.test("age() words a duration in one unit, as gatewayctl list does", () => {
  const ages = [-1, 0, 119.9, 120, 7199, 7200, 172799, 172800].map(age);
  assertEquals(ages, ["0s", "0s", "119s", "2m", "119m", "2h", "47h", "2d"]);
  assertEquals(age(null), "");
});

Deno.test("span() words a duration by its two largest units", () => {
  assertEquals([0, 59, 3661, 90_000].map(span), ["0s", "59s", "1h 1m", "1d 1h"]);
});

Deno.test("memory(), percent() and deaths() word a number, and null as nothing", () => {
  assertEquals([1, 999 << 20, 1024 << 20].map(memory), ["1 MiB", "999 MiB", "1.0 GiB"]);
  assertEquals([0, 9.94, 9.95, 250].map(percent), ["0.0%", "9.9%", "10%", "250%"]);
  assertEquals([0, 99, 100].map(deaths), ["0", "99", "100+"]);
  assertEquals([memory(null), percent(null), deaths(null)], ["", "", ""]);
});

Deno.test("lastEnd() prefers the signal to the exit code, which a killed one has none of", () => {
  const end = (fields: Record<string, unknown>) => lastEnd(row(stopped("coder", fields)));
  assertEquals([end({ signal: "SIGKILL" }), end({ exitCode: 0 }), end({})], [
    "SIGKILL",
    "exit code 0",
    "",
  ]);
});

Deno.test("recorded() says the state, who set it, and when", () => {
  const at = "2026-11-25T04:07:41.000Z";
  assertEquals(
    recorded({ state: "stopped", setBy: "operator", setAt: null }),
    "stopped, set by the operator",
  );
  assertEquals(recorded({ state: null, setBy: null, setAt: at, problem: "not JSON" }), "not JSON");
  assertEquals(recorded({ state: null, setBy: null, setAt: null }), "none");
});
