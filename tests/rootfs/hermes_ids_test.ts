import { assert, assertEquals, assertMatch } from "@std/assert";
import { fakeBin, REPO } from "../_fixtures.ts";
import { clockTick, modeOf, type Outcome, run, snapshot, TempDir } from "../_temp.ts";

const PASSWD = `root:x:0:0:root:/root:/bin/bash
hermes:x:10000:10001:My: agent:/opt/data:/bin/sh
nothermes:x:10000:10001::/:/bin/sh
`;
const GROUP = `root:x:0:
hermes:x:10001:
users:x:100:nothermes
`;

interface Scene {
  /** Environment. */
  env?: Record<string, string>;
  /** As whom it seems to run. */
  uid?: number;
  /** As which group. */
  gid?: number;
  /** The content of passwd and of group. */
  passwd?: string;
  group?: string;
  /** The group of Docker's socket; absent: there is none. */
  socketGid?: number;
  /** The groups of the graphics devices. */
  deviceGids?: readonly number[];
  /** Whether nothing can be made in etc. */
  readOnly?: boolean;
}

interface Result extends Outcome {
  passwd: string;
  group: string;
}

function lay(temp: TempDir, { passwd = PASSWD, group = GROUP }: Scene = {}): string {
  const etc = temp.mkdir("etc");
  temp.write("etc/passwd", passwd);
  temp.write("etc/group", group);
  return etc;
}

async function runIn(temp: TempDir, etc: string, scene: Scene = {}): Promise<Result> {
  const { env = {}, uid = 0, gid = 4321, socketGid, deviceGids = [], readOnly = false } = scene;
  const bin = fakeBin(`${temp.path}/bin`, {
    id: `[ "$1" = -u ] && echo ${uid} || echo ${gid}`,
    stat: `for path; do :; done; [ "\${path##*/}" = docker.sock ] && echo ${socketGid} || ` +
      `echo "\${path##*[!0-9]}"`,
    // Root writes where an ordinary user could not: what would be the first to fail.
    ...readOnly ? { cp: "echo Read-only >&2; exit 1" } : {},
  });
  const socket = `${temp.path}/docker.sock`;
  using _ = socketGid === undefined ? undefined : Deno.listen({ transport: "unix", path: socket });
  Deno.mkdirSync(`${temp.path}/dri`, { recursive: true });
  for (const gid of deviceGids) {
    Deno.symlinkSync("/dev/null", `${temp.path}/dri/device${gid}`);
    Deno.symlinkSync("/dev/null", `${temp.path}/dri/twin${gid}`);
  }
  const outcome = await run(`${REPO}/rootfs/opt/hermes-boot/libexec/hermes-ids`, {
    args: ["prog", etc, socket, `${temp.path}/dri`],
    env: { PATH: `${bin}:/usr/bin:/bin`, ...env },
  });
  const read = (name: string) => Deno.readTextFileSync(`${etc}/${name}`);
  return { ...outcome, passwd: read("passwd"), group: read("group") };
}

async function hermesIds(scene: Scene = {}): Promise<Result> {
  using temp = new TempDir();
  return await runIn(temp, lay(temp, scene), scene);
}

Deno.test("hermes-ids prints hermes's IDs and changes nothing unless asked", async () => {
  using temp = new TempDir();
  const etc = lay(temp);
  await clockTick();
  const before = snapshot(etc, { exact: true });
  for (
    const env of [
      {},
      { HERMES_UID: "", PGID: "" },
      { HERMES_UID: "10000", HERMES_GID: "10001" },
      { PUID: "10000" },
    ]
  ) {
    const { code, stdout, stderr } = await runIn(temp, etc, { env });
    assertEquals([code, stdout, stderr], [0, "10000:10001\n", ""]);
    assertEquals(snapshot(etc, { exact: true }), before);
  }
});

for (
  const [env, uid, gid] of [
    [{ HERMES_UID: "99", HERMES_GID: "100" }, 99, 100],
    [{ PUID: "1000", PGID: "1000" }, 1000, 1000],
    [{ HERMES_UID: "7", PUID: "8" }, 7, 10001],
    [{ HERMES_GID: "100" }, 10000, 100],
    [{ HERMES_UID: "1", HERMES_GID: "65534" }, 1, 65534],
  ] as const
) {
  Deno.test(`hermes-ids makes hermes ${uid}:${gid} for ${JSON.stringify(env)}`, async () => {
    const { code, stdout, stderr, passwd, group } = await hermesIds({ env: { ...env } });
    assertEquals([code, stdout], [0, `${uid}:${gid}\n`]);
    assertMatch(stderr, /^prog: info: [^\n]*\n$/);
    assertEquals(passwd, PASSWD.replace("hermes:x:10000:10001:My", `hermes:x:${uid}:${gid}:My`));
    assertEquals(group, GROUP.replace("hermes:x:10001:", `hermes:x:${gid}:`));
  });
}

for (
  const value of ["0", "-1", "65535", "99999999999999999999", "1e3", "0x10", "010", "99 ", "1;id"]
) {
  Deno.test(`hermes-ids passes the ID ${JSON.stringify(value)} over, with one line`, async () => {
    for (
      const [variable, stays] of [
        ...[["HERMES_UID", 10000], ["HERMES_GID", 10001], ["PUID", 10000], ["PGID", 10001]],
      ]
    ) {
      const { code, stdout, stderr, passwd, group } = await hermesIds({
        env: { [variable as string]: value },
      });
      assertEquals([code, stdout], [0, "10000:10001\n"]);
      assertEquals(
        stderr,
        `prog: warning: ${variable}: expected a number from 1 to 65534; it stays the image's, ${stays}\n`,
      );
      assertEquals([passwd, group], [PASSWD, GROUP]);
    }
  });
}

Deno.test("hermes-ids goes by the one ID of two that can be", async () => {
  const { code, stdout } = await hermesIds({ env: { PUID: "0", PGID: "100" } });
  assertEquals([code, stdout], [0, "10000:100\n"]);
});

for (
  const [what, scene] of [
    ["another --user", { uid: 1234 }],
    ["--user with other IDs", { uid: 10000, env: { HERMES_UID: "99" } }],
    ["passwd without hermes", { passwd: "root:x:0:0::/:/bin/sh\nother:x:1:1::/:" }],
    ["other IDs on a read-only root", { readOnly: true, env: { HERMES_UID: "99" } }],
  ] as [string, Scene][]
) {
  Deno.test(`hermes-ids refuses ${what}, without a word: 015-supervise-perms has them`, async () => {
    const { code, stdout, stderr, passwd } = await hermesIds(scene);
    assertEquals([code, stdout, stderr], [2, "", ""]);
    assertEquals(passwd, scene.passwd ?? PASSWD);
  });
}

Deno.test("hermes-ids has nothing against --user with hermes's own UID", async () => {
  const { code, stdout, stderr } = await hermesIds({ uid: 10000 });
  assertEquals([code, stdout, stderr], [0, "10000:10001\n", ""]);
});

Deno.test("hermes-ids finds hermes in a last line without a newline", async () => {
  const passwd = "hermes:x:5:6::/:/bin/sh";
  assertEquals((await hermesIds({ passwd })).stdout, "5:6\n");
});

Deno.test("hermes-ids has nothing against the right IDs on a read-only root", async () => {
  assertEquals((await hermesIds({ readOnly: true, env: { HERMES_UID: "10000" } })).code, 0);
});

Deno.test("hermes-ids lets hermes into the group of Docker's socket, once", async () => {
  using temp = new TempDir();
  const etc = lay(temp);
  const first = await runIn(temp, etc, { socketGid: 998 });
  assertEquals([first.code, first.stdout, first.stderr], [0, "10000:10001\n", ""]);
  assertEquals(first.group, `${GROUP}hermes-docker:x:998:hermes\n`);
  assertEquals((await runIn(temp, etc, { socketGid: 998 })).group, first.group);
  assertEquals(
    (await runIn(temp, etc, { socketGid: 997 })).group,
    `${GROUP}hermes-docker:x:997:hermes\n`,
  );
});

for (
  const [what, socketGid, env, joined] of [
    ["supervision that was not asked for", 998, {}, true],
    ["shared supervision", 998, { HERMES_SUPERVISION: "shared" }, true],
    ["isolated supervision", 998, { HERMES_SUPERVISION: "isolated" }, false],
    ["isolated supervision and HERMES_DOCKER_SOCKET=1", 998, {
      HERMES_SUPERVISION: "isolated",
      HERMES_DOCKER_SOCKET: "1",
    }, true],
    ["the group 0", 0, {}, false],
    ["the group 0 and HERMES_DOCKER_SOCKET=yes", 0, { HERMES_DOCKER_SOCKET: "yes" }, true],
    ["HERMES_DOCKER_SOCKET=0", 998, { HERMES_DOCKER_SOCKET: "0" }, false],
  ] as [string, number, Record<string, string>, boolean][]
) {
  const verb = joined ? "lets hermes" : "does not let hermes";
  Deno.test(`hermes-ids ${verb} into the group of Docker's socket with ${what}`, async () => {
    const { code, stderr, group } = await hermesIds({ socketGid, env });
    assertEquals(code, 0);
    assertEquals(group, joined ? `${GROUP}hermes-docker:x:${socketGid}:hermes\n` : GROUP);
    if (joined) assertEquals(stderr, "");
    else {assertMatch(
        stderr,
        /^prog: info: hermes does not join [^\n]*HERMES_DOCKER_SOCKET=1[^\n]*\n$/,
      );}
  });
}

Deno.test("hermes-ids lets hermes into each group of the graphics devices, once, and not into 0", async () => {
  using temp = new TempDir();
  const etc = lay(temp);
  const { code, stderr, group } = await runIn(temp, etc, { deviceGids: [0, 44, 106, 10001] });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(group, `${GROUP}hermes-dri-106:x:106:hermes\nhermes-dri-44:x:44:hermes\n`);
});

Deno.test("hermes-ids adds its group on a line of its own", async () => {
  const { group } = await hermesIds({ group: "root:x:0:\nhermes:x:10001:", socketGid: 998 });
  assertEquals(group, "root:x:0:\nhermes:x:10001:\nhermes-docker:x:998:hermes\n");
});

Deno.test("hermes-ids adds no group for a socket of hermes's own group", async () => {
  assertEquals((await hermesIds({ socketGid: 10001 })).group, GROUP);
});

Deno.test("hermes-ids warns of a socket that hermes cannot use on a read-only root", async () => {
  const { code, stdout, stderr } = await hermesIds({ readOnly: true, socketGid: 998 });
  assertEquals([code, stdout], [0, "10000:10001\n"]);
  assertMatch(stderr, /^prog: warning: [^\n]*hermes-docker:x:998:hermes\n$/);
});

Deno.test("hermes-ids keeps the modes of what it edits and leaves nothing beside it", async () => {
  using temp = new TempDir();
  const etc = lay(temp);
  Deno.chmodSync(`${etc}/passwd`, 0o640);
  await runIn(temp, etc, { env: { HERMES_UID: "99" }, socketGid: 998 });
  assertEquals(modeOf(`${etc}/passwd`), 0o640);
  assertEquals([...Deno.readDirSync(etc)].map(({ name }) => name).sort(), ["group", "passwd"]);
  assert(!Deno.readTextFileSync(`${etc}/passwd`).includes(":10000:10001:My"));
});
