import { assert, assertEquals, assertThrows } from "@std/assert";
import { removeStaleFiles } from "../../lib/profile/prior_state.ts";
import { exists, TempDir } from "../_temp.ts";

function listing(dir: string) {
  return new Map([...Deno.readDirSync(dir)].map((entry) => [entry.name, entry]));
}

Deno.test("removeStaleFiles() removes gateway.pid and processes.json, symlinks as such, and nothing else", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("profile");
  const target = temp.write("target", "kept");
  for (const name of ["gateway_state.json", "SOUL.md", "gateway.pid"]) {
    temp.write(`profile/${name}`);
  }
  Deno.symlinkSync(target, `${dir}/processes.json`);
  removeStaleFiles("coder", dir, listing(dir), (message) => assertEquals(message, ""));
  assertEquals([...listing(dir).keys()].sort(), ["SOUL.md", "gateway_state.json"]);
  assertEquals(Deno.readTextFileSync(target), "kept");
});

Deno.test("removeStaleFiles() warns of one it cannot remove and goes on", () => {
  using temp = new TempDir();
  temp.mkdir("gateway.pid");
  temp.write("gateway.pid/file");
  temp.write("processes.json");
  const warnings: string[] = [];
  removeStaleFiles("coder", temp.path, listing(temp.path), (message) => warnings.push(message));
  assertEquals(warnings.length, 1);
  assert(exists(`${temp.path}/gateway.pid/file`));
  assert(!exists(`${temp.path}/processes.json`));
});

Deno.test({
  name: "removeStaleFiles() never swallows Deno's NotCapable",
  permissions: { write: false },
  fn() {
    const entry = { isFile: true, isSymlink: false };
    assertThrows(
      () => removeStaleFiles("a", "/opt/data", new Map([["gateway.pid", entry]]), () => {}),
      Deno.errors.NotCapable,
    );
  },
});
