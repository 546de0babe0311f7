import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { makeFifos, needsSkeleton, seedSuperviseSkeleton } from "../../lib/slot/skeleton.ts";
import { IS_ROOT, mkfifo, runScript } from "../_fixtures.ts";
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

Deno.test("needsSkeleton() says that only a slot whose s6-supervise is root needs one", () => {
  assertEquals([{}, { drops: true }, { drops: false }].map(needsSkeleton), [true, true, false]);
});

Deno.test("seedSuperviseSkeleton() gives exact modes whatever the umask", async () => {
  for (const umask of ["000", "077"]) {
    using temp = new TempDir();
    temp.mkdir("log");
    const { code, stderr } = await runScript(SEED, { cwd: temp.path, umask });
    assertEquals([code, stderr], [0, ""]);
    for (const dir of [temp.path, `${temp.path}/log`]) assertHalf(dir);
  }
});

Deno.test("seedSuperviseSkeleton() lays the log half only if there is a log directory, and changes nothing when called again", async () => {
  using temp = new TempDir();
  seedSuperviseSkeleton(temp.path);
  assertHalf(temp.path);
  assertEquals([...Deno.readDirSync(temp.path)].map((e) => e.name).sort(), ["event", "supervise"]);
  temp.mkdir("log");
  seedSuperviseSkeleton(temp.path);
  assertHalf(`${temp.path}/log`);
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

Deno.test("seedSuperviseSkeleton() throws when the service directory does not exist", () => {
  using temp = new TempDir();
  assertThrows(() => seedSuperviseSkeleton(`${temp.path}/none`), Deno.errors.NotFound);
  assert(!exists(`${temp.path}/none`));
});

const GIVE = SEED.replace('"."', '".", { owner: { uid: 10000, gid: 10001 } }');

/** The owners of what is in both halves. */
function owners(dir: string): Set<string> {
  const paths = [dir, `${dir}/log`].flatMap((dir) => HALF.map(([path]) => `${dir}/${path}`));
  return new Set(paths.map((path) => {
    const { uid, gid } = Deno.lstatSync(path);
    return `${uid}:${gid}`;
  }));
}

Deno.test("seedSuperviseSkeleton() takes being refused the chown (EPERM: not root)", async () => {
  using temp = new TempDir();
  temp.mkdir("log");
  const { code, stderr } = await runScript(GIVE, { cwd: temp.path, capabilities: "none" });
  assertEquals([code, stderr], [0, ""]);
  for (const dir of [temp.path, `${temp.path}/log`]) assertHalf(dir);
  assertEquals(Deno.lstatSync(`${temp.path}/supervise`).uid, Deno.uid());
});

Deno.test({
  name: "seedSuperviseSkeleton() gives the whole tree, and no more, to the owner, as root with " +
    "CAP_CHOWN alone (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    temp.mkdir("log");
    const options = { cwd: temp.path, capabilities: "chown", umask: "077" } as const;
    const { code, stderr } = await runScript(GIVE, options);
    assertEquals([code, stderr], [0, ""]);
    for (const dir of [temp.path, `${temp.path}/log`]) assertHalf(dir);
    assertEquals(owners(temp.path), new Set(["10000:10001"]));
    assertEquals(Deno.lstatSync(`${temp.path}/log`).uid, 0);
  },
});

Deno.test("seedSuperviseSkeleton() throws what is no refusal of the chown", async () => {
  using temp = new TempDir();
  const fail = `Deno.chownSync = () => { throw new Error("Read-only file system"); };`;
  const { code, stderr } = await runScript(fail + GIVE, { cwd: temp.path });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Read-only file system");
});

Deno.test("seedSuperviseSkeleton() throws when a directory cannot be made", async () => {
  using temp = new TempDir();
  const dir = temp.mkdir("service", 0o555);
  const { code, stderr } = await runScript(SEED, { cwd: dir, capabilities: "none" });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "PermissionDenied");
  assertEquals([...Deno.readDirSync(dir)], []);
});

Deno.test("seedSuperviseSkeleton() never swallows Deno's NotCapable", async () => {
  const grants = ["--allow-read=.", "--allow-write=.", "--allow-run=/usr/bin/mkfifo"];
  for (const missing of grants) {
    using temp = new TempDir();
    const flags = grants.filter((flag) => flag !== missing);
    const { code, stderr } = await runScript(SEED, { cwd: temp.path, flags });
    assertEquals(code, 1, missing);
    assertStringIncludes(stderr, "NotCapable");
  }
});

Deno.test("seedSuperviseSkeleton() refuses a symlink for a directory and makes nothing where it leads", () => {
  for (const path of ["event", "supervise", "supervise/event"]) {
    using temp = new TempDir();
    const dir = temp.mkdir("service");
    const target = temp.mkdir("target");
    if (path.includes("/")) temp.mkdir("service/supervise");
    Deno.symlinkSync(target, `${dir}/${path}`);
    const before = snapshot(target);
    assertThrows(() => seedSuperviseSkeleton(dir), Error, `${path} is not a directory`);
    assertEquals(snapshot(target), before);
  }
});

Deno.test("makeFifos() makes more than the kernel takes as arguments at once, and names that look like options", () => {
  using temp = new TempDir();
  const pad = "./".repeat(1500);
  const names = ["-m", ...Array.from({ length: 1000 }, (_, i) => `${i}`)];
  assertEquals(makeFifos(names.map((name) => `${temp.path}/${pad}${name}`)), []);
  assertEquals([...Deno.readDirSync(temp.path)].length, 1001);
  assertEquals(kindOf(Deno.lstatSync(`${temp.path}/-m`)), "fifo");
});

Deno.test("makeFifos() makes those it can, also after a thousand, and has a line for each other", () => {
  using temp = new TempDir();
  const pad = "./".repeat(1500);
  const taken = ["first", "last"].map((name) => temp.write(name));
  const free = Array.from({ length: 500 }, (_, i) => `${temp.path}/${pad}${i}`);
  const said = makeFifos([taken[0] ?? "", ...free, taken[1] ?? ""]);
  assertEquals(said.length, 2);
  for (const [index, line] of said.entries()) {
    assertStringIncludes(line, `${taken[index]}': File exists`);
  }
  assertEquals([...Deno.readDirSync(temp.path)].length, 502);
});
