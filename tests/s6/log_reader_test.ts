import { assertEquals } from "@std/assert";
import {
  lastLogLines,
  LOG_BLOCK_BYTES,
  LogReader,
  placeOfLast,
  placeSince,
} from "../../lib/s6/log_reader.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { rotate, rotatedName, stamped } from "./_log.ts";

const append = (path: string, text: string) => Deno.writeTextFileSync(path, text, { append: true });

/** Reads until there is no more. */
function drain(reader: LogReader, whole?: boolean): string[] {
  const found: string[] = [];
  for (let lines = reader.read(whole); lines.length > 0; lines = reader.read(whole)) {
    found.push(...lines);
  }
  return found;
}

Deno.test("lastLogLines() goes on in the files that were rotated away", () => {
  using temp = new TempDir();
  temp.write(rotatedName(1), "a\nb\n");
  temp.write(rotatedName(2), "c\n");
  temp.write("previous", "d\n");
  temp.write("current", "e\n");
  temp.write("state", "no log\n");
  temp.write("lock", "no log\n");
  const all = ["a", "b", "c", "d", "e"];
  for (const count of [0, 1, 2, 3, 4, 5, 20]) {
    assertEquals(lastLogLines(temp.path, count), all.slice(Math.max(0, 5 - count)), `${count}`);
  }
});

Deno.test("lastLogLines() counts lines across blocks, and gives a last one that has no end yet", () => {
  using temp = new TempDir();
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${"é".repeat(i % 50)}`);
  temp.write("current", lines.join("\n") + "\nno end");
  assertEquals(lastLogLines(temp.path, 2000), [...lines.slice(-1999), "no end"]);
});

Deno.test("lastLogLines() finds nothing where there is no log, and waits for no FIFO", () => {
  using temp = new TempDir();
  assertEquals(lastLogLines(`${temp.path}/none`, 5), []);
  mkfifo(`${temp.path}/current`);
  assertEquals(lastLogLines(temp.path, 5), []);
});

Deno.test("lastLogLines() holds no more of a huge file than what it gives", () => {
  using temp = new TempDir();
  temp.write("current", "first\n" + "x".repeat(3 << 20) + "\nlast\n");
  assertEquals(lastLogLines(temp.path, 1), ["last"]);
  const found = lastLogLines(temp.path, 9);
  assertEquals([found.length, found.at(-1)], [9, "last"]);
  assertEquals(Math.max(...found.map(({ length }) => length)), LOG_BLOCK_BYTES);
});

Deno.test("LogReader gives whole lines from its place on, each once", () => {
  using temp = new TempDir();
  const current = temp.write("current", "old\n");
  const reader = new LogReader(temp.path, () => placeOfLast(temp.path, 0));
  assertEquals(reader.read(), []);
  append(current, "ne");
  assertEquals([reader.read(), reader.read()], [[], []]);
  append(current, "w é\nsecond\n");
  assertEquals([reader.read(), reader.read()], [["new é", "second"], []]);
});

Deno.test("LogReader loses no line across rotations between two reads, and gives none twice", () => {
  using temp = new TempDir();
  const current = temp.write("current", "old\n");
  const reader = new LogReader(temp.path, () => placeOfLast(temp.path, 1));
  assertEquals(drain(reader), ["old"]);
  append(current, "1\n2\n");
  rotate(temp.path, 1);
  append(current, "3, without an end");
  rotate(temp.path, 2);
  append(current, "4\n");
  assertEquals(drain(reader), ["1", "2", "3, without an end", "4"]);
  append(current, "5\n");
  Deno.renameSync(current, `${temp.path}/previous`);
  assertEquals(drain(reader), ["5"]);
  temp.write("current", "6\n");
  assertEquals(drain(reader), ["6"]);
});

Deno.test("LogReader goes on with what is there when its file is gone or was emptied", () => {
  using temp = new TempDir();
  const current = temp.write("current", "first\nsecond\n");
  const reader = new LogReader(temp.path, () => placeOfLast(temp.path, 0));
  assertEquals(reader.read(), []);
  Deno.truncateSync(current);
  append(current, "third\n");
  assertEquals(drain(reader), ["third"]);
  temp.write("beside", "fourth\n");
  Deno.renameSync(`${temp.path}/beside`, current);
  assertEquals(drain(reader), ["fourth"]);
});

Deno.test("LogReader waits for a log that is not there yet", () => {
  using temp = new TempDir();
  const reader = new LogReader(`${temp.path}/later`, () => placeOfLast(`${temp.path}/later`, 5));
  assertEquals(reader.read(), []);
  temp.mkdir("later");
  temp.write("later/current", "first\n");
  assertEquals(reader.read(), ["first"]);
});

Deno.test("placeSince() leaves nothing out that is as new as asked for, and little before it", () => {
  using temp = new TempDir();
  const lines = (from: number, to: number) =>
    Array.from(
      { length: to - from },
      (_, i) => stamped(from + i, `line ${from + i} ${"x".repeat(90)}`),
    );
  temp.write(rotatedName(1), lines(0, 3000).join(""));
  temp.write(rotatedName(2), lines(3000, 6000).join(""));
  temp.write("current", lines(6000, 9000).join(""));
  for (const second of [0, 1, 2999, 3000, 3001, 4444, 8999, 9500]) {
    const since = new Date(2026, 10, 22, 8, 0, second);
    const found = drain(new LogReader(temp.path, () => placeSince(temp.path, since)));
    const first = Number(/line (\d+)/.exec(found[0] ?? "")?.[1]);
    assertEquals(first <= Math.min(second, 8999), true, `${second}: begins with ${first}`);
    assertEquals(second - first < 1200, true, `${second}: begins with ${first}`);
    assertEquals(found.length, 9000 - first);
  }
  assertEquals(placeSince(`${temp.path}/none`, new Date()), undefined);
});
