import { assert, assertEquals, assertThrows } from "@std/assert";
import { recordDesiredState } from "../../lib/profile/desired_state.ts";
import { stateOf } from "../../lib/profile/prior_state.ts";
import { mkfifo, runScript } from "../_fixtures.ts";
import { exists, modeOf, snapshot, TempDir } from "../_temp.ts";

const FILE = "gateway_state.json";
// 2026-11-22T08:47:00.999Z
const NOW = new Date(1795337220999);
const RECORDED = { desired_state: "stopped", updated_at: 1795337220 };

function content(temp: TempDir): unknown {
  return JSON.parse(Deno.readTextFileSync(`${temp.path}/${FILE}`));
}

Deno.test("recordDesiredState() makes a file that reconcile understands", () => {
  for (const desired of ["running", "stopped"] as const) {
    using temp = new TempDir();
    recordDesiredState(temp.path, desired, NOW);
    assertEquals(content(temp), { desired_state: desired, updated_at: 1795337220 });
    assertEquals(stateOf(content(temp) as Record<string, unknown>), desired);
    assertEquals(modeOf(`${temp.path}/${FILE}`), 0o644);
    assert(!exists(`${temp.path}/${FILE}.new`));
  }
});

Deno.test("recordDesiredState() replaces its own keys and keeps every other, and the mode", () => {
  using temp = new TempDir();
  const others = {
    gateway_state: "draining",
    zero: 0,
    none: null,
    text: "\u{1f600}\u0000\\",
    nested: { list: [1, [{ deep: { deeper: true } }]], "": {} },
  };
  const old = `{"desired_state":{"no":"string"},"__proto__":{"x":1},"updated_at":"long ago",${
    JSON.stringify(others).slice(1)
  }`;
  const path = temp.write(FILE, "\ufeff" + old, 0o640);
  recordDesiredState(temp.path, "stopped", NOW);
  const expected = JSON.parse(old);
  expected.desired_state = "stopped";
  expected.updated_at = RECORDED.updated_at;
  assertEquals(content(temp), expected);
  assert(Object.hasOwn(content(temp) as object, "__proto__"));
  assertEquals(modeOf(path), 0o640);
});

for (
  const [what, old] of [
    ["empty", ""],
    ["half written", '{"desired_state":"runn'],
    ["no object", '["desired_state"]'],
    ["not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
    ["too large", `{"a":"${"x".repeat(1 << 20)}"}`],
  ] as const
) {
  Deno.test(`recordDesiredState() replaces a file that is ${what}, and keeps its mode`, () => {
    for (const mode of [0o600, 0o664]) {
      using temp = new TempDir();
      const path = temp.write(FILE, old, mode);
      recordDesiredState(temp.path, "stopped", NOW);
      assertEquals([content(temp), modeOf(path)], [RECORDED, mode]);
    }
  });
}

Deno.test("recordDesiredState() replaces a symlink and leaves alone what it points to", () => {
  using temp = new TempDir();
  using other = new TempDir();
  const secret = other.write("secret", '{"api_key":"k"}', 0o600);
  const before = snapshot(other.path, { exact: true });
  Deno.symlinkSync(secret, `${temp.path}/${FILE}`);
  Deno.symlinkSync(secret, `${temp.path}/${FILE}.new`);
  recordDesiredState(temp.path, "stopped", NOW);
  assert(Deno.lstatSync(`${temp.path}/${FILE}`).isFile);
  assertEquals(content(temp), RECORDED);
  assertEquals(snapshot(other.path, { exact: true }), before);
});

Deno.test("recordDesiredState() does not wait at a FIFO, at either name", async () => {
  using temp = new TempDir();
  mkfifo(`${temp.path}/${FILE}`);
  mkfifo(`${temp.path}/${FILE}.new`);
  const { stderr } = await runScript(
    `
    import { recordDesiredState } from "../../lib/profile/desired_state.ts";
    recordDesiredState(".", "stopped", new Date(${NOW.getTime()}));
    `,
    { cwd: temp.path, timeoutMs: 10_000 },
  );
  assertEquals(stderr, "");
  assertEquals(content(temp), RECORDED);
});

Deno.test("recordDesiredState() throws at a directory, and leaves nothing beside it", () => {
  using temp = new TempDir();
  temp.mkdir(FILE);
  temp.write(`${FILE}/kept`);
  const before = snapshot(temp.path);
  assertThrows(() => recordDesiredState(temp.path, "stopped", NOW), Error);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("recordDesiredState() throws without a profile directory, and makes none", () => {
  using temp = new TempDir();
  const dir = `${temp.path}/absent`;
  assertThrows(() => recordDesiredState(dir, "stopped", NOW), Deno.errors.NotFound);
  assert(!exists(dir));
});

Deno.test("recordDesiredState() that fails leaves the old file as it was", () => {
  using temp = new TempDir();
  temp.write(FILE, '{"kept":1}');
  temp.mkdir(`${FILE}.new`);
  temp.write(`${FILE}.new/in the way`);
  const before = snapshot(temp.path);
  assertThrows(() => recordDesiredState(temp.path, "stopped", NOW), Error);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("recordDesiredState() gives a file that its owner could not read a mode that it can", () => {
  for (
    const [mode, then] of [[0, 0o600], [0o044, 0o644], [0o200, 0o600], [0o440, 0o640]] as const
  ) {
    using temp = new TempDir();
    const path = temp.write(FILE, "{}", mode);
    recordDesiredState(temp.path, "stopped", NOW);
    assertEquals(modeOf(path), then);
  }
});
