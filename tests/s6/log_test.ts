import { assertEquals } from "@std/assert";
import { lastLogTime, parseLogLine, readFileEnd } from "../../lib/s6/log.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

Deno.test("parseLogLine() reads s6-log's stamp as local time, and leaves a line without one as it is", () => {
  const time = new Date(2026, 10, 22, 8, 47, 1, 123);
  const line = "2026-11-22 08:47:01.123456789  up: 1  2";
  assertEquals(parseLogLine(line), { time, text: "up: 1  2" });
  for (const text of ["", "up", "2026-11-22 up", "x2026-11-22 08:47:01.1  up"]) {
    assertEquals(parseLogLine(text), { time: null, text });
  }
});

Deno.test("lastLogTime() and readFileEnd() find nothing where there is no log, and wait for no FIFO", () => {
  using temp = new TempDir();
  assertEquals(lastLogTime(`${temp.path}/none`), null);
  assertEquals(readFileEnd(`${temp.path}/none`), "");
  mkfifo(`${temp.path}/current`);
  assertEquals(readFileEnd(`${temp.path}/current`), "");
});
