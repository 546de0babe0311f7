import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DENO, HERMES_IDS, HOOK_FILES, INSTALL_DIR, RUN_FLAGS } from "../../lib/image/hook.ts";
import {
  HERMES_SETUP,
  permissionFlags,
  RECONCILE_PROFILES,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { fakeBin, recorded, recorder, REPO } from "../_fixtures.ts";
import { exists, modeOf, type Outcome, run, TempDir } from "../_temp.ts";

/** Runs a committed hook up to its `exec`, which only notes its arguments. */
function runHook(
  temp: TempDir,
  name: string,
  env: Record<string, string>,
  uid = 0,
): Promise<Outcome> {
  // Else the capabilities of the test's own user would choose.
  const mode = { HERMES_SUPERVISION: "shared" };
  const bin = fakeBin(`${temp.path}/bin`, {
    id: `case "$*" in
      -u) echo ${uid} ;;
      "-u hermes") echo 10000 ;;
      "-g hermes") echo 10001 ;;
      *) exit 1 ;;
    esac`,
    env: recorder(`${temp.path}/env`),
    timeout: recorder(`${temp.path}/timeout`, 'shift; exec "$@"'),
    "s6-setuidgid": recorder(`${temp.path}/setuidgid`, 'shift; exec "$@"'),
  });
  return run("/bin/sh", {
    args: [`${REPO}/rootfs/etc/cont-init.d/${name}`],
    env: { PATH: bin, ...mode, ...env },
  });
}

const deno = [DENO, "run", ...RUN_FLAGS];

Deno.test("the committed hooks are what the generator renders, and executable", () => {
  assertEquals([...HOOK_FILES.keys()], [
    ...["01-hermes-setup", "015-supervise-perms", "02-reconcile-profiles"]
      .map((name) => `etc/cont-init.d/${name}`),
  ]);
  for (const [path, render] of HOOK_FILES) {
    assertEquals(Deno.readTextFileSync(`${REPO}/rootfs/${path}`), render());
    assertEquals(modeOf(`${REPO}/rootfs/${path}`) & 0o111, 0o111);
  }
});

Deno.test("stages start without prompts and without the network", () => {
  assertEquals(new Set(RUN_FLAGS), new Set(["--no-prompt", "--cached-only", "--quiet"]));
});

Deno.test("02 becomes hermes before Deno starts, with exactly the stage's permissions", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runHook(temp, "02-reconcile-profiles", {
    HERMES_GATEWAY_SHARD: "2/5",
  });
  assertEquals([code, stderr], [0, ""]);
  assertEquals(recorded(`${temp.path}/setuidgid`).slice(0, 4), [
    ...["hermes", "timeout", "120", "env"],
  ]);
  const places = { home: "/opt/data", scandir: "/run/service", servicedirs: "", out: "" };
  assertEquals(recorded(`${temp.path}/env`), [
    "-i",
    "NO_COLOR=1",
    `DENO_DIR=${INSTALL_DIR}/deno_dir`,
    "HERMES_HOME=/opt/data",
    "S6_PROFILE_GATEWAY_SCANDIR=/run/service",
    "HERMES_GATEWAY_PROFILES=",
    "HERMES_GATEWAY_SHARD=2/5",
    "GATEWAY_MULTIPLEX_PROFILES=",
    "HERMES_GATEWAY_NO_SUPERVISE=",
    ...deno,
    ...permissionFlags(RECONCILE_PROFILES.permissions(places)),
    `${INSTALL_DIR}/tasks/reconcile_profiles.ts`,
    "--container-command",
  ]);
});

Deno.test("02 does not drop what it does not have: not root", async () => {
  using temp = new TempDir();
  const { code } = await runHook(temp, "02-reconcile-profiles", {}, 10000);
  assertEquals(code, 0);
  assert(!exists(`${temp.path}/setuidgid`));
  assertEquals(recorded(`${temp.path}/timeout`).slice(0, 2), ["120", "env"]);
  assertEquals(recorded(`${temp.path}/env`)[0], "-i");
});

for (const uid of [0, 10000]) {
  Deno.test(`02 as UID ${uid} ends what hangs on the volume, and its exit code is the stage's`, async () => {
    using temp = new TempDir();
    await runHook(temp, "02-reconcile-profiles", {}, uid);
    assertEquals(recorded(`${temp.path}/timeout`)[0], "120");
    fakeBin(`${temp.path}/bin`, { timeout: "exit 124" });
    const { code } = await run("/bin/sh", {
      args: [`${REPO}/rootfs/etc/cont-init.d/02-reconcile-profiles`],
      env: { PATH: `${temp.path}/bin`, HERMES_SUPERVISION: "shared" },
    });
    assertEquals(code, 124);
  });
}

Deno.test("015 stays root and passes hermes's real UID and GID", async () => {
  using temp = new TempDir();
  const env = { S6_PROFILE_GATEWAY_SCANDIR: "/run/other" };
  const { code } = await runHook(temp, "015-supervise-perms", env);
  assertEquals(code, 0);
  assert(!exists(`${temp.path}/setuidgid`) && !exists(`${temp.path}/timeout`));
  const servicedirs = "/run/s6-rc/servicedirs";
  const places = { home: "", scandir: "/run/other", servicedirs, out: "" };
  assertEquals(recorded(`${temp.path}/env`), [
    "-i",
    "NO_COLOR=1",
    `DENO_DIR=${INSTALL_DIR}/deno_dir`,
    ...deno,
    ...permissionFlags(SUPERVISE_PERMS.permissions(places)),
    `${INSTALL_DIR}/tasks/supervise_perms.ts`,
    `--servicedirs=${servicedirs}`,
    "--services=",
    "--scandir=/run/other",
    "--owner=10000:10001",
  ]);
});

Deno.test("015 has nothing to do when it is not root", async () => {
  using temp = new TempDir();
  const { code, stdout } = await runHook(temp, "015-supervise-perms", {}, 10000);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "015-supervise-perms: info:");
  assert(!exists(`${temp.path}/env`));
});

Deno.test("015 without a user hermes says so and exits 1", async () => {
  using temp = new TempDir();
  await runHook(temp, "015-supervise-perms", {});
  Deno.removeSync(`${temp.path}/env`);
  const bin = fakeBin(`${temp.path}/bin`, { id: '[ "$*" = -u ] && echo 0' });
  const { code, stderr } = await run("/bin/sh", {
    args: [`${REPO}/rootfs/etc/cont-init.d/015-supervise-perms`],
    env: { PATH: bin, HERMES_SUPERVISION: "isolated" },
  });
  assertEquals([code, stderr.split("\n").length], [1, 2]);
  assertStringIncludes(stderr, "015-supervise-perms: fatal:");
  assert(!exists(`${temp.path}/env`));
});

for (const hook of ["015-supervise-perms", "02-reconcile-profiles"]) {
  Deno.test(`${hook} refuses a HERMES_SUPERVISION that is neither shared nor isolated`, async () => {
    for (const value of ["Shared", "none", "shared\n", "*"]) {
      using temp = new TempDir();
      const { code, stderr } = await runHook(temp, hook, { HERMES_SUPERVISION: value });
      assertEquals(code, 2, JSON.stringify(value));
      assertStringIncludes(stderr, `${hook}: fatal: HERMES_SUPERVISION`);
      assert(!exists(`${temp.path}/env`));
    }
  });
}

Deno.test("02 passes a home with quotes, spaces and $(…) on as it is", async () => {
  using temp = new TempDir();
  const home = `/opt/it's "my" $(id) \`id\` * home`;
  await runHook(temp, "02-reconcile-profiles", { HERMES_HOME: home });
  const args = recorded(`${temp.path}/env`);
  assert(args.includes(`HERMES_HOME=${home}`));
  assert(args.some((arg) => arg.startsWith(`--allow-read=/run/service,${home}/profiles,`)));
});

for (const hook of ["015-supervise-perms", "02-reconcile-profiles"]) {
  Deno.test(`${hook} does and says nothing for who is neither root nor hermes: 01 has said it`, async () => {
    using temp = new TempDir();
    fakeBin(`${temp.path}/bin`, { grep: recorder(`${temp.path}/grep`) });
    const { code, stdout, stderr } = await runHook(temp, hook, {}, 1234);
    assertEquals([code, stdout, stderr], [2, "", ""]);
    assert(!exists(`${temp.path}/env`) && !exists(`${temp.path}/setuidgid`));
    if (hook === "015-supervise-perms") {
      assertEquals(recorded(`${temp.path}/grep`), [
        ...["-qsF", HERMES_IDS, "/etc/cont-init.d/01-hermes-setup"],
      ]);
    }
  });
}

const bad = ["data", "./data", "/opt,data", ",", "/opt/data\n", "/opt\n/data", "\n/opt/data"];
for (
  const [hook, variable] of [
    ["01-hermes-setup", "HERMES_HOME"],
    ["02-reconcile-profiles", "HERMES_HOME"],
    ["02-reconcile-profiles", "S6_PROFILE_GATEWAY_SCANDIR"],
    ["015-supervise-perms", "S6_PROFILE_GATEWAY_SCANDIR"],
  ] as const
) {
  Deno.test(`${hook} refuses a ${variable} that is not absolute or holds a comma or a newline`, async () => {
    for (const value of bad) {
      using temp = new TempDir();
      const { code, stdout, stderr } = await runHook(temp, hook, { [variable]: value });
      assertEquals([code, stdout], [2, ""], JSON.stringify(value));
      assertEquals(stderr.split("\n").length, 2);
      assertStringIncludes(stderr, `${hook}: fatal: ${variable}`);
      assert(!exists(`${temp.path}/env`));
    }
  });
}

/** Runs 01 up to its `exec`; `above` is whether hermes can change a directory above the home. */
async function runSetup(
  temp: TempDir,
  { uid = 0, above = false, ids = "echo 99:100", home = "/opt/data/" },
): Promise<Outcome> {
  const text = Deno.readTextFileSync(`${REPO}/rootfs/etc/cont-init.d/01-hermes-setup`);
  const hook = temp.write("hook", text.replace(HERMES_IDS, "hermes-ids"));
  const bin = fakeBin(`${temp.path}/bin`, {
    id: `echo ${uid}`,
    "hermes-ids": `echo "$1" >'${temp.path}/prog'\n${ids}`,
    env: recorder(`${temp.path}/env`),
    timeout: 'shift; exec "$@"',
    // Its first call asks about the directories, its second is the drop.
    "s6-setuidgid": `shift; [ "$1" != sh ] || exit ${above ? 0 : 1}
      echo dropped >'${temp.path}/dropped'; exec "$@"`,
  });
  return await run("/bin/sh", { args: [hook], env: { PATH: bin, HERMES_HOME: home } });
}

Deno.test("01 gives the home to whom hermes-ids says, as root, with exactly its permissions", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runSetup(temp, {});
  assertEquals([code, stderr], [0, ""]);
  assert(!exists(`${temp.path}/dropped`));
  assertEquals(Deno.readTextFileSync(`${temp.path}/prog`), "01-hermes-setup\n");
  const places = { home: "/opt/data", scandir: "", servicedirs: "", out: "" };
  assertEquals(recorded(`${temp.path}/env`), [
    "-i",
    "NO_COLOR=1",
    `DENO_DIR=${INSTALL_DIR}/deno_dir`,
    ...deno,
    ...permissionFlags(HERMES_SETUP.permissions(places)),
    `${INSTALL_DIR}/tasks/hermes_setup.ts`,
    "--home=/opt/data",
    "--owner=99:100",
  ]);
});

Deno.test("01 gives nothing away where it is not root", async () => {
  using temp = new TempDir();
  assertEquals((await runSetup(temp, { uid: 10000 })).code, 0);
  assertEquals(recorded(`${temp.path}/env`).at(-1), "--home=/opt/data");
});

Deno.test("01 is hermes, not root, where hermes could swap the home", async () => {
  using temp = new TempDir();
  const { code, stdout } = await runSetup(temp, { above: true });
  assertEquals(code, 0);
  assertStringIncludes(stdout, "01-hermes-setup: info:");
  assert(exists(`${temp.path}/dropped`));
  assertEquals(recorded(`${temp.path}/env`).at(-1), "--home=/opt/data");
});

Deno.test("01 ends with what hermes-ids refused", async () => {
  using temp = new TempDir();
  assertEquals((await runSetup(temp, { ids: "exit 2" })).code, 2);
  assert(!exists(`${temp.path}/env`));
});

Deno.test("01 does not take / for a home", async () => {
  for (const home of ["/", "///"]) {
    using temp = new TempDir();
    const { code, stderr } = await runSetup(temp, { home });
    assertEquals([code, stderr.split("\n").length], [2, 2]);
    assert(!exists(`${temp.path}/env`));
  }
});
