import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { ScandirBusyError } from "../../lib/_errors.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { mkfifo, runScript, visible } from "../_fixtures.ts";
import { exists, modeOf, snapshot, TempDir } from "../_temp.ts";

/** Where a killed holder of a scandir's lock had its staging directory; it is not there. */
async function stagingOf(path: string): Promise<string> {
  using scandir = await lockScandir(path);
  return scandir.openStaging().path;
}

/** What is in the suite's own directory of a scandir. */
function ownNames(path: string): string[] {
  return [...Deno.readDirSync(`${path}/.hermes`)].map(({ name }) => name).sort();
}

Deno.test("lockScandir() makes a scandir with its parents, and nothing in it that s6-svscan would supervise or others may read", async () => {
  using temp = new TempDir();
  const path = `${temp.path}/run/service`;
  {
    using scandir = await lockScandir(path);
    scandir.openStaging();
    assertEquals([scandir.path, visible(path)], [path, []]);
    assertEquals(modeOf(`${path}/.hermes`), 0o700);
  }
  assertEquals(visible(path), []);
});

Deno.test("lockScandir() throws when the scandir is a file or a dangling symlink, and touches nothing", async () => {
  using temp = new TempDir();
  temp.write("file", "kept");
  Deno.symlinkSync(`${temp.path}/none`, `${temp.path}/link`);
  const before = snapshot(temp.path);
  for (const name of ["file", "link"]) {
    await assertRejects(() => lockScandir(`${temp.path}/${name}`), Error);
  }
  assertEquals(snapshot(temp.path), before);
});

Deno.test("lockScandir() gives up on a held lock with ScandirBusyError, in bounded time, and leaves the holder's staging directory alone", async () => {
  using temp = new TempDir();
  using holder = await lockScandir(temp.path);
  const { path } = holder.openStaging();
  Deno.mkdirSync(`${path}/gateway-coder`);
  const start = performance.now();
  await assertRejects(() => lockScandir(temp.path, { timeoutMs: 50 }), ScandirBusyError, "50 ms");
  const elapsed = performance.now() - start;
  assert(elapsed >= 50, `gave up after ${elapsed} ms`);
  assertLess(elapsed, 5000);
  assert(exists(`${path}/gateway-coder`));
});

const leftovers: [what: string, make: (staging: string, target: string) => void][] = [
  ["half a slot", (staging) => {
    Deno.mkdirSync(`${staging}/gateway-coder/supervise`, { recursive: true });
    Deno.writeTextFileSync(`${staging}/gateway-coder/run`, "half");
  }],
  ["a file", (staging) => Deno.writeTextFileSync(staging, "")],
  ["a symlink", (staging, target) => Deno.symlinkSync(target, staging)],
];

for (const [what, make] of leftovers) {
  Deno.test(`lockScandir() removes ${what} that was left as a staging directory, and nothing beyond it`, async () => {
    using temp = new TempDir();
    const target = temp.mkdir("target");
    temp.write("target/file", "kept");
    const staging = await stagingOf(temp.mkdir("scandir"));
    make(staging, target);
    const before = snapshot(target);
    using scandir = await lockScandir(`${temp.path}/scandir`);
    assert(!exists(staging));
    assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
    assertEquals(snapshot(target), before);
  });
}

Deno.test("lockScandir() goes on beside a staging directory that cannot be removed yet, and the next holder removes it", async () => {
  using temp = new TempDir();
  const left = await stagingOf(temp.path);
  Deno.mkdirSync(`${left}/shut/inside`, { recursive: true });
  Deno.chmodSync(`${left}/shut`, 0o555);
  const { stdout } = await runScript(
    `
    import { lockScandir } from "../../lib/slot/scandir.ts";
    using scandir = await lockScandir(".", { timeoutMs: 0 });
    console.log([...Deno.readDirSync(scandir.openStaging().path)].length);
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals(stdout, "0\n");
  assertEquals(ownNames(temp.path), ["lock", left.split("/").at(-1)]);
  Deno.chmodSync(`${left}/shut`, 0o755);
  (await lockScandir(temp.path))[Symbol.dispose]();
  assertEquals(ownNames(temp.path), ["lock"]);
});

const odd: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["symlink", (path, temp) => Deno.symlinkSync(`${temp.path}/outside`, path)],
  ["symlink to a file", (path, temp) => Deno.symlinkSync(`${temp.path}/outside/file`, path)],
  ["dangling symlink", (path, temp) => Deno.symlinkSync(`${temp.path}/outside/none`, path)],
  ["FIFO", (path) => mkfifo(path)], // it would wait for ever for a peer
];
const notOwn = [
  ...[...odd, ["directory", (path: string) => Deno.mkdirSync(path)] as const]
    .map(([what, make]) => [".hermes/lock", what, make, "lock is not a regular file"] as const),
  ...odd.map(([what, make]) => [".hermes", what, make, ".hermes is not a directory"] as const),
];

for (const [entry, what, make, problem] of notOwn) {
  Deno.test(`lockScandir() refuses a ${entry} that is a ${what}, does not wait, and touches nothing`, async () => {
    using temp = new TempDir();
    temp.mkdir("outside/staging");
    temp.write("outside/staging/precious", "kept");
    temp.write("outside/file", "kept");
    temp.mkdir(entry === ".hermes" ? "scandir" : "scandir/.hermes", 0o700);
    make(`${temp.path}/scandir/${entry}`, temp);
    const before = snapshot(temp.path);
    await assertRejects(() => lockScandir(`${temp.path}/scandir`), Error, problem);
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("openStaging() makes one empty directory per lock, on the scandir's file system, that goes with it", async () => {
  using temp = new TempDir();
  let staging: string;
  {
    using scandir = await lockScandir(temp.path);
    staging = scandir.openStaging().path;
    assertEquals([...Deno.readDirSync(staging)], []);
    assertEquals(Deno.lstatSync(staging).dev, Deno.lstatSync(temp.path).dev);
    Deno.writeTextFileSync(`${staging}/left`, "");
    assertEquals(scandir.openStaging().path, staging);
    assert(exists(`${staging}/left`));
  }
  assert(!exists(staging));
});

Deno.test("openStaging() makes another directory for each lock, and one that failed is tried again at the next call", async () => {
  using temp = new TempDir();
  const before = await stagingOf(temp.path);
  using scandir = await lockScandir(temp.path);
  Deno.renameSync(`${temp.path}/.hermes`, `${temp.path}/.away`);
  assertThrows(() => scandir.openStaging(), Deno.errors.NotFound);
  Deno.renameSync(`${temp.path}/.away`, `${temp.path}/.hermes`);
  assertNotEquals(scandir.openStaging().path, before);
});

Deno.test("openStaging() trusts mkdir(2) with modes unless umask or parent bend them", async () => {
  using temp = new TempDir();
  const script = `
  import { lockScandir } from "../../lib/slot/scandir.ts";
  using scandir = await lockScandir(".");
  console.log(scandir.openStaging().modesHold);
  `;
  for (const [umask, holds] of [["000", true], ["022", true], ["077", false], ["027", false]]) {
    const { stdout } = await runScript(script, { cwd: temp.path, umask: String(umask) });
    assertEquals(stdout, `${holds}\n`, String(umask));
  }
  const setgid = temp.mkdir("setgid");
  await stagingOf(setgid);
  Deno.chmodSync(`${setgid}/.hermes`, 0o2700);
  using scandir = await lockScandir(setgid);
  assertEquals(scandir.openStaging().modesHold, false);
});

Deno.test("retire() takes a slot out of s6-svscan's sight by one rename, and it outlives the lock, for it may still be supervised", async () => {
  using temp = new TempDir();
  const retired: string[] = [];
  {
    using scandir = await lockScandir(temp.path);
    assertEquals(scandir.retired(), []);
    temp.mkdir("gateway-b");
    for (const _ of [1, 2]) { // also the same name again
      temp.mkdir("gateway-a");
      const { ino } = Deno.lstatSync(`${temp.path}/gateway-a`);
      const path = scandir.retire("gateway-a");
      assertEquals(Deno.lstatSync(`${temp.path}/${path}`).ino, ino);
      retired.push(path);
    }
    assertEquals(visible(temp.path), ["gateway-b"]);
    assertThrows(() => scandir.retire("gateway-none"), Deno.errors.NotFound);
  }
  using scandir = await lockScandir(temp.path);
  assertEquals(scandir.retired().sort(), retired.sort());
  for (const path of retired) Deno.removeSync(`${temp.path}/${path}`);
  assertEquals(scandir.retired(), []);
});

Deno.test({
  name: "lockScandir() never swallows Deno's NotCapable",
  permissions: { read: true, write: false },
  async fn() {
    await assertRejects(() => lockScandir("/tmp/never-made"), Deno.errors.NotCapable);
    assertThrows(() => Deno.lstatSync("/tmp/never-made"), Deno.errors.NotFound);
  },
});

Deno.test("sweepLeftovers() removes what hermes's own manager left half made, a symlink as such, and nothing else", async () => {
  using temp = new TempDir();
  const keep = temp.mkdir("keep");
  const path = temp.mkdir("scandir");
  Deno.writeTextFileSync(`${keep}/file`, "");
  Deno.mkdirSync(`${path}/.gateway-coder.tmp/supervise`, { recursive: true });
  Deno.symlinkSync(keep, `${path}/.gateway-link.tmp`);
  for (const name of ["gateway-coder", ".gateway-x", "x.tmp", ".s6-svscan"]) {
    Deno.mkdirSync(`${path}/${name}`);
  }
  using scandir = await lockScandir(path);
  scandir.sweepLeftovers();
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  assertEquals(names, [".gateway-x", ".hermes", ".s6-svscan", "gateway-coder", "x.tmp"]);
  assertEquals([...Deno.readDirSync(keep)].length, 1);
});
