import { assert, assertEquals, assertMatch } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { PROFILE_WATCH, renderProfileWatch } from "../../lib/image/profile_watch_service.ts";
import { syncProfileGateways, wordSyncEntry } from "../../lib/control/sync.ts";
import { fakeBin, Home, recorded, recorder, REPO, RUNNING, visible } from "../_fixtures.ts";
import { exists, modeOf, type Outcome, run, TempDir } from "../_temp.ts";

const SERVICE = `${REPO}/rootfs/etc/s6-overlay/s6-rc.d/profile-watch`;
const PLACES = { home: "/opt/data", scandir: "/run/service", servicedirs: "", out: "" };

/** Runs a script of the pair as root, or as hermes, with fake programs. */
async function runScript(
  temp: TempDir,
  name: "run" | "finish",
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<Outcome> {
  const bin = fakeBin(`${temp.path}/bin`, {
    id: "echo 10000", // whoever asks about whomever: hermes
    env: recorder(`${temp.path}/env`),
  });
  fakeBin(`${temp.path}/service`, { [name]: renderProfileWatch().get(name) ?? "" });
  return await run("/bin/sh", {
    args: [`${temp.path}/service/${name}`, ...args],
    env: { PATH: `${bin}:/usr/bin:/bin`, ...env },
  });
}

Deno.test("the committed profile-watch pair is what the generator renders", () => {
  for (const [name, text] of renderProfileWatch()) {
    assertEquals(Deno.readTextFileSync(`${SERVICE}/${name}`), text);
    assertEquals(modeOf(`${SERVICE}/${name}`) & 0o111, 0o111);
  }
});

Deno.test("the committed profile-watch is a longrun of the user bundle that waits for base and gateways", () => {
  assertEquals(Deno.readTextFileSync(`${SERVICE}/type`), "longrun\n");
  for (const name of ["base", "gateways"]) {
    assert(Deno.lstatSync(`${SERVICE}/dependencies.d/${name}`).isFile);
  }
  assert(Deno.lstatSync(`${SERVICE}/../user/contents.d/profile-watch`).isFile);
  assert(!exists(`${SERVICE}/down`));
});

Deno.test("the Dockerfile knows every service of the user bundle, and caches the watcher", () => {
  const text = Deno.readTextFileSync(`${REPO}/Dockerfile`);
  for (const { name } of Deno.readDirSync(`${SERVICE}/../user/contents.d`)) {
    assert(text.includes(`! -name ${name}`), `${name} would keep the old user bundle in place`);
  }
  assertMatch(text, /COPY [^&]*tasks\/_news\.ts/);
  assertMatch(text, /run tasks\/watch_profiles\.ts --help/);
});

Deno.test("the watcher may do what gatewayctl sync may, and no more", () => {
  const sync = COMMANDS.find(({ name }) => name === "sync");
  assertEquals(PROFILE_WATCH.permissions(PLACES), sync?.permissions(PLACES));
});

Deno.test("profile-watch is off unless turned on: run exits 0, finish 125", async () => {
  for (const value of ["", "0", "off", "1 "]) {
    using temp = new TempDir();
    const env = { HERMES_PROFILE_WATCH: value };
    assertEquals((await runScript(temp, "run", env)).code, 0);
    assert(!exists(`${temp.path}/env`));
    assertEquals((await runScript(temp, "finish", env, ["0", "0"])).code, 125);
  }
});

for (
  const [what, env, home, scandir] of [
    ["by default", {}, "/opt/data", "/run/service"],
    [
      "when isolated",
      { HERMES_SUPERVISION: "isolated", HERMES_HOME: "/some where" },
      "/some where",
      "/run/hermes/service",
    ],
    ["with a scandir", { S6_PROFILE_GATEWAY_SCANDIR: "/x" }, "/opt/data", "/x"],
  ] as [string, Record<string, string>, string, string][]
) {
  Deno.test(`profile-watch run ${what} starts the entry with its permissions and nothing else in its environment`, async () => {
    using temp = new TempDir();
    const on = { HERMES_PROFILE_WATCH: "on", SECRET: "1", HERMES_GATEWAY_SHARD: "2/5" };
    const { code, stderr } = await runScript(temp, "run", { ...on, ...env });
    assertEquals([code, stderr], [0, ""]);
    const words = recorded(`${temp.path}/env`);
    assertEquals(words.slice(0, 8), [
      ...["-i", "NO_COLOR=1", "DENO_DIR=/opt/hermes-boot/deno_dir"],
      ...[`HERMES_HOME=${home}`, `S6_PROFILE_GATEWAY_SCANDIR=${scandir}`],
      ...["HERMES_GATEWAY_PROFILES=", "HERMES_GATEWAY_SHARD=2/5", "GATEWAY_MULTIPLEX_PROFILES="],
    ]);
    const { read = [] } = PROFILE_WATCH.permissions({ ...PLACES, home, scandir });
    assert(words.includes(`--allow-read=${read.join()}`));
    assert(words.includes(`--allow-write=${scandir}`));
    assertEquals(words.slice(-2), [
      "/opt/hermes-boot/tasks/watch_profiles.ts",
      "--container-command",
    ]);
  });
}

for (
  const [exit, code] of [["0", 0], ["1", 0], ["256", 0], ["2", 125], ["78", 125]] as const
) {
  Deno.test(`profile-watch finish after exit ${exit} exits ${code}`, async () => {
    using temp = new TempDir();
    const env = { HERMES_PROFILE_WATCH: "1" };
    assertEquals((await runScript(temp, "finish", env, [exit, "9"])).code, code);
  });
}

for (const [variable, value] of [["HERMES_HOME", "data"], ["HERMES_HOME", "/a,b"]] as const) {
  Deno.test(`profile-watch run with ${variable}=${value} says so in one line and exits 2`, async () => {
    using temp = new TempDir();
    const env = { HERMES_PROFILE_WATCH: "1", [variable]: value };
    const { code, stderr } = await runScript(temp, "run", env);
    assertEquals(code, 2);
    assertMatch(stderr, /^profile-watch: fatal: HERMES_HOME: [\x20-\x7e]+\n$/);
    assert(!exists(`${temp.path}/env`));
  });
}

Deno.test("syncProfileGateways() asks whether it may prune after it has read the profiles", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  Deno.mkdirSync(home.scandir);
  const bin = fakeBin(`${temp.path}/bin`, {
    "s6-svok": "case $1 in *retired*) exit 1 ;; esac",
    "s6-svscanctl": "exit 0",
    "s6-svc": "exit 0",
  });
  const options = { home: home.path, scandir: home.scandir, bin, timeoutMs: 5000 };
  const dir = home.add("coder", RUNNING);
  await syncProfileGateways(options);
  Deno.renameSync(dir, `${temp.path}/away`);
  let asked = 0;
  const entries = await syncProfileGateways({
    ...options,
    prune() {
      asked++;
      Deno.renameSync(`${temp.path}/away`, dir); // too late to be seen
      return false;
    },
  });
  assertEquals(entries.map(wordSyncEntry), [
    "default: unchanged",
    "coder: skipped: no such profile; --prune unregisters it",
  ]);
  assertEquals([asked, visible(home.scandir)], [1, ["gateway-coder", "gateway-default"]]);
  Deno.removeSync(dir, { recursive: true });
  const pruned = await syncProfileGateways({ ...options, prune: () => true });
  assertEquals(pruned.map(wordSyncEntry), ["default: unchanged", "coder: pruned: no such profile"]);
  assertEquals(visible(home.scandir), ["gateway-default"]);
});
