import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { shareScandir, shareStaticServices } from "../../lib/boot/share.ts";
import { IS_ROOT, mkfifo, runScript } from "../_fixtures.ts";
import { clockTick, modeOf, snapshot, TempDir } from "../_temp.ts";

// Somebody else, in the caller's own group: so nothing needs root.
const OWNER = { uid: (Deno.uid() ?? 0) + 12345, gid: Deno.gid() ?? 0 };

/** A service directory as s6-supervise makes it. */
function addService(temp: TempDir, name: string, parent = "servicedirs"): string {
  temp.mkdir(parent);
  const dir = temp.mkdir(`${parent}/${name}`);
  temp.mkdir(`${parent}/${name}/event`, 0o3730);
  temp.mkdir(`${parent}/${name}/supervise`, 0o700);
  for (const file of ["lock", "status", "death_tally"]) {
    temp.write(`${parent}/${name}/supervise/${file}`);
  }
  mkfifo(`${dir}/supervise/control`, "0600");
  return dir;
}

/** A scandir as s6-svscan makes it, with root's own entries in it. */
function makeScandir(temp: TempDir): string {
  const scandir = temp.mkdir("scandir");
  temp.mkdir("scandir/.s6-svscan", 0o700);
  mkfifo(`${scandir}/.s6-svscan/control`, "0600");
  for (const file of ["SIGTERM", "crash", "finish"]) {
    temp.write(`scandir/.s6-svscan/${file}`, "", 0o700);
  }
  addService(temp, "s6-linux-init-shutdownd", "scandir");
  return scandir;
}

const modes = (dir: string) =>
  ["", "/supervise", "/supervise/control", "/event", "/supervise/status", "/supervise/lock"]
    .map((path) => modeOf(dir + path).toString(8));

Deno.test("shareStaticServices() opens supervise, its control and event, and nothing else", () => {
  using temp = new TempDir();
  const dir = addService(temp, "dashboard");
  const shared = shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER });
  assertEquals(shared, [{ name: "dashboard" }]);
  assertEquals(modes(dir), ["755", "755", "660", "3730", "644", "644"]);
});

Deno.test("shareStaticServices() leaves event to root where nobody else may wait for events", () => {
  using temp = new TempDir();
  const dir = addService(temp, "dashboard");
  Deno.chmodSync(`${dir}/event`, 0o3700);
  shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER, events: false });
  assertEquals(modes(dir), ["755", "755", "660", "3700", "644", "644"]);
  assertEquals(Deno.lstatSync(`${dir}/event`).gid, Deno.gid());
});

Deno.test("shareStaticServices() leaves s6-rc's own services and dot entries untouched", () => {
  using temp = new TempDir();
  addService(temp, "dashboard");
  const own = ["s6rc-oneshot-runner", "s6rc-fdholder", ".hidden"].map((name) =>
    addService(temp, name)
  );
  const before = own.map((dir) => snapshot(dir, { exact: true }));
  const shared = shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER });
  assertEquals(shared, [{ name: "dashboard" }]);
  assertEquals(own.map((dir) => snapshot(dir, { exact: true })), before);
});

Deno.test("shareStaticServices() reports services in name order", () => {
  using temp = new TempDir();
  for (const name of ["c", "a", "b", "B"]) addService(temp, name);
  const shared = shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER });
  assertEquals(shared.map(({ name }) => name), ["B", "a", "b", "c"]);
});

// Every trap is tried in tests/hostile/supervise_perms_test.ts, as root; these need no root.
const refused: [what: string, spoil: (dir: string, temp: TempDir) => void][] = [
  ["symlinked control", (dir, temp) => {
    Deno.removeSync(`${dir}/supervise/control`);
    Deno.symlinkSync(temp.write("target", "", 0o600), `${dir}/supervise/control`);
  }],
  ["group-writable supervise", (dir) => Deno.chmodSync(`${dir}/supervise`, 0o770)],
];

for (const [what, spoil] of refused) {
  Deno.test(`shareStaticServices() leaves a service with a ${what} alone and shares the others`, () => {
    using temp = new TempDir();
    addService(temp, "good");
    spoil(addService(temp, "bad"), temp);
    const others = () =>
      snapshot(temp.path).filter((line) => !line.startsWith("/servicedirs/good"));
    const before = others();
    const [bad, good] = shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER });
    assertEquals(others(), before);
    assertEquals([bad?.name, typeof bad?.error], ["bad", "string"]);
    assertEquals(good, { name: "good" });
  });
}

Deno.test("shareStaticServices() refuses a directory that the owner could change", () => {
  using temp = new TempDir();
  const dir = addService(temp, "dashboard");
  const before = snapshot(dir);
  const self = { uid: Deno.uid() ?? 0, gid: OWNER.gid };
  assertThrows(() => shareStaticServices(`${temp.path}/servicedirs`, { owner: self }), Error);
  Deno.chmodSync(`${temp.path}/servicedirs`, 0o777);
  assertThrows(() => shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER }), Error);
  assertEquals(snapshot(dir), before);
});

Deno.test("shareStaticServices() throws when the directory is missing, a file or a symlink", () => {
  using temp = new TempDir();
  addService(temp, "dashboard");
  temp.write("file");
  Deno.symlinkSync(`${temp.path}/servicedirs`, `${temp.path}/link`);
  for (const name of ["none", "file", "link"]) {
    assertThrows(() => shareStaticServices(`${temp.path}/${name}`, { owner: OWNER }), Error);
  }
});

Deno.test("shareScandir() opens the scandir and svscan's control, and nothing else", () => {
  using temp = new TempDir();
  const scandir = makeScandir(temp);
  const rest = () =>
    snapshot(scandir).filter((line) => !/^(\/|\/\.s6-svscan\/control) /.test(line));
  const before = rest();
  shareScandir(scandir, { owner: OWNER });
  assertEquals(modeOf(scandir), 0o1775);
  assertEquals(modeOf(`${scandir}/.s6-svscan/control`), 0o660);
  assertEquals(rest(), before);
});

Deno.test("shareStaticServices() and shareScandir() called twice change nothing", async () => {
  using temp = new TempDir();
  addService(temp, "dashboard");
  const scandir = makeScandir(temp);
  const share = () => {
    shareScandir(scandir, { owner: OWNER });
    return shareStaticServices(`${temp.path}/servicedirs`, { owner: OWNER });
  };
  share();
  const before = snapshot(temp.path, { exact: true });
  await clockTick();
  assertEquals(share(), [{ name: "dashboard" }]);
  assertEquals(snapshot(temp.path, { exact: true }), before);
});

Deno.test({
  name: "shareStaticServices() and shareScandir() give the group and keep the owner (needs root)",
  ignore: !IS_ROOT,
  fn() {
    using temp = new TempDir();
    const owner = { uid: 10000, gid: 10000 };
    const dir = addService(temp, "dashboard");
    const internal = addService(temp, "s6rc-fdholder");
    const scandir = makeScandir(temp);
    assertEquals(shareStaticServices(`${temp.path}/servicedirs`, { owner }), [
      { name: "dashboard" },
    ]);
    shareScandir(scandir, { owner });
    const who = (path: string) => {
      const { uid, gid } = Deno.lstatSync(path);
      return `${modeOf(path).toString(8)} ${uid}:${gid}`;
    };
    assertEquals(who(`${dir}/supervise`), "755 0:10000");
    assertEquals(who(`${dir}/supervise/control`), "660 0:10000");
    assertEquals(who(`${dir}/event`), "3730 0:10000");
    assertEquals(who(`${dir}/supervise/status`), "644 0:0");
    assertEquals(who(`${internal}/supervise`), "700 0:0");
    assertEquals(who(`${internal}/supervise/control`), "600 0:0");
    assertEquals(who(scandir), "1775 0:10000");
    assertEquals(who(`${scandir}/.s6-svscan`), "700 0:0");
    assertEquals(who(`${scandir}/.s6-svscan/control`), "660 0:10000");
    assertEquals(who(`${scandir}/.s6-svscan/SIGTERM`), "700 0:0");
    assertEquals(who(`${scandir}/s6-linux-init-shutdownd`), "755 0:0");
    assertEquals(who(`${scandir}/s6-linux-init-shutdownd/supervise/control`), "600 0:0");
  },
});

Deno.test("shareStaticServices() says of each service that it may not be given away", async () => {
  using temp = new TempDir();
  addService(temp, "a");
  addService(temp, "b");
  const { code, stdout } = await runScript(
    `
    import { shareStaticServices } from "../../lib/boot/share.ts";
    const owner = { uid: 12345, gid: ${OWNER.gid + 12345} };
    console.log(JSON.stringify(shareStaticServices("servicedirs", { owner })));
    `,
    { cwd: temp.path, capabilities: "none" },
  );
  assertEquals(code, 0);
  const shared: { name: string; error?: string }[] = JSON.parse(stdout);
  assertEquals(shared.map(({ name }) => name), ["a", "b"]);
  for (const { error } of shared) assertStringIncludes(error ?? "", "CAP_CHOWN");
});

for (const what of ["read", "write"]) {
  Deno.test(`shareStaticServices() never swallows NotCapable: without --allow-${what}`, async () => {
    using temp = new TempDir();
    const dir = addService(temp, "dashboard");
    const { code, stderr } = await runScript(
      `
      import { shareStaticServices } from "../../lib/boot/share.ts";
      shareStaticServices("servicedirs", { owner: ${JSON.stringify(OWNER)} });
      `,
      { cwd: temp.path, flags: [`--allow-${what === "read" ? "write" : "read"}=.`] },
    );
    assertEquals(code, 1);
    assertStringIncludes(stderr, "NotCapable");
    assertEquals(modes(dir)[1], "700");
  });
}
