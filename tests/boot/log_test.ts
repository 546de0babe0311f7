import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { appendBootLog, bootLogLines } from "../../lib/boot/log.ts";
import { planProfile, skipProfile } from "../../lib/boot/action.ts";
import { IS_ROOT, mkfifo, runScript } from "../_fixtures.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

const LOG = "logs/container-boot.log";
const LINE = new RegExp(
  "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\+0000 profile=[!-~]+ " +
    "prior_state=([a-z_]{1,32}|None) action=(started|registered|skipped) " +
    'prior_exit=(clean|unclean|unknown)( reason="[ -~]*")?$',
);
const ROTATE_AT = 262144;

Deno.test("bootLogLines() words one line a profile", () => {
  const action = planProfile("coder", { priorState: "running", priorExit: "clean" });
  assertEquals(
    bootLogLines([action], new Date("2026-11-22T08:47:00.999Z")),
    "2026-11-22T08:47:00+0000 profile=coder prior_state=running action=started prior_exit=clean\n",
  );
});

Deno.test("bootLogLines() writes None where there is no prior state and a reason at the end", () => {
  const skipped = skipProfile("a b", 'not "legal"', false);
  assertEquals(
    bootLogLines([skipped], new Date(0)),
    '1970-01-01T00:00:00+0000 profile="a\\u0020b" prior_state=None action=skipped ' +
      'prior_exit=unknown reason="not \\"legal\\""\n',
  );
});

Deno.test("bootLogLines() is one line of printable ASCII per action whatever the names are", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
  fc.assert(fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
    const actions = pairs.map(([profile, reason]) => skipProfile(profile, reason, true));
    const lines = bootLogLines(actions, new Date(0)).split("\n");
    assertEquals(lines.pop(), "");
    assertEquals(lines.length, actions.length);
    for (const line of lines) assertMatch(line, LINE);
  }));
});

Deno.test("appendBootLog() makes the logs directory and the log, and appends", () => {
  using temp = new TempDir();
  appendBootLog(temp.path, "one\n");
  appendBootLog(temp.path, "two\n");
  assertEquals(Deno.readTextFileSync(`${temp.path}/${LOG}`), "one\ntwo\n");
});

Deno.test("appendBootLog() starts a new line after one that was never ended", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  const lines = (before: string) => {
    temp.write(LOG, before);
    appendBootLog(temp.path, "new\n");
    return Deno.readTextFileSync(`${temp.path}/${LOG}`);
  };
  assertEquals(lines("2026-11-22T08:47:00+0000 profi"), "2026-11-22T08:47:00+0000 profi\nnew\n");
  assertEquals(lines("whole\n"), "whole\nnew\n");
  assertEquals(lines(""), "new\n");
});

Deno.test("appendBootLog() of nothing makes nothing", () => {
  using temp = new TempDir();
  appendBootLog(temp.path, "");
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

Deno.test("appendBootLog() appends below 262144 bytes", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  temp.write(LOG, "x".repeat(ROTATE_AT - 2) + "\n");
  appendBootLog(temp.path, "line\n");
  assertEquals(Deno.statSync(`${temp.path}/${LOG}`).size, ROTATE_AT - 1 + 5);
  assert(!exists(`${temp.path}/${LOG}.1`));
});

Deno.test("appendBootLog() rotates at exactly 262144 bytes, over the log rotated before", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  temp.write(LOG, "x".repeat(ROTATE_AT));
  temp.write(`${LOG}.1`, "older");
  appendBootLog(temp.path, "line\n");
  assertEquals(Deno.readTextFileSync(`${temp.path}/${LOG}`), "line\n");
  assertEquals(Deno.statSync(`${temp.path}/${LOG}.1`).size, ROTATE_AT);
});

Deno.test("appendBootLog() replaces a symlink where the rotated log goes, not its target", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  temp.write(LOG, "x".repeat(ROTATE_AT));
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/${LOG}.1`);
  appendBootLog(temp.path, "line\n");
  assertEquals(Deno.readTextFileSync(target), "kept");
  assert(Deno.lstatSync(`${temp.path}/${LOG}.1`).isFile);
});

const inTheWay: [what: string, make: (path: string, target: string) => void][] = [
  ["symlink", (path, target) => Deno.symlinkSync(target, path)],
  ["dangling symlink", (path, target) => Deno.symlinkSync(`${target}-none`, path)],
  ["hard link", (path, target) => Deno.linkSync(target, path)],
  ["directory", (path) => Deno.mkdirSync(path)],
];

for (const [what, make] of inTheWay) {
  Deno.test(`appendBootLog() refuses a log that is a ${what} and changes nothing`, () => {
    using temp = new TempDir();
    temp.mkdir("logs");
    make(`${temp.path}/${LOG}`, temp.write("target", "x".repeat(ROTATE_AT)));
    const before = snapshot(temp.path);
    assertThrows(() => appendBootLog(temp.path, "line\n"), Error);
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("appendBootLog() refuses a log that is a FIFO and does not hang", async () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  mkfifo(`${temp.path}/${LOG}`);
  const { code, stderr } = await runScript(
    `
    import { appendBootLog } from "../../lib/boot/log.ts";
    appendBootLog(".", "line\\n");
    `,
    { cwd: temp.path, timeoutMs: 10_000 },
  );
  assertEquals(code, 1);
  assertMatch(stderr, /not a regular file/);
  assert(Deno.lstatSync(`${temp.path}/${LOG}`).isFifo);
});

for (const what of ["symlink", "file"]) {
  Deno.test(`appendBootLog() refuses a logs that is a ${what} and changes nothing`, () => {
    using temp = new TempDir();
    const elsewhere = temp.mkdir("elsewhere");
    if (what === "file") temp.write("logs", "kept");
    else Deno.symlinkSync(elsewhere, `${temp.path}/logs`);
    const before = snapshot(temp.path);
    assertThrows(() => appendBootLog(temp.path, "line\n"), Error);
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("appendBootLog() throws when the home is missing or logs is not writable", async () => {
  using temp = new TempDir();
  assertThrows(() => appendBootLog(`${temp.path}/none`, "line\n"), Deno.errors.NotFound);
  temp.mkdir("logs", 0o555);
  const { stderr } = await runScript(
    `
    import { appendBootLog } from "../../lib/boot/log.ts";
    appendBootLog(".", "line\\n");
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertMatch(stderr, /PermissionDenied/);
});

Deno.test("appendBootLog() takes being refused the chown (EPERM: not root)", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runScript(
    `
    import { appendBootLog } from "../../lib/boot/log.ts";
    for (const line of ["one\\n", "two\\n"]) {
      appendBootLog(".", line, { uid: 12345, gid: 12345 });
    }
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals([code, stderr], [0, ""]);
  assertEquals(Deno.readTextFileSync(`${temp.path}/${LOG}`), "one\ntwo\n");
  assertEquals(Deno.lstatSync(`${temp.path}/${LOG}`).uid, Deno.uid());
});

Deno.test({
  name: "appendBootLog() gives logs and the log away as root with CAP_CHOWN alone " +
    "(only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const { code, stderr } = await runScript(
      `
      import { appendBootLog } from "../../lib/boot/log.ts";
      appendBootLog(".", "line\\n", { uid: 10000, gid: 10001 });
      `,
      { cwd: temp.path, capabilities: "chown" },
    );
    assertEquals([code, stderr], [0, ""]);
    for (const path of ["logs", LOG]) {
      const { uid, gid } = Deno.lstatSync(`${temp.path}/${path}`);
      assertEquals([uid, gid], [10000, 10001]);
    }
  },
});

Deno.test({
  name: "appendBootLog() gives what it makes to the owner (only root can give away)",
  ignore: !IS_ROOT,
  fn() {
    using temp = new TempDir();
    appendBootLog(temp.path, "line\n", { uid: 10000, gid: 10001 });
    for (const path of ["logs", LOG]) {
      const { uid, gid } = Deno.lstatSync(`${temp.path}/${path}`);
      assertEquals([uid, gid], [10000, 10001]);
    }
    appendBootLog(temp.path, "line\n", { uid: 10002, gid: 10002 });
    assertEquals(Deno.lstatSync(`${temp.path}/${LOG}`).uid, 10000);
  },
});

Deno.test({
  name: "appendBootLog() never swallows Deno's NotCapable",
  permissions: { read: false, write: false },
  fn() {
    assertThrows(() => appendBootLog("/opt/data", "line\n"), Deno.errors.NotCapable);
  },
});
