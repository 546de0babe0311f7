import { assertEquals } from "@std/assert";
import {
  commands,
  comparing,
  count,
  matches,
  nextOrder,
  summary,
} from "../../rootfs/opt/hermes-boot/status/rows.js";
import { failed, type Row, running, stopped, unusable } from "./_server.ts";

/** The page's own type of a row. */
// deno-lint-ignore no-explicit-any
const typed = (rows: Row[]): any[] => rows;

Deno.test("summary() counts as gatewayctl list does", () => {
  const rows = typed([running("a"), failed("b", "unknown"), unusable("C", "illegal-name")]);
  assertEquals(summary(count(rows)), "2 gateways: 1 running, 1 failed; 1 unusable");
  assertEquals(summary(count(typed([running("a")]))), "1 gateway: 1 running");
  assertEquals(summary(count([])), "0 gateways");
});

Deno.test("matches() wants every word somewhere in what the row shows, in any case", () => {
  const [row] = typed([failed("coder", "crash-loop", { text: "10 deaths" })]);
  for (const text of ["", " ", "COD", "crash failed", "deaths coder", "crash loop"]) {
    assertEquals([text, matches(row, text, "")], [text, true]);
  }
  for (const text of ["crash-loop", "coder writer", "240"]) {
    assertEquals([text, matches(row, text, "")], [text, false]);
  }
  assertEquals([matches(row, "", "failed"), matches(row, "", "running")], [true, false]);
});

Deno.test("nextOrder() turns a column round, and begins a new one with what is of interest", () => {
  const byName = { by: "name", descending: false };
  assertEquals(nextOrder(byName, "name"), { by: "name", descending: true });
  assertEquals(nextOrder(byName, "memory"), { by: "memory", descending: true });
  assertEquals(nextOrder(byName, "since"), { by: "since", descending: false });
});

Deno.test("comparing() puts what has no value last either way, and equals by name", () => {
  const rows = typed([
    running("b", { rssBytes: 1 }),
    stopped("c"),
    running("a10", { rssBytes: 1 }),
    running("a9", { rssBytes: 2 }),
  ]);
  const sorted = (by: string, descending: boolean) =>
    rows.toSorted(comparing({ by, descending })).map(({ profile }) => profile).join(" ");
  assertEquals(sorted("memory", true), "a9 a10 b c");
  assertEquals(sorted("memory", false), "a10 b a9 c");
  assertEquals(sorted("name", false), "a9 a10 b c");
  assertEquals(sorted("name", true), "c b a10 a9");
});

Deno.test("comparing() by state puts the worst first", () => {
  const rows = typed([
    running("a"),
    stopped("b"),
    unusable("c", "symlink"),
    failed("d", "unknown"),
  ]);
  const states = rows.toSorted(comparing({ by: "state", descending: false })).map(({ state }) =>
    state
  );
  assertEquals(states, ["failed", "unusable", "stopped", "running"]);
});

Deno.test("commands() are those that fit the state, and none where the name is no word", () => {
  const [up, down, none, odd] = typed([
    ...[running("coder"), stopped("coder"), unusable("coder", "no-soul"), running("a b")],
  ]);
  const each = (...names: string[]) => names.map((name) => `gatewayctl ${name} coder`);
  assertEquals(commands(up), each("restart", "stop", "logs"));
  assertEquals(commands(down), each("start", "logs"));
  assertEquals([commands(none), commands(odd)], [[], []]);
});
