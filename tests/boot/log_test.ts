import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { appendBootLog, bootLogLines } from "../../lib/boot/log.ts";
import { skippedAction, slotAction } from "../../lib/boot/action.ts";
import { mkfifo, runScript } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

const LOG = "logs/container-boot.log";
const ROTATE_AT = 262144;

Deno.test("bootLogLines() words an action with its time to the second", () => {
  const action = slotAction("coder", { priorState: "running", priorExit: "clean" });
  assertEquals(
    bootLogLines([action], new Date("2026-11-22T08:47:00.999Z")),
    "2026-11-22T08:47:00+0000 profile=coder prior_state=running action=started prior_exit=clean\n",
  );
});

Deno.test("bootLogLines() names the container, as one word", () => {
  const action = slotAction("coder", { priorState: null, priorExit: "clean" });
  for (const [name, word] of [["hermes-1", "hermes-1"], ["a profile=b", '"a\\u0020profile=b"']]) {
    const [, container, profile] = bootLogLines([action], new Date(0), name).split(" ");
    assertEquals([container, profile], [`container=${word}`, "profile=coder"]);
  }
});

Deno.test("bootLogLines() writes None where there is no prior state and a reason at the end", () => {
  const skipped = skippedAction("a b", 'not "legal"', false);
  assertEquals(
    bootLogLines([skipped], new Date(0)),
    '1970-01-01T00:00:00+0000 profile="a\\u0020b" prior_state=None action=skipped ' +
      'prior_exit=unknown reason="not \\"legal\\""\n',
  );
});

Deno.test("appendBootLog() makes the logs directory and the log, and appends", () => {
  using temp = new TempDir();
  for (const line of ["one\n", "two\n"]) appendBootLog(temp.path, line);
  assertEquals(Deno.readTextFileSync(`${temp.path}/${LOG}`), "one\ntwo\n");
});

Deno.test("appendBootLog() starts a new line after one that was never ended", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  for (
    const [before, after] of [["half", "half\nnew\n"], ["whole\n", "whole\nnew\n"], ["", "new\n"]]
  ) {
    temp.write(LOG, before);
    appendBootLog(temp.path, "new\n");
    assertEquals(Deno.readTextFileSync(`${temp.path}/${LOG}`), after);
  }
});

Deno.test("appendBootLog() of nothing makes nothing", () => {
  using temp = new TempDir();
  appendBootLog(temp.path, "");
  assertEquals([...Deno.readDirSync(temp.path)], []);
});

Deno.test("appendBootLog() rotates at exactly 262144 bytes, over the log rotated before, a symlink's target kept", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${temp.path}/${LOG}.1`);
  const size = (name: string) => Deno.lstatSync(`${temp.path}/${name}`).size;
  temp.write(LOG, "x".repeat(ROTATE_AT - 2) + "\n");
  appendBootLog(temp.path, "line\n");
  assertEquals([size(LOG), size(`${LOG}.1`)], [ROTATE_AT + 4, target.length]);
  temp.write(LOG, "x".repeat(ROTATE_AT));
  appendBootLog(temp.path, "line\n");
  assertEquals([size(LOG), size(`${LOG}.1`)], [5, ROTATE_AT]);
  assertEquals(Deno.readTextFileSync(target), "kept");
});

const inTheWay: [what: string, make: (path: string, target: string) => void][] = [
  ["symlink", (path, target) => Deno.symlinkSync(target, path)],
  ["dangling symlink", (path, target) => Deno.symlinkSync(`${target}-none`, path)],
  ["hard link", (path, target) => Deno.linkSync(target, path)],
  ["directory", (path) => Deno.mkdirSync(path)],
  ["FIFO", (path) => mkfifo(path)], // it would wait for ever for a peer
];

Deno.test("appendBootLog() refuses a log that is no file with one name, and changes nothing", () => {
  for (const [what, make] of inTheWay) {
    using temp = new TempDir();
    temp.mkdir("logs");
    make(`${temp.path}/${LOG}`, temp.write("target", "x".repeat(ROTATE_AT)));
    const before = snapshot(temp.path);
    assertThrows(() => appendBootLog(temp.path, "line\n"), Error, "not a regular file", what);
    assertEquals(snapshot(temp.path), before);
  }
});

Deno.test("appendBootLog() refuses a logs that is no directory and changes nothing", () => {
  for (const what of ["symlink", "file"]) {
    using temp = new TempDir();
    const elsewhere = temp.mkdir("elsewhere");
    if (what === "file") temp.write("logs", "kept");
    else Deno.symlinkSync(elsewhere, `${temp.path}/logs`);
    const before = snapshot(temp.path);
    assertThrows(() => appendBootLog(temp.path, "line\n"), Error);
    assertEquals(snapshot(temp.path), before);
  }
});

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

Deno.test({
  name: "appendBootLog() never swallows Deno's NotCapable",
  permissions: { read: false, write: false },
  fn() {
    assertThrows(() => appendBootLog("/opt/data", "line\n"), Deno.errors.NotCapable);
  },
});
