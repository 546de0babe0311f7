import { assert, assertEquals, assertLess } from "@std/assert";
import { LogReader, placeOfLast, placeSince } from "../../lib/s6/log_reader.ts";
import { type LogSource, readLogs, type ReadLogsOptions } from "../../lib/s6/read_logs.ts";
import { TempDir } from "../_temp.ts";
import { rotate, stamped } from "./_log.ts";

const append = (path: string, text: string) => Deno.writeTextFileSync(path, text, { append: true });

function sources(temp: TempDir, names: readonly string[], count: number): LogSource[] {
  return names.map((name) => {
    const dir = `${temp.path}/${name}`;
    return { name, reader: new LogReader(dir, () => placeOfLast(dir, count)) };
  });
}

/** Reads logs to their end, or, following, until there are so many lines or ten seconds are over. */
async function read(logs: LogSource[], options: ReadLogsOptions = {}, count = Infinity) {
  const found: string[] = [];
  const signal = AbortSignal.timeout(10_000);
  for await (const lines of readLogs(logs, { pollMs: 5, signal, ...options })) {
    found.push(...lines.map(({ name, text }) => `${name} ${text}`));
    if (found.length >= count) break;
  }
  return found;
}

Deno.test("readLogs() orders the lines of several logs by time; one without a time stays after the one before", async () => {
  using temp = new TempDir();
  temp.mkdir("a");
  temp.mkdir("b");
  temp.write("a/current", stamped(1, "one") + "more of one\n" + stamped(4, "four"));
  temp.write("b/current", stamped(2, "two") + stamped(3, "three") + stamped(4, "four"));
  assertEquals(await read(sources(temp, ["a", "b"], 20)), [
    ...["a one", "a more of one", "b two", "b three", "a four", "b four"],
  ]);
});

Deno.test("readLogs() leaves out what is older, also where a rotated file ends", async () => {
  using temp = new TempDir();
  const dir = temp.mkdir("a");
  temp.write("a/current", stamped(1, "one") + stamped(2, "two"));
  rotate(dir, 1);
  append(`${dir}/current`, stamped(3, "three") + "more of three\n" + stamped(4, "four"));
  for (const [second, count] of [[0, 5], [2, 4], [3, 3], [4, 1], [5, 0]] as const) {
    const since = new Date(2026, 10, 22, 8, 0, second);
    const log = { name: "a", reader: new LogReader(dir, () => placeSince(dir, since)) };
    const all = ["a one", "a two", "a three", "a more of three", "a four"];
    assertEquals(await read([log], { since }), count === 0 ? [] : all.slice(-count), `${second}`);
  }
});

Deno.test("readLogs() says which log cannot be read, and reads the others", async () => {
  using temp = new TempDir();
  temp.mkdir("a");
  temp.write("a/current", "one\n");
  temp.write("file", "");
  const failed: string[] = [];
  const broken = { name: "broken", reader: new LogReader(`${temp.path}/file`) };
  const options = { failed: (name: string) => failed.push(name) };
  assertEquals(await read([broken, ...sources(temp, ["a"], 5)], options), ["a one"]);
  assertEquals(failed, ["broken"]);
});

Deno.test("readLogs() follows logs that have come meanwhile", async () => {
  using temp = new TempDir();
  temp.mkdir("late");
  const more = () => Promise.resolve(sources(temp, ["late"], 5));
  setTimeout(() => temp.write("late/current", "here\n"), 50);
  assertEquals(await read([], { follow: true, more }, 1), ["late here"]);
});

Deno.test("readLogs() follows 200 logs across rotations: each line once, and an idle look is rare", async () => {
  using temp = new TempDir();
  const names = Array.from({ length: 200 }, (_, i) => `p${i}`);
  for (const name of names) {
    temp.mkdir(name);
    temp.write(`${name}/current`, stamped(0, "old"));
  }
  const abort = new AbortController();
  const logs = readLogs(sources(temp, names, 1), {
    ...{ follow: true, pollMs: 20, signal: abort.signal },
  });
  const counts = new Map<string, number>();
  const take = async (total: number) => {
    for (let taken = 0; taken < total;) {
      const { value, done } = await logs.next();
      assert(!done);
      for (const { name } of value) counts.set(name, (counts.get(name) ?? 0) + 1);
      taken += value.length;
    }
  };
  const timer = setTimeout(() => abort.abort(), 180_000);
  await take(200);
  const [turns, written] = [4, 8];
  const half = (turn: number) => stamped(turn, "x".repeat(5000)).repeat(written / 2);
  for (let turn = 0; turn < turns; turn++) {
    const taken = take(200 * written);
    for (const name of names) {
      append(`${temp.path}/${name}/current`, half(turn));
      rotate(`${temp.path}/${name}`, turn);
      append(`${temp.path}/${name}/current`, half(turn));
    }
    await taken;
  }
  assertEquals([...new Set(counts.values())], [1 + turns * written]);
  clearTimeout(timer);
  const idle = logs.next();
  const started = performance.now();
  const cpu = cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assertLess((cpuSeconds() - cpu) / ((performance.now() - started) / 1000), 0.25);
  abort.abort();
  assertEquals((await idle).done, true);
});

/** The CPU that this thread has used: others run other tests. */
function cpuSeconds(): number {
  const fields = Deno.readTextFileSync("/proc/thread-self/stat").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
