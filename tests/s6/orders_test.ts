import { assertEquals } from "@std/assert";
import {
  killAfter,
  startAfter,
  startsAfter,
  waitNoLonger,
  waitsSince,
} from "../../lib/s6/orders.ts";
import { TempDir } from "../_temp.ts";

Deno.test("killAfter() writes whole milliseconds, never 0, which is never to s6, or takes that back", () => {
  using temp = new TempDir();
  for (const [ms, text] of [[1500.2, "1501\n"], [0, "1\n"]] as const) {
    killAfter(temp.path, ms);
    assertEquals(Deno.readTextFileSync(`${temp.path}/timeout-kill`), text);
  }
  for (const _ of ["there", "gone"]) killAfter(temp.path, undefined);
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

Deno.test("startAfter() is about one process, until it is taken back", () => {
  using temp = new TempDir();
  assertEquals(startsAfter(temp.path, 7), false);
  startAfter(temp.path, 7);
  assertEquals([7, 77].map((pid) => startsAfter(temp.path, pid)), [true, false]);
  startAfter(temp.path, undefined);
  assertEquals(startsAfter(temp.path, 7), false);
});

Deno.test("waitsSince() is when the file was made, until waitNoLonger(), and nothing else counts", () => {
  using temp = new TempDir();
  assertEquals(waitsSince(temp.path), undefined);
  temp.write("waits");
  const age = Date.now() - waitsSince(temp.path)!.getTime();
  assertEquals(age > -1000 && age < 60_000, true, `${age} ms`);
  for (const _ of ["there", "gone"]) waitNoLonger(temp.path);
  assertEquals(waitsSince(temp.path), undefined);
  temp.mkdir("waits");
  assertEquals(waitsSince(temp.path), undefined);
});
