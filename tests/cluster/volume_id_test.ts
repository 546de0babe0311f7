import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ensureVolumeId,
  isVolume,
  readVolumeId,
  VOLUME_ID_FILE,
} from "../../lib/cluster/volume_id.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

Deno.test("ensureVolumeId() gives a volume an ID of its own, once", () => {
  using temp = new TempDir();
  using other = new TempDir();
  assertEquals(readVolumeId(temp.path), undefined);
  const id = ensureVolumeId(temp.path);
  assertEquals([ensureVolumeId(temp.path), readVolumeId(temp.path)], [id, id]);
  assert(ensureVolumeId(other.path) !== id);
  assert(isVolume(temp.path, id) && !isVolume(other.path, id));
  assertEquals([...Deno.readDirSync(temp.path)].map(({ name }) => name), [VOLUME_ID_FILE]);
});

Deno.test("readVolumeId() takes nothing else for an ID, and hangs on no FIFO", () => {
  for (const content of ["", "x", "\n", "0".repeat(1 << 20), undefined]) {
    using temp = new TempDir();
    const path = `${temp.path}/${VOLUME_ID_FILE}`;
    if (content === undefined) mkfifo(path);
    else temp.write(VOLUME_ID_FILE, content);
    const problem = "expected a file with a UUID; remove it";
    assertThrows(() => readVolumeId(temp.path), Error, problem);
    assertThrows(() => ensureVolumeId(temp.path), Error, problem);
    assert(!isVolume(temp.path, ""));
  }
});
