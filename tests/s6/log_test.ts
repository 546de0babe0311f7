import { assertEquals } from "@std/assert";
import { followLog, lastLogLines, lastLogTime, parseLogLine } from "../../lib/s6/log.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const rotated = (n: number) => `@4000000067${String(n).padStart(14, "0")}.s`;

Deno.test("parseLogLine() reads s6-log's stamp as local time, and leaves a line without one as it is", () => {
  const time = new Date(2026, 10, 22, 8, 47, 1);
  const line = "2026-11-22 08:47:01.123456789  up: 1  2";
  assertEquals(parseLogLine(line), { time, text: "up: 1  2" });
  for (const text of ["", "up", "2026-11-22 up", "x2026-11-22 08:47:01.1  up"]) {
    assertEquals(parseLogLine(text), { time: null, text });
  }
});

Deno.test("lastLogLines() goes on in the files that were rotated away", () => {
  using temp = new TempDir();
  temp.write(rotated(1), "a\nb\n");
  temp.write(rotated(2), "c\nd\n");
  temp.write("current", "e\n");
  temp.write("state", "no log\n");
  temp.write("lock", "no log\n");
  assertEquals(lastLogLines(temp.path, 1), ["e"]);
  assertEquals(lastLogLines(temp.path, 4), ["b", "c", "d", "e"]);
  assertEquals(lastLogLines(temp.path, 20), ["a", "b", "c", "d", "e"]);
  assertEquals(lastLogLines(temp.path, 0), []);
});

Deno.test("lastLogLines() and lastLogTime() find nothing where there is no log", () => {
  using temp = new TempDir();
  assertEquals(lastLogLines(`${temp.path}/none`, 5), []);
  assertEquals(lastLogTime(`${temp.path}/none`), null);
  mkfifo(`${temp.path}/current`); // it does not wait for one
  assertEquals(lastLogLines(temp.path, 5), []);
});

Deno.test("lastLogLines() reads no more than the end of a huge file", () => {
  using temp = new TempDir();
  temp.write("current", "first\n" + "x".repeat(3 << 20) + "\nlast\n");
  assertEquals(lastLogLines(temp.path, 1), ["last"]);
  assertEquals(lastLogLines(temp.path, 9).includes("first"), false);
});

/** Reads some lines that a follower gives; one that gives too few is ended. */
async function take(lines: AsyncGenerator<string>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { done, value } = await lines.next();
    if (done) break;
    found.push(value);
  }
  return found;
}

/** Follows a log for at most three seconds. */
async function following(
  dir: string,
  pollMs: number,
  fn: (lines: AsyncGenerator<string>) => Promise<void>,
): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), 3000);
  const lines = followLog(dir, pollMs, abort.signal);
  try {
    await fn(lines);
  } finally {
    clearTimeout(timer);
    await lines.return(undefined);
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("followLog() starts at the end and gives whole lines", async () => {
  using temp = new TempDir();
  const current = temp.write("current", "old\n");
  await following(temp.path, 5, async (lines) => {
    const found = take(lines, 2);
    Deno.writeTextFileSync(current, "ne", { append: true });
    await sleep(30);
    Deno.writeTextFileSync(current, "w é\nsecond\n", { append: true });
    assertEquals(await found, ["new é", "second"]);
  });
});

Deno.test("followLog() loses no line across two rotations between two looks", async () => {
  using temp = new TempDir();
  const current = temp.write("current", "old\n");
  await following(temp.path, 50, async (lines) => {
    const found = take(lines, 4);
    await sleep(10);
    const rotate = (n: number, text: string) => {
      Deno.writeTextFileSync(current, text, { append: true });
      Deno.renameSync(current, `${temp.path}/${rotated(n)}`);
      Deno.writeTextFileSync(current, "");
    };
    rotate(1, "1\n2\n");
    rotate(2, "3\n");
    Deno.writeTextFileSync(current, "4\n", { append: true });
    assertEquals(await found, ["1", "2", "3", "4"]);
  });
});

Deno.test("followLog() waits for a log that is not there yet", async () => {
  using temp = new TempDir();
  await following(`${temp.path}/later`, 5, async (lines) => {
    const found = take(lines, 1);
    await sleep(20);
    temp.mkdir("later");
    temp.write("later/current", "first\n");
    assertEquals(await found, ["first"]);
  });
});
