import { assertEquals, assertThrows } from "@std/assert";
import { markPlannedStop, PLANNED_STOP_FILE } from "../../lib/profile/planned_stop.ts";
import { exists, modeOf, TempDir } from "../_temp.ts";

// 2026-11-22T08:47:00.999Z
const NOW = new Date(1795337220999);

Deno.test("markPlannedStop() writes what hermes's own stop writes, in one step", () => {
  using temp = new TempDir();
  const path = temp.write(PLANNED_STOP_FILE, "old", 0o644);
  markPlannedStop(temp.path, { pid: 4711, startTime: 123456 }, NOW);
  assertEquals(
    Deno.readTextFileSync(path),
    `{"target_pid":4711,"target_start_time":123456,"stopper_pid":${Deno.pid},` +
      '"written_at":"2026-11-22T08:47:00.999+00:00"}',
  );
  assertEquals([modeOf(path), exists(`${path}.new`)], [0o600, false]);
});

Deno.test("markPlannedStop() leaves a start time out that is not known", () => {
  using temp = new TempDir();
  markPlannedStop(temp.path, { pid: 1, startTime: null }, NOW);
  const record = JSON.parse(Deno.readTextFileSync(`${temp.path}/${PLANNED_STOP_FILE}`));
  assertEquals(record.target_start_time, null);
});

Deno.test("markPlannedStop() follows no symlink, and throws without a directory", () => {
  using temp = new TempDir();
  const secret = temp.write("secret", "kept");
  Deno.symlinkSync(secret, `${temp.path}/${PLANNED_STOP_FILE}`);
  Deno.symlinkSync(secret, `${temp.path}/${PLANNED_STOP_FILE}.new`);
  markPlannedStop(temp.path, { pid: 1, startTime: 2 }, NOW);
  assertEquals(Deno.readTextFileSync(secret), "kept");
  const mark = () => markPlannedStop(`${temp.path}/none`, { pid: 1, startTime: 2 }, NOW);
  assertThrows(mark, Deno.errors.NotFound);
});
