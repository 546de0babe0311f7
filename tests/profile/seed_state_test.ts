import { assert, assertEquals, assertThrows } from "@std/assert";
import { BOOTSTRAP_STATE, legacyState, seedState } from "../../lib/profile/seed_state.ts";
import { exists, modeOf, snapshot, TempDir } from "../_temp.ts";

const FILE = "gateway_state.json";
// 2026-11-22T08:47:00.999Z
const NOW = new Date(1795337220999);

Deno.test("seedState() makes a state file that says running, and where it comes from", () => {
  using temp = new TempDir();
  seedState(temp.path, legacyState(NOW));
  const path = `${temp.path}/${FILE}`;
  assertEquals(JSON.parse(Deno.readTextFileSync(path)), {
    gateway_state: "running",
    desired_state: "running",
    timestamp: 1795337220,
    migrated_from: "legacy-container-cmd",
  });
  assertEquals(modeOf(path), 0o644);
});

Deno.test("seedState() makes the state that upstream makes for a first boot that is to run", () => {
  using temp = new TempDir();
  seedState(temp.path, BOOTSTRAP_STATE);
  assertEquals(Deno.readTextFileSync(`${temp.path}/${FILE}`), '{"gateway_state":"running"}\n');
});

const inTheWay: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["an empty file", (_, temp) => temp.write(FILE)],
  ["a symlink that leads nowhere", (path, temp) => Deno.symlinkSync(`${temp.path}/none`, path)],
  ["a directory", (path) => Deno.mkdirSync(path)],
];

for (const [what, make] of inTheWay) {
  Deno.test(`seedState() leaves ${what} alone`, () => {
    using temp = new TempDir();
    make(`${temp.path}/${FILE}`, temp);
    const before = snapshot(temp.path);
    seedState(temp.path, BOOTSTRAP_STATE);
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("seedState() throws without a home, and makes none", () => {
  using temp = new TempDir();
  assertThrows(() => seedState(`${temp.path}/none`, BOOTSTRAP_STATE), Deno.errors.NotFound);
  assert(!exists(`${temp.path}/none`));
});
