import { assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT, mkfifo } from "../_fixtures.ts";
import { type Outcome, run, runSync, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const HERMES = "10000:10000";
const OTHER = "23456:23456";
const SCRIPT = "opt/hermes-boot/libexec/give-back";

function rootTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `root: give-back ${name}`, ignore: !IS_ROOT, fn });
}

function ownerOf(path: string): string {
  const { uid, gid } = Deno.lstatSync(path);
  return `${uid}:${gid}`;
}

/** A home, hermes's but for what a test adds to it. */
class World {
  readonly home: string;
  readonly #tree: Tree;

  constructor(readonly temp: TempDir) {
    this.#tree = new Tree(temp);
    this.home = temp.mkdir("home");
    for (const dir of ["profiles/coder/cache", "workspace/project"]) temp.mkdir(`home/${dir}`);
    runSync("chown", "-R", HERMES, this.home);
  }

  /** Runs it; `front` is a command that does. */
  giveBack({ front = [], script = SCRIPT }: { front?: string[]; script?: string } = {}) {
    const [program = "", ...args] = [
      ...[...front, `${this.#tree.path}/${script}`, "prog", HERMES, this.home],
    ];
    return run(program, { args, env: { PATH: this.#tree.searchPath } }) as Promise<Outcome>;
  }

  /** Puts a fake program before the system's. */
  fake(name: string, body: string): void {
    this.#tree.fake(`bin/${name}`, body);
  }

  owners(...paths: string[]): string[] {
    return paths.map((path) => ownerOf(`${this.home}/${path}`));
  }
}

rootTest(
  "gives back what is root's at the first level and in hermes's own directories",
  async () => {
    using temp = new TempDir();
    const world = new World(temp);
    const dirs = [
      "cron",
      "logs",
      "profiles/coder/sub",
      "profiles/new",
      "platforms/pairing",
      "mine",
    ];
    for (const dir of dirs) temp.mkdir(`home/${dir}`);
    const files = [".env", "cron/jobs.json", "profiles/coder/sub/a b\n", "profiles/coder/cache/x"];
    for (const file of [...files, "platforms/pairing/x", "logs/agent.log"]) {
      temp.write(
        `home/${file}`,
      );
    }
    temp.write("home/mine/x");
    const { code, stdout, stderr } = await world.giveBack();
    assertEquals([code, stderr], [0, ""]);
    assertMatch(
      stdout,
      /^prog: info: [^\n]*gave back[^\n]*\n$/,
    );
    for (const path of [...dirs, ...files]) assertEquals(world.owners(path), [HERMES], path);
    assertEquals(world.owners("mine/x"), ["0:0"]);
    assertEquals((await world.giveBack()).stdout, "");
  },
);

rootTest("leaves alone what is another user's, but for files right in the home", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  for (const file of ["file", "profiles/coder/file"]) temp.write(`home/${file}`);
  for (const path of ["file", "workspace", "profiles/coder/file", "profiles/coder/cache"]) {
    runSync("chown", OTHER, `${world.home}/${path}`);
  }
  assertEquals((await world.giveBack()).code, 0);
  assertEquals(world.owners("file", "workspace", "profiles/coder/file", "profiles/coder/cache"), [
    ...[HERMES, OTHER, OTHER, OTHER],
  ]);
});

rootTest(
  "changes no symlink's target, no file of two names, no other kind and no lost+found",
  async () => {
    using temp = new TempDir();
    const world = new World(temp);
    temp.write("elsewhere");
    temp.mkdir("dir");
    temp.mkdir("home/lost+found");
    Deno.symlinkSync(`${temp.path}/elsewhere`, `${world.home}/profiles/coder/link`);
    Deno.symlinkSync(`${temp.path}/dir`, `${world.home}/cron`);
    Deno.linkSync(temp.write("twin"), `${world.home}/profiles/coder/twin`);
    mkfifo(`${world.home}/profiles/coder/fifo`);
    temp.write("dir/file");
    const { code, stdout, stderr } = await world.giveBack();
    assertEquals([code, stdout, stderr], [0, "", ""]);
    const kept = ["elsewhere", "dir", "dir/file", "twin", "home/lost+found"];
    const links = ["home/profiles/coder/link", "home/profiles/coder/fifo", "home/cron"];
    for (const path of [...kept, ...links]) {
      assertEquals(
        ownerOf(`${temp.path}/${path}`),
        "0:0",
        path,
      );
    }
  },
);

rootTest("neither changes nor enters what is mounted in the home", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  for (const dir of ["host/sub", "home/profiles/coder/a host"]) temp.mkdir(dir);
  for (const file of ["host/file", "host/sub/file", "secret", "home/profiles/coder/.env"]) {
    temp.write(file);
  }
  const front = [
    ...["unshare", "--mount", "--propagation=private", "sh", "-ec"],
    'mount --bind "$1/host" "$1/home/profiles/coder/a host"; ' +
    'mount --bind "$1/secret" "$1/home/profiles/coder/.env"; shift; exec "$@"',
    ...["sh", temp.path],
  ];
  const { code, stdout, stderr } = await world.giveBack({ front });
  assertEquals([code, stdout, stderr], [0, "", ""]);
  for (const path of ["host", "host/file", "host/sub", "host/sub/file", "secret"]) {
    assertEquals(ownerOf(`${temp.path}/${path}`), "0:0", path);
  }
  await world.giveBack();
  assertEquals(world.owners("profiles/coder/.env", "profiles/coder/a host"), [HERMES, HERMES]);
});

rootTest(
  "gives nothing in a directory of another mount that was moved under find's hands",
  async () => {
    using temp = new TempDir();
    const world = new World(temp);
    temp.write("home/profiles/coder/file");
    // What find would do in the directory of a mount that it does not know of.
    const { code, stdout, stderr } = await run("sh", {
      args: [
        "-c",
        'cd "$1" && home_mount=1 "$2/opt/hermes-boot/libexec/give-back" --here 1:1 ./file',
      ]
        .concat("sh", `${world.home}/profiles/coder`, `${temp.path}/root`),
      env: { PATH: "/usr/bin:/bin" },
    });
    assertEquals([code, stdout, stderr], [0, "", ""]);
    assertEquals(world.owners("profiles/coder/file"), ["0:0"]);
  },
);

rootTest("warns once where chown is refused", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  for (const file of ["a", "b", "profiles/coder/c"]) temp.write(`home/${file}`);
  const { code, stdout, stderr } = await world.giveBack({
    front: ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"],
  });
  assertEquals([code, stdout], [0, ""]);
  assertMatch(
    stderr,
    /^prog: warning: changing ownership of '[^\n]*': Operation not permitted; "gatewayctl doctor" [^\n]*\n$/,
  );
});

rootTest("warns where the time was too short", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.fake("timeout", "exit 124");
  const { code, stderr } = await world.giveBack();
  assertEquals(code, 0);
  assertMatch(stderr, /^prog: warning: 5 s were too short [^\n]*\n$/);
});

rootTest("says nothing of directories that root is not let into", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  Deno.chmodSync(`${world.home}/profiles/coder`, 0o700);
  const front = ["setpriv", "--bounding-set=-all,+chown", "--inh-caps=-all"];
  Deno.chmodSync(temp.path, 0o755);
  const { code, stdout, stderr } = await world.giveBack({ front });
  assertEquals([code, stdout, stderr], [0, "", ""]);
});
