import { assert, assertEquals, assertLess, assertRejects, assertThrows } from "@std/assert";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { ScandirBusyError } from "../../lib/_errors.ts";
import { IS_ROOT, mkfifo, runScript, visible } from "../_fixtures.ts";
import { exists, modeOf, snapshot, TempDir } from "../_temp.ts";

Deno.test("lockScandir() makes a scandir that does not exist, with its parents", async () => {
  using temp = new TempDir();
  const path = `${temp.path}/run/service`;
  using scandir = await lockScandir(path);
  assertEquals(scandir.path, path);
  assert(Deno.lstatSync(path).isDirectory);
});

Deno.test("lockScandir() puts nothing into the scandir that s6-svscan would supervise", async () => {
  using temp = new TempDir();
  {
    using scandir = await lockScandir(temp.path);
    scandir.openStaging();
    assertEquals(visible(temp.path), []);
  }
  assertEquals(visible(temp.path), []);
});

Deno.test("lockScandir() keeps others out of its dot directory", async () => {
  using temp = new TempDir();
  using _scandir = await lockScandir(temp.path);
  const [dot] = [...Deno.readDirSync(temp.path)];
  assertEquals(modeOf(`${temp.path}/${dot?.name}`) & 0o077, 0);
});

Deno.test("lockScandir() throws when the scandir is a file, and leaves it alone", async () => {
  using temp = new TempDir();
  const path = temp.write("scandir", "kept");
  await assertRejects(() => lockScandir(path), Error);
  assertEquals(Deno.readTextFileSync(path), "kept");
});

Deno.test("lockScandir() throws when the scandir is a dangling symlink", async () => {
  using temp = new TempDir();
  Deno.symlinkSync(`${temp.path}/none`, `${temp.path}/scandir`);
  await assertRejects(() => lockScandir(`${temp.path}/scandir`), Error);
  assert(!exists(`${temp.path}/none`));
});

Deno.test("lockScandir() gives up on a held lock with ScandirBusyError, in bounded time", async () => {
  using temp = new TempDir();
  using _holder = await lockScandir(temp.path);
  const start = performance.now();
  const error = await assertRejects(
    () => lockScandir(temp.path, { timeoutMs: 50 }),
    ScandirBusyError,
    "50 ms",
  );
  assertEquals(error.name, "ScandirBusyError");
  const elapsed = performance.now() - start;
  assert(elapsed >= 50, `gave up after ${elapsed} ms`);
  assertLess(elapsed, 5000);
});

Deno.test("lockScandir() that gives up leaves the holder's staging directory alone", async () => {
  using temp = new TempDir();
  using holder = await lockScandir(temp.path);
  const { path } = holder.openStaging();
  Deno.mkdirSync(`${path}/gateway-coder`);
  await assertRejects(() => lockScandir(temp.path, { timeoutMs: 0 }), ScandirBusyError);
  assert(exists(`${path}/gateway-coder`));
});

Deno.test("lockScandir() waits for the holder and then goes on", async () => {
  using temp = new TempDir();
  const holder = await lockScandir(temp.path);
  let entered = false;
  const waiting = lockScandir(temp.path).then((scandir) => {
    entered = true;
    return scandir;
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(entered, false);
  holder[Symbol.dispose]();
  using _scandir = await waiting;
});

Deno.test("lockScandir() is free again after a holder that was killed", async () => {
  using temp = new TempDir();
  const { code } = await runScript(
    `
    import { lockScandir } from "../../lib/slot/scandir.ts";
    (await lockScandir(".")).openStaging();
    Deno.kill(Deno.pid, "SIGKILL");
    `,
    { cwd: temp.path },
  );
  assertEquals(code, 128 + 9);
  using scandir = await lockScandir(temp.path, { timeoutMs: 1000 });
  assertEquals([...Deno.readDirSync(scandir.openStaging().path)], []);
});

Deno.test("lockScandir() wipes what an interrupted run left in staging", async () => {
  using temp = new TempDir();
  let staging: string;
  {
    using scandir = await lockScandir(temp.path);
    staging = scandir.openStaging().path;
  }
  Deno.mkdirSync(`${staging}/gateway-coder/supervise`, { recursive: true });
  Deno.writeTextFileSync(`${staging}/gateway-coder/run`, "half");
  using _scandir = await lockScandir(temp.path);
  assert(!exists(staging));
});

Deno.test("lockScandir() wipes a symlink planted as staging, not its target", async () => {
  using temp = new TempDir();
  const target = temp.mkdir("target");
  temp.write("target/file", "kept");
  const path = temp.mkdir("scandir");
  let staging: string;
  {
    using scandir = await lockScandir(path);
    staging = scandir.openStaging().path;
  }
  Deno.symlinkSync(target, staging);
  const before = snapshot(target);
  using scandir = await lockScandir(path);
  assertEquals(snapshot(target), before);
  assert(Deno.lstatSync(scandir.openStaging().path).isDirectory);
});

Deno.test("lockScandir() that cannot wipe staging throws and lets go of the lock", async () => {
  using temp = new TempDir();
  let staging: string;
  {
    using scandir = await lockScandir(temp.path);
    staging = scandir.openStaging().path;
  }
  Deno.mkdirSync(`${staging}/shut/inside`, { recursive: true });
  Deno.chmodSync(`${staging}/shut`, 0o555);
  const { stdout } = await runScript(
    `
    import { lockScandir } from "../../lib/slot/scandir.ts";
    for (const _ of [1, 2]) {
      await lockScandir(".", { timeoutMs: 0 }).catch((error) => console.log(error.name));
    }
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals(stdout, "PermissionDenied\nPermissionDenied\n");
});

Deno.test("lockScandir() does not hang on a FIFO planted as its lock", async () => {
  using temp = new TempDir();
  {
    using _scandir = await lockScandir(temp.path);
  }
  const [dot] = [...Deno.readDirSync(temp.path)];
  const files = [...Deno.readDirSync(`${temp.path}/${dot?.name}`)].filter((e) => e.isFile);
  assertEquals(files.length, 1);
  const lock = `${temp.path}/${dot?.name}/${files[0]?.name}`;
  Deno.removeSync(lock);
  mkfifo(lock);
  const { stdout } = await runScript(
    `
    import { lockScandir } from "../../lib/slot/scandir.ts";
    await lockScandir(".", { timeoutMs: 100 }).then((held) => held[Symbol.dispose](), () => {});
    console.log("over");
    `,
    { cwd: temp.path },
  );
  assertEquals(stdout, "over\n");
});

const notLocks: [what: string, make: (lock: string, temp: TempDir) => void][] = [
  ["symlink to a file", (lock, temp) => Deno.symlinkSync(temp.write("outside/file", "kept"), lock)],
  ["dangling symlink", (lock, temp) => Deno.symlinkSync(`${temp.path}/outside/none`, lock)],
  ["directory", (lock) => Deno.mkdirSync(lock)],
  ["FIFO", (lock) => mkfifo(lock)],
];

for (const [what, make] of notLocks) {
  Deno.test(`lockScandir() refuses a lock that is a ${what} and makes nothing outside the scandir`, async () => {
    using temp = new TempDir();
    temp.mkdir("outside");
    const path = temp.mkdir("scandir");
    temp.mkdir("scandir/.hermes", 0o700);
    make(`${path}/.hermes/lock`, temp);
    const before = snapshot(temp.path);
    await assertRejects(() => lockScandir(path), Error, "lock is not a regular file");
    assertEquals(snapshot(temp.path), before);
  });
}

const notDotDirectories: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["symlink to a directory", (path, temp) => Deno.symlinkSync(`${temp.path}/outside`, path)],
  ["dangling symlink", (path, temp) => Deno.symlinkSync(`${temp.path}/none`, path)],
  ["file", (path) => Deno.writeTextFileSync(path, "kept")],
];

for (const [what, make] of notDotDirectories) {
  Deno.test(`lockScandir() refuses a .hermes that is a ${what} and touches nothing`, async () => {
    using temp = new TempDir();
    temp.mkdir("outside/staging");
    temp.write("outside/staging/precious", "kept");
    const path = temp.mkdir("scandir");
    make(`${path}/.hermes`, temp);
    const before = snapshot(temp.path);
    await assertRejects(() => lockScandir(path), Error, ".hermes is not a directory");
    assertEquals(snapshot(temp.path), before);
  });
}

Deno.test("a locked scandir's staging directory is empty, on the same file system, and goes with the lock", async () => {
  using temp = new TempDir();
  let staging: string;
  {
    using scandir = await lockScandir(temp.path);
    staging = scandir.openStaging().path;
    assertEquals([...Deno.readDirSync(staging)], []);
    assertEquals(Deno.lstatSync(staging).dev, Deno.lstatSync(temp.path).dev);
    Deno.writeTextFileSync(`${staging}/left`, "");
  }
  assert(!exists(staging));
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
  {
    using _scandir = await lockScandir(setgid);
  }
  const [dot] = [...Deno.readDirSync(setgid)];
  Deno.chmodSync(`${setgid}/${dot?.name}`, 0o2700);
  using scandir = await lockScandir(setgid);
  assertEquals(scandir.openStaging().modesHold, false);
});

Deno.test("openStaging() asks for a chown only when the owner is somebody else", async () => {
  using temp = new TempDir();
  const owner = { uid: Deno.uid() ?? 0, gid: Deno.lstatSync(temp.path).gid ?? 0 };
  {
    using scandir = await lockScandir(temp.path, { owner });
    assertEquals(scandir.openStaging().owner, undefined);
  }
  const other = { ...owner, uid: owner.uid + 1 };
  const { stdout } = await runScript(
    `
    import { lockScandir } from "../../lib/slot/scandir.ts";
    using scandir = await lockScandir(".", { owner: ${JSON.stringify(other)} });
    console.log(JSON.stringify(scandir.openStaging().owner));
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals(JSON.parse(stdout), other);
});

Deno.test("openStaging() makes one directory per lock, however often it is asked", async () => {
  using temp = new TempDir();
  using scandir = await lockScandir(temp.path);
  const staging = scandir.openStaging();
  Deno.writeTextFileSync(`${staging.path}/file`, "kept");
  assertEquals(scandir.openStaging(), staging);
  assertEquals(Deno.readTextFileSync(`${staging.path}/file`), "kept");
});

Deno.test("openStaging() that failed is tried again at the next call", async () => {
  using temp = new TempDir();
  using scandir = await lockScandir(temp.path);
  const { path } = scandir.openStaging();
  scandir[Symbol.dispose]();
  using again = await lockScandir(temp.path);
  Deno.writeTextFileSync(path, "in the way");
  assertThrows(() => again.openStaging(), Deno.errors.AlreadyExists);
  Deno.removeSync(path);
  assertEquals(again.openStaging().path, path);
});

Deno.test("retire() takes a slot out of s6-svscan's sight by one rename, and retired() lists it", async () => {
  using temp = new TempDir();
  using scandir = await lockScandir(temp.path);
  for (const name of ["a", "b", "c"]) temp.mkdir(`gateway-${name}`);
  temp.write("gateway-a/run", "kept");
  assertEquals(scandir.retired(), []);
  const { ino } = Deno.lstatSync(`${temp.path}/gateway-a`);
  const first = scandir.retire("gateway-a");
  const second = scandir.retire("gateway-b");
  assertEquals(visible(temp.path), ["gateway-c"]);
  assertEquals(Deno.lstatSync(`${temp.path}/${first}`).ino, ino);
  assertEquals(Deno.readTextFileSync(`${temp.path}/${first}/run`), "kept");
  assertEquals(scandir.retired().sort(), [first, second].sort());
});

Deno.test("retire() takes the same name again and again", async () => {
  using temp = new TempDir();
  using scandir = await lockScandir(temp.path);
  for (const _ of [1, 2, 3]) {
    temp.mkdir("gateway-a");
    scandir.retire("gateway-a");
  }
  assertEquals(new Set(scandir.retired()).size, 3);
});

Deno.test("retire() throws when there is no such slot", async () => {
  using temp = new TempDir();
  using scandir = await lockScandir(temp.path);
  assertThrows(() => scandir.retire("gateway-none"), Deno.errors.NotFound);
  assertEquals(scandir.retired(), []);
});

Deno.test("what was retired outlives the lock, for it may still be supervised", async () => {
  using temp = new TempDir();
  let retired: string;
  {
    using scandir = await lockScandir(temp.path);
    scandir.openStaging();
    temp.mkdir("gateway-a");
    retired = scandir.retire("gateway-a");
  }
  using scandir = await lockScandir(temp.path);
  assertEquals(scandir.retired(), [retired]);
  Deno.removeSync(`${temp.path}/${retired}`);
  assertEquals(scandir.retired(), []);
});

Deno.test({
  name: "lockScandir() gives its dot directory to the owner (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const owner = { uid: 10000, gid: 10001 };
    using scandir = await lockScandir(temp.path, { owner });
    const { uid, gid } = Deno.lstatSync(`${temp.path}/.hermes`);
    assertEquals([{ uid, gid }, modeOf(`${temp.path}/.hermes`)], [owner, 0o700]);
    assertEquals([scandir.owner, scandir.openStaging().owner], [owner, owner]);
  },
});

Deno.test({
  name: "lockScandir() never swallows Deno's NotCapable",
  permissions: { read: true, write: false },
  async fn() {
    await assertRejects(() => lockScandir("/tmp/never-made"), Deno.errors.NotCapable);
    assertThrows(() => Deno.lstatSync("/tmp/never-made"), Deno.errors.NotFound);
  },
});
