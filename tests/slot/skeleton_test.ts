import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { makeFifos, seedSuperviseSkeleton } from "../../lib/slot/skeleton.ts";
import { COUNT_EXECS, IS_ROOT, mkfifo, runScript } from "../_fixtures.ts";
import { clockTick, exists, kindOf, modeOf, snapshot, TempDir } from "../_temp.ts";

const HALF = [
  ["event", "directory", 0o3730],
  ["supervise", "directory", 0o755],
  ["supervise/control", "fifo", 0o660],
  ["supervise/event", "directory", 0o3730],
] as const;

function assertHalf(dir: string): void {
  for (const [path, kind, mode] of HALF) {
    const info = Deno.lstatSync(`${dir}/${path}`);
    assertEquals([path, kindOf(info), modeOf(`${dir}/${path}`)], [path, kind, mode]);
  }
}

const SEED = `
import { seedSuperviseSkeleton } from "../../lib/slot/skeleton.ts";
seedSuperviseSkeleton(".");
`;

for (const umask of ["000", "022", "077"]) {
  Deno.test(`seedSuperviseSkeleton() gives exact modes under umask ${umask}`, async () => {
    using temp = new TempDir();
    const dir = temp.mkdir("service");
    temp.mkdir("service/log");
    const { code, stderr } = await runScript(SEED, { cwd: dir, umask });
    assertEquals([code, stderr], [0, ""]);
    assertHalf(dir);
    assertHalf(`${dir}/log`);
  });
}

Deno.test("seedSuperviseSkeleton() lays the log half only if there is a log directory", () => {
  using temp = new TempDir();
  seedSuperviseSkeleton(temp.path);
  assertHalf(temp.path);
  assertEquals([...Deno.readDirSync(temp.path)].map((e) => e.name).sort(), ["event", "supervise"]);
  temp.mkdir("log");
  seedSuperviseSkeleton(temp.path);
  assertHalf(`${temp.path}/log`);
});

Deno.test("seedSuperviseSkeleton() called twice changes nothing", async () => {
  using temp = new TempDir();
  temp.mkdir("log");
  seedSuperviseSkeleton(temp.path);
  const before = snapshot(temp.path, { exact: true });
  await clockTick();
  seedSuperviseSkeleton(temp.path);
  assertEquals(snapshot(temp.path, { exact: true }), before);
});

Deno.test("seedSuperviseSkeleton() leaves a live control FIFO untouched", async () => {
  using temp = new TempDir();
  temp.mkdir("supervise", 0o700);
  mkfifo(`${temp.path}/supervise/control`, "0600");
  const look = () => snapshot(`${temp.path}/supervise/control`, { exact: true });
  const before = look();
  await clockTick();
  seedSuperviseSkeleton(temp.path);
  assertEquals(look(), before);
  assertEquals(modeOf(`${temp.path}/supervise`), 0o700);
  assertEquals(modeOf(`${temp.path}/event`), 0o3730);
  assertEquals(modeOf(`${temp.path}/supervise/event`), 0o3730);
});

Deno.test("seedSuperviseSkeleton() completes a tree that was left half-made", () => {
  using temp = new TempDir();
  seedSuperviseSkeleton(temp.path);
  Deno.removeSync(`${temp.path}/supervise/control`);
  Deno.removeSync(`${temp.path}/event`);
  seedSuperviseSkeleton(temp.path);
  assertHalf(temp.path);
});

Deno.test("seedSuperviseSkeleton() throws when the service directory does not exist", () => {
  using temp = new TempDir();
  assertThrows(() => seedSuperviseSkeleton(`${temp.path}/none`), Deno.errors.NotFound);
  assert(!exists(`${temp.path}/none`));
});

Deno.test("seedSuperviseSkeleton() takes being refused the chown (EPERM: not root)", async () => {
  using temp = new TempDir();
  temp.mkdir("log");
  const { code, stderr } = await runScript(
    SEED.replace('"."', '".", { owner: { uid: 12345, gid: 12345 } }'),
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals([code, stderr], [0, ""]);
  assertHalf(temp.path);
  assertHalf(`${temp.path}/log`);
  assertEquals(Deno.lstatSync(`${temp.path}/supervise`).uid, Deno.uid());
});

Deno.test("seedSuperviseSkeleton() throws when a directory cannot be made", async () => {
  using temp = new TempDir();
  const dir = temp.mkdir("service", 0o555);
  const { code, stderr } = await runScript(SEED, { cwd: dir, capabilities: "none" });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "PermissionDenied");
  assertEquals([...Deno.readDirSync(dir)], []);
});

for (const missing of ["read", "write", "run"]) {
  Deno.test(`seedSuperviseSkeleton() never swallows NotCapable: without --allow-${missing}`, async () => {
    using temp = new TempDir();
    temp.mkdir("log");
    const flags = ["--allow-read=.", "--allow-write=.", "--allow-run=/usr/bin/mkfifo"]
      .filter((flag) => !flag.startsWith(`--allow-${missing}`));
    const { code, stderr } = await runScript(SEED, { cwd: temp.path, flags });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "NotCapable");
  });
}

Deno.test({
  name: "seedSuperviseSkeleton() gives the whole tree to the owner (only root can give away)",
  ignore: !IS_ROOT,
  fn() {
    using temp = new TempDir();
    temp.mkdir("log");
    seedSuperviseSkeleton(temp.path, { owner: { uid: 10000, gid: 10001 } });
    for (const dir of [temp.path, `${temp.path}/log`]) {
      assertHalf(dir);
      for (const [path] of HALF) {
        const { uid, gid } = Deno.lstatSync(`${dir}/${path}`);
        assertEquals([path, uid, gid], [path, 10000, 10001]);
      }
    }
    assertEquals(Deno.lstatSync(`${temp.path}/log`).uid, 0);
  },
});

Deno.test({
  name: "seedSuperviseSkeleton() gives the whole tree away as root with CAP_CHOWN alone " +
    "(only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    temp.mkdir("log");
    const { code, stderr } = await runScript(
      SEED.replace('"."', '".", { owner: { uid: 10000, gid: 10001 } }'),
      { cwd: temp.path, capabilities: "chown" },
    );
    assertEquals([code, stderr], [0, ""]);
    for (const dir of [temp.path, `${temp.path}/log`]) {
      assertHalf(dir);
      for (const [path] of HALF) {
        const { uid, gid } = Deno.lstatSync(`${dir}/${path}`);
        assertEquals([path, uid, gid], [path, 10000, 10001]);
      }
    }
  },
});

for (const [path] of HALF.filter(([, kind]) => kind === "directory")) {
  Deno.test(`seedSuperviseSkeleton() refuses a symlink for ${path} and makes nothing where it leads`, () => {
    using temp = new TempDir();
    const dir = temp.mkdir("service");
    const target = temp.mkdir("target");
    if (path.includes("/")) temp.mkdir("service/supervise");
    Deno.symlinkSync(target, `${dir}/${path}`);
    const before = snapshot(target);
    assertThrows(() => seedSuperviseSkeleton(dir), Error, `${path} is not a directory`);
    assertEquals(snapshot(target), before);
  });
}

Deno.test("makeFifos() makes thousands in one exec, mode 0660 whatever the umask", async () => {
  using temp = new TempDir();
  const { stdout } = await runScript(
    `
    import { makeFifos } from "../../lib/slot/skeleton.ts";
    ${COUNT_EXECS}
    makeFifos(Array.from({ length: 3000 }, (_, i) => "fifo" + i));
    console.log(execs);
    `,
    { cwd: temp.path, umask: "077" },
  );
  assertEquals(stdout, "1\n");
  const entries = [...Deno.readDirSync(temp.path)];
  assertEquals(entries.length, 3000);
  for (const { name } of entries) assertEquals(modeOf(`${temp.path}/${name}`), 0o660);
});

Deno.test("makeFifos() makes more than the kernel takes as arguments at once", () => {
  using temp = new TempDir();
  const pad = "./".repeat(1500);
  makeFifos(Array.from({ length: 1000 }, (_, i) => `${temp.path}/${pad}${i}`));
  assertEquals([...Deno.readDirSync(temp.path)].length, 1000);
});

Deno.test("makeFifos() takes a name that looks like an option", () => {
  using temp = new TempDir();
  makeFifos([`${temp.path}/-m`]);
  assertEquals(kindOf(Deno.lstatSync(`${temp.path}/-m`)), "fifo");
});

Deno.test("makeFifos() throws what mkfifo said when something is in the way", () => {
  using temp = new TempDir();
  const path = temp.write("control");
  assertThrows(() => makeFifos([path]), Error, "File exists");
});

Deno.test("makeFifos() starts no process for no path", async () => {
  const { code } = await runScript(
    `
    import { makeFifos } from "../../lib/slot/skeleton.ts";
    makeFifos([]);
    `,
    { flags: [] },
  );
  assertEquals(code, 0);
});
