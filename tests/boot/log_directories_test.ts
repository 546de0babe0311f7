import { assert, assertEquals } from "@std/assert";
import { prepareLogDirectories } from "../../lib/boot/log_directories.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

Deno.test("prepareLogDirectories() makes what is missing, and of what is there removes only the lock", () => {
  using temp = new TempDir();
  temp.mkdir("logs/gateways/coder");
  for (const name of ["lock", "current", "@old.s"]) temp.write(`logs/gateways/coder/${name}`, name);
  prepareLogDirectories(temp.path, ["default", "coder"]);
  const entries = [...Deno.readDirSync(`${temp.path}/logs/gateways/coder`)].map(({ name }) => name);
  assertEquals(entries.sort(), ["@old.s", "current"]);
  const { isDirectory, mode } = Deno.lstatSync(`${temp.path}/logs/gateways/default`);
  assertEquals([isDirectory, (mode ?? 0) & 0o7777], [true, 0o755]);
});

Deno.test("prepareLogDirectories() leaves alone what lies behind a symlink, and does the others", () => {
  using temp = new TempDir();
  const outside = temp.mkdir("outside");
  temp.write("outside/lock", "kept");
  temp.mkdir("home/logs/gateways");
  Deno.symlinkSync(outside, `${temp.path}/home/logs/gateways/coder`);
  temp.write("home/logs/gateways/file", "kept");
  temp.mkdir("home/logs/gateways/stuck/lock");
  temp.write("home/logs/gateways/stuck/lock/full", "");
  const before = snapshot(outside);
  prepareLogDirectories(`${temp.path}/home`, ["coder", "file", "stuck", "writer"]);
  assertEquals(snapshot(outside), before);
  assertEquals(Deno.readTextFileSync(`${temp.path}/home/logs/gateways/file`), "kept");
  assert(exists(`${temp.path}/home/logs/gateways/writer`));
  for (const part of ["logs", "logs/gateways"]) {
    using other = new TempDir();
    if (part !== "logs") other.mkdir("logs");
    Deno.symlinkSync(outside, `${other.path}/${part}`);
    prepareLogDirectories(other.path, ["writer"]);
    assertEquals(snapshot(outside), before);
  }
});

Deno.test("prepareLogDirectories() makes nothing for nobody", () => {
  using temp = new TempDir();
  prepareLogDirectories(temp.path, []);
  assert(!exists(`${temp.path}/logs`));
});

Deno.test({
  name: "prepareLogDirectories() never swallows Deno's NotCapable",
  permissions: { read: true },
  fn() {
    let thrown: unknown;
    try {
      prepareLogDirectories("/opt/data", ["coder"]);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof Deno.errors.NotCapable);
  },
});
