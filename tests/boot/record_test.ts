import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { BOOT_RECORD, readBootRecord, writeBootRecord } from "../../lib/boot/record.ts";
import {
  keptAction,
  type ReconcileAction,
  skippedAction,
  slotAction,
} from "../../lib/boot/action.ts";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { assertWholeSlot, Home, mkfifo, RUNNING, runScript, STOPPED } from "../_fixtures.ts";
import { exists, modeOf, TempDir } from "../_temp.ts";

const RECORD = ".hermes/last-boot.json";
const started = (name: string) => slotAction(name, { priorState: "running", priorExit: "unknown" });

async function write(scandir: string, actions: ReconcileAction[], seconds = 0.5) {
  using locked = await lockScandir(scandir);
  writeBootRecord(locked, actions, seconds);
}

/** Reconciles, and returns what there was to warn of. */
async function reconcile(home: Home, dryRun = false): Promise<string[]> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  await reconcileProfileGateways({ home: home.path, scandir: home.scandir, dryRun, warn });
  return warnings.filter((warning) => !warning.includes("no prior state"));
}

Deno.test("the boot record is read back as it was written, whatever the names", async () => {
  using temp = new TempDir();
  const names = ["default", 'a"b\\c\n', "__proto__", "é\u202e", ""];
  await write(temp.path, names.map(started), 0.042);
  assertEquals(readBootRecord(temp.path), {
    seconds: 0.042,
    actions: new Map(names.map((name) => [name, "started" as const])),
  });
  assertEquals(BOOT_RECORD, RECORD);
  assertEquals(modeOf(`${temp.path}/${RECORD}`), 0o644);
});

Deno.test("the boot record keeps of a slot that was there what a pass before has recorded, if anything", async () => {
  using temp = new TempDir();
  await write(temp.path, ["a", "gone"].map(started), 1);
  const kept = ["a", "unknown"].map((name) => keptAction(started(name), "unchanged"));
  await write(temp.path, [...kept, started("new")], 2);
  assertEquals(readBootRecord(temp.path), {
    seconds: 2,
    actions: new Map(["new", "a"].map((name) => [name, "started" as const])),
  });
});

Deno.test("the boot record is about the root profile, not about profiles/default, which collides", async () => {
  using temp = new TempDir();
  await write(temp.path, [started("default"), skippedAction("default", "collides", false)]);
  assertEquals([...readBootRecord(temp.path).actions], [["default", "started"]]);
});

const garbled = [
  "",
  '{"seconds":0.5,"actions":[["default","sta',
  "[]",
  '{"actions":[]}',
  '{"seconds":-1,"actions":[]}',
  '{"seconds":1e999,"actions":[]}',
  '{"seconds":"1","actions":[]}',
  '{"seconds":1}',
  '{"seconds":1,"actions":[["a","exploded"]]}',
  '{"seconds":1,"actions":[[1,"started"]]}',
  '{"seconds":1,"actions":[["a","started","x"]]}',
  '{"seconds":1,"actions":[null]}',
  "\xff", // not UTF-8
  " ".repeat((1 << 20) + 1),
];

Deno.test("readBootRecord() refuses what is no boot record, or too large", () => {
  for (const content of garbled) {
    using temp = new TempDir();
    temp.mkdir(".hermes");
    temp.write(RECORD, Uint8Array.from(content, (unit) => unit.charCodeAt(0)));
    assertThrows(() => readBootRecord(temp.path), Error, undefined, content.slice(0, 50));
  }
});

Deno.test("writeBootRecord() refuses what readBootRecord() would not read, and keeps what is there", async () => {
  using temp = new TempDir();
  await write(temp.path, [started("a")], 0.5);
  const many = Array.from({ length: 8000 }, (_, i) => started(`${i}`.padStart(130, "x")));
  await assertRejects(() => write(temp.path, many), Error, "too many profiles");
  assertEquals([...readBootRecord(temp.path).actions], [["a", "started"]]);
});

Deno.test("readBootRecord() throws where there is none, or a symlink to one", async () => {
  using temp = new TempDir();
  assertThrows(() => readBootRecord(temp.path), Deno.errors.NotFound);
  await write(temp.path, [started("a")]);
  Deno.renameSync(`${temp.path}/${RECORD}`, `${temp.path}/elsewhere`);
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${temp.path}/${RECORD}`);
  assertThrows(() => readBootRecord(temp.path), Error, "not a regular file");
});

Deno.test("readBootRecord() refuses a FIFO and does not hang", async () => {
  using temp = new TempDir();
  temp.mkdir(".hermes");
  mkfifo(`${temp.path}/${RECORD}`);
  const { code, stderr } = await runScript(
    `
    import { readBootRecord } from "../../lib/boot/record.ts";
    readBootRecord("${temp.path}");
    `,
    { timeoutMs: 10_000 },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "not a regular file");
});

Deno.test("reconcileProfileGateways() records what it did about each profile and how long it took, and a dry run does not", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("My Bot", RUNNING);
  await reconcile(home, true);
  assert(!exists(home.scandir));
  const startedAt = performance.now();
  assertEquals(await reconcile(home), []);
  const wall = (performance.now() - startedAt) / 1000;
  const { seconds, actions } = readBootRecord(home.scandir);
  assertEquals(Object.fromEntries(actions), {
    ...{ default: "registered", "My Bot": "skipped", coder: "started" },
  });
  assert(seconds > 0 && seconds <= wall + 0.001, `${seconds} s of ${wall} s`);
  home.add("coder", STOPPED);
  await reconcile(home, true);
  assertEquals(readBootRecord(home.scandir).actions.get("coder"), "started");
  await reconcile(home);
  assertEquals(readBootRecord(home.scandir).actions.get("coder"), "registered");
});

const inTheWay: [what: string, make: (path: string, target: string) => void, ok: boolean][] = [
  ["symlink", (path, target) => Deno.symlinkSync(target, path), true],
  ["FIFO", (path) => mkfifo(path), true],
  ["directory", (path) => Deno.mkdirSync(`${path}/inside`, { recursive: true }), false],
];

for (const [what, make, ok] of inTheWay) {
  Deno.test(`reconcileProfileGateways() neither follows nor waits for a ${what} at ${RECORD}, and the slots come up`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("coder", RUNNING);
    temp.mkdir("scandir/.hermes", 0o700);
    const target = temp.write("target", "kept");
    make(`${home.scandir}/${RECORD}`, target);
    const warnings = await reconcile(home);
    assertEquals(warnings.length, ok ? 0 : 1);
    if (!ok) assertStringIncludes(warnings[0] ?? "", "cannot write the boot record: ");
    assertEquals(Deno.readTextFileSync(target), "kept");
    assertWholeSlot(home.slot("coder"), { down: false });
    if (ok) assertEquals(readBootRecord(home.scandir).actions.get("coder"), "started");
  });
}
