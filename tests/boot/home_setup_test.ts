import { lchownSync } from "node:fs";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { setUpHome } from "../../lib/boot/home_setup.ts";
import { IS_ROOT, mkfifo, runEntry, runScript } from "../_fixtures.ts";
import { clockTick, exists, modeOf, type Outcome, runSync, snapshot, TempDir } from "../_temp.ts";
import { HERMES, Installation } from "../hostile/_install.ts";
import { swapAsHermes } from "../hostile/_race.ts";

const OTHER = { uid: 23456, gid: 23457 };
const HERMES_OWNS = `${HERMES.uid}:${HERMES.gid}`;
const FOLDERS = ["profiles", "logs", "logs/gateways"];

function chown(path: string, { uid, gid }: { uid: number; gid: number }): void {
  runSync("chown", "-h", `${uid}:${gid}`, path);
}

function ownerOf(path: string): string {
  const { uid, gid } = Deno.lstatSync(path);
  return `${uid}:${gid}`;
}

/** Runs the stage as its hook does, as root with CAP_CHOWN alone. */
function runStage(home: string, capabilities: "chown" | "none" = "chown"): Promise<Outcome> {
  return runEntry(
    "tasks/hermes_setup.ts",
    [`--allow-read=${home}`, `--allow-write=${home}`],
    { args: ["--home", home, `--owner=${HERMES_OWNS}`], capabilities },
  );
}

/** A test that chowns. */
function rootTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: `root: ${name}`, ignore: !IS_ROOT, fn });
}

/** A home with the suite's folders, all of it somebody's. */
function fullHome(temp: TempDir, owner = HERMES): string {
  const home = temp.mkdir("home");
  for (const folder of FOLDERS) temp.mkdir(`home/${folder}`);
  temp.mkdir("home/profiles/coder");
  for (const file of ["config.yaml", "gateway_state.json", ".env", "profiles/coder/SOUL.md"]) {
    temp.write(`home/${file}`, "", 0o600);
  }
  runSync("chown", "-R", `${owner.uid}:${owner.gid}`, home);
  return home;
}

Deno.test("setUpHome() makes a home and its folders, whatever the umask", async () => {
  using temp = new TempDir();
  const home = `${temp.path}/a/home`;
  const { stdout, stderr } = await runScript(
    `import { setUpHome } from "../../lib/boot/home_setup.ts";
     console.log(JSON.stringify(setUpHome(${JSON.stringify(home)})));`,
    { umask: "077" },
  );
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), { made: [".", ...FOLDERS], given: [] });
  for (const folder of [".", ...FOLDERS]) assertEquals(modeOf(`${home}/${folder}`), 0o755, folder);
});

Deno.test("setUpHome() adds what is missing, once", () => {
  using temp = new TempDir();
  temp.mkdir("logs");
  assertEquals(setUpHome(temp.path).made, ["profiles", "logs/gateways"]);
  assertEquals(setUpHome(temp.path).made, []);
});

Deno.test("setUpHome() leaves what is no directory alone, with a warning; as the home it throws", () => {
  using temp = new TempDir();
  const [home, elsewhere] = [temp.mkdir("home"), temp.mkdir("elsewhere")];
  Deno.symlinkSync(elsewhere, `${home}/logs`);
  temp.write("home/profiles");
  const warnings: string[] = [];
  const done = setUpHome(home, { warn: (message) => warnings.push(message) });
  assertEquals([done, warnings.length], [{ made: [], given: [] }, 2]);
  assertMatch(warnings.join(), /profiles: left alone.*logs: left alone/);
  assertEquals([...Deno.readDirSync(elsewhere)], []);
  for (const name of ["logs", "profiles"]) {
    assertThrows(() => setUpHome(`${home}/${name}`), Error, "is not a directory");
  }
});

Deno.test("hermes_setup says what is wrong with its arguments and exits 2", async () => {
  for (const args of [[], ["--home", "data"], ["--home", "/nope", "--owner=hermes"]]) {
    const { code, stderr } = await runEntry("tasks/hermes_setup.ts", [], { args });
    assertEquals(code, 2);
    assertMatch(stderr, /^01-hermes-setup: error: [^\n]+\n$/);
  }
});

rootTest("an empty home of root's becomes hermes's, with its folders", async () => {
  using temp = new TempDir();
  Deno.chmodSync(temp.path, 0o755);
  for (const home of [temp.mkdir("home"), `${temp.path}/missing/home`]) {
    const { code, stderr, stdout } = await runStage(home);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^01-hermes-setup: info: .*profiles, logs, logs\/gateways/);
    for (const path of [".", ...FOLDERS]) {
      assertEquals(ownerOf(`${home}/${path}`), HERMES_OWNS, path);
      assertEquals(modeOf(`${home}/${path}`), 0o755, path);
    }
  }
  assertEquals(ownerOf(`${temp.path}/missing`), "0:0");
});

rootTest("a home that is hermes's, or its alone, keeps every inode as it is", async () => {
  for (const mode of [0o755, 0o700]) {
    using temp = new TempDir();
    const home = fullHome(temp);
    temp.write("home/profiles/coder/of-root");
    Deno.chmodSync(home, mode);
    await clockTick();
    const before = snapshot(home, { exact: true });
    const { code, stdout, stderr } = await runStage(home);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /nothing to do\n$/);
    assertEquals(snapshot(home, { exact: true }), before);
  }
});

rootTest(
  "somebody else's home becomes hermes's with the folders, and nothing else in it",
  async () => {
    using temp = new TempDir();
    const home = fullHome(temp, OTHER);
    temp.mkdir("home/cache");
    mkfifo(`${home}/pipe`);
    for (const name of ["cache", "pipe"]) chown(`${home}/${name}`, OTHER);
    Deno.chmodSync(home, 0o2770);
    Deno.chmodSync(`${home}/logs`, 0o700);
    const { code, stderr } = await runStage(home);
    assertEquals([code, stderr], [0, ""]);
    for (const path of [".", ...FOLDERS]) {
      assertEquals(ownerOf(`${home}/${path}`), HERMES_OWNS, path);
    }
    for (
      const path of ["cache", "config.yaml", "pipe", "profiles/coder", "profiles/coder/SOUL.md"]
    ) {
      assertEquals(ownerOf(`${home}/${path}`), `${OTHER.uid}:${OTHER.gid}`, path);
    }
    const modes = ["", "/logs", "/.env"].map((path) => modeOf(home + path));
    assertEquals(modes, [0o2770, 0o700, 0o600]);
  },
);

rootTest("a lost folder is made, the home's group kept", async () => {
  using temp = new TempDir();
  const home = fullHome(temp, { uid: HERMES.uid, gid: OTHER.gid });
  Deno.removeSync(`${home}/logs/gateways`);
  const { code, stdout } = await runStage(home);
  assertEquals(code, 0);
  assertMatch(stdout, /made logs\/gateways\n$/);
  assertEquals(ownerOf(`${home}/logs/gateways`), HERMES_OWNS);
  assertEquals(ownerOf(`${home}/profiles`), `${HERMES.uid}:${OTHER.gid}`);
});

rootTest("nothing behind a symlink is changed, wherever hermes planted it", async () => {
  using temp = new TempDir();
  const canary = temp.mkdir("canary");
  temp.mkdir("canary/gateways");
  temp.mkdir("canary/coder");
  temp.write("canary/file");
  await clockTick();
  const before = snapshot(canary, { exact: true });
  for (
    const [name, target] of [
      ["logs", canary],
      ["profiles", canary],
      ["logs/gateways", `${canary}/gateways`],
      ["logs", `${canary}/missing`],
      [".env", `${canary}/file`],
      ["gateway_state.json", `${canary}/file`],
      ["profiles/coder/gateway_state.json", `${canary}/file`],
      ["config.yaml", `${canary}/missing`],
    ] as const
  ) {
    const home = fullHome(temp);
    if (exists(`${home}/${name}`)) Deno.removeSync(`${home}/${name}`, { recursive: true });
    Deno.symlinkSync(target, `${home}/${name}`);
    chown(`${home}/${name}`, HERMES);
    // So that there is something to do in every folder.
    chown(home, { uid: 0, gid: 0 });
    const { code } = await runStage(home);
    assertEquals(code, 0, name);
    assertEquals(snapshot(canary, { exact: true }), before, name);
    assertEquals(ownerOf(home), HERMES_OWNS);
    Deno.removeSync(home, { recursive: true });
  }
});

rootTest("an access control list of the last owner is no way in meanwhile", () => {
  using temp = new TempDir();
  const home = fullHome(temp, OTHER);
  // The group bits that stat shows are the list's mask: they must be shut.
  Deno.chmodSync(home, 0o775);
  const seen: string[] = [];
  const { chownSync } = Deno;
  Deno.chownSync = (path, uid, gid) => {
    if (path === `${home}/logs`) seen.push(`${ownerOf(home)} ${modeOf(home).toString(8)}`);
    chownSync(path, uid, gid);
  };
  try {
    setUpHome(home, { owner: HERMES });
  } finally {
    Deno.chownSync = chownSync;
  }
  assertEquals(seen, ["0:0 755", "0:0 755"]);
  assertEquals([ownerOf(home), modeOf(home)], [HERMES_OWNS, 0o775]);
});

/** Makes an entry root's, if it is there just now. */
function takeBack(path: string): void {
  try {
    lchownSync(path, 0, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
  }
}

rootTest("hermes cannot win a race for what a symlink leads to", async () => {
  using installation = new Installation();
  using temp = installation.workDir();
  const home = fullHome(temp, HERMES);
  const canary = temp.mkdir("canary");
  temp.mkdir("canary/gateways");
  const before = snapshot(canary);
  const paths = ["logs", "profiles"].map((name) => `${home}/${name}`);
  for (const path of paths) {
    Deno.symlinkSync(canary, `${path}.decoy`);
    chown(`${path}.decoy`, HERMES);
  }
  let [rounds, ended] = [0, false];
  const swapping = swapAsHermes(installation, 3000, paths).finally(() => ended = true);
  try {
    for (; !ended; rounds++) {
      // So that there is always something to do.
      for (const path of paths) takeBack(path);
      setUpHome(home, { owner: HERMES });
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } finally {
    const { stdout, stderr } = await swapping;
    assertEquals(snapshot(canary), before);
    assert(rounds > 20 && Number(stdout) > 20, `${rounds} rounds, ${stdout} swaps ${stderr}`);
  }
});

rootTest(
  "without CAP_CHOWN a warning says so, nothing changes, and the exit code is 3",
  async () => {
    for (const lost of ["", "logs/gateways"]) {
      using temp = new TempDir();
      const home = fullHome(temp, OTHER);
      if (lost !== "") {
        chown(`${home}/logs`, { uid: 0, gid: 0 });
        Deno.removeSync(`${home}/${lost}`);
      }
      Deno.chmodSync(home, 0o755);
      const before = snapshot(home);
      const { code, stdout, stderr } = await runStage(home, "none");
      assertEquals([code, stdout], [3, ""]);
      assertMatch(stderr, /^01-hermes-setup: warning: cannot chown [^\n]*CAP_CHOWN[^\n]*\n$/);
      assertEquals(snapshot(home), before);
    }
  },
);

rootTest("what root without CAP_CHOWN has made it does not leave behind", async () => {
  using temp = new TempDir();
  const home = temp.mkdir("home");
  assertEquals((await runStage(home, "none")).code, 3);
  assertEquals([...Deno.readDirSync(home)], []);
});
