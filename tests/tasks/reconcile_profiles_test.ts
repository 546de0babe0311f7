import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import {
  assertWholeSlot,
  Home,
  mkfifo,
  RUNNING,
  runStage,
  STOPPED,
  visible,
} from "../_fixtures.ts";
import { exists, type Outcome, type RunOptions, runSync, snapshot, TempDir } from "../_temp.ts";

/** Runs 02 on a home, with exactly its permissions. */
function reconcile(home: Home, args: string[] = [], options: RunOptions = {}): Promise<Outcome> {
  const places = { home: home.path, scandir: home.scandir };
  return runStage(RECONCILE_PROFILES, places, { ...options, args });
}

const lines = (text: string) => text.trimEnd().split("\n");

function assertOneLine(text: string): void {
  assertMatch(text, /^[\x20-\x7e]+\n$/);
}

Deno.test("02 prints a line per profile and a last line with the counts and the milliseconds", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", STOPPED);
  home.add("coder", RUNNING);
  home.add("Bad", RUNNING);
  const { code, stdout, stderr } = await reconcile(home);
  assertEquals([code, stderr], [0, ""]);
  const [root, bad, coder, summary = "", ...rest] = lines(stdout);
  assertEquals(root, "reconcile: profile=default prior_state=stopped action=registered");
  assertEquals(coder, "reconcile: profile=coder prior_state=running action=started");
  assertMatch(
    bad ?? "",
    /^reconcile: profile=Bad prior_state=None action=skipped reason="[^"]+"$/,
  );
  assertMatch(summary, /^reconcile: 1 started, 1 registered, 1 skipped in \d+ ms$/);
  assertEquals(rest, []);
});

Deno.test("02 --json prints one object per action and nothing else", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("Bad", RUNNING);
  const { code, stdout } = await reconcile(home, ["--json"]);
  assertEquals(code, 0);
  const actions = lines(stdout).map((line) => JSON.parse(line));
  assertEquals(actions.map(({ profile }) => profile), ["default", "Bad", "coder"]);
  assertEquals(actions[2], {
    ...{ profile: "coder", priorState: "running", action: "started", priorExit: "unknown" },
  });
  assertEquals(actions[0].priorState, null);
  assertEquals(typeof actions[1].reason, "string");
});

Deno.test("02 --json is printable ASCII whatever the names are, and loses nothing of them", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const names = [
    "a\nb",
    "bidi\u202e",
    "c1\u009b31m",
    "del\x7f",
    "esc\x1b[2J",
    "q\"'\\",
    "\u{1f600}",
  ];
  for (const name of names) home.add(name, RUNNING);
  const { code, stdout } = await reconcile(home, ["--json"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^[\x20-\x7e\n]*$/);
  const actions = lines(stdout).map((line) => JSON.parse(line));
  assertEquals(actions.slice(1).map(({ profile }) => profile).sort(), names.toSorted());
});

Deno.test("02 --json has a reason and nothing more for a profile that failed, and exits 1", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  temp.mkdir("scandir");
  Deno.writeTextFileSync(home.slot("coder"), "in the way");
  const { code, stdout } = await reconcile(home, ["--json"]);
  assertEquals(code, 1);
  const [root, coder] = lines(stdout).map((line) => JSON.parse(line));
  assertEquals(Object.keys(root), ["profile", "priorState", "action", "priorExit"]);
  assertEquals(Object.keys(coder), ["profile", "priorState", "action", "priorExit", "reason"]);
  assertEquals([coder.action, coder.priorState], ["skipped", "running"]);
});

for (const args of [["--dry-run"], ["--dry-run", "--json"]]) {
  Deno.test(`02 ${args.join(" ")} says the same and writes nothing`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("coder", RUNNING);
    home.add("Bad", RUNNING);
    Deno.writeTextFileSync(`${home.path}/profiles/coder/gateway.pid`, "1");
    const before = snapshot(temp.path, { exact: true });
    const dry = await reconcile(home, args);
    assertEquals(snapshot(temp.path, { exact: true }), before);
    const wet = await reconcile(home, args.filter((arg) => arg !== "--dry-run"));
    const timeless = (text: string) => text.replace(/in \d+ ms/, "in N ms");
    assertEquals(
      [dry.code, timeless(dry.stdout), dry.stderr],
      [wet.code, timeless(wet.stdout), wet.stderr],
    );
    assert(exists(home.slot("coder")));
  });
}

Deno.test("02 sends warnings to stderr, each on a line", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  home.add("broken", "\x1b[31m\nreconcile: profile=evil");
  const { code, stdout, stderr } = await reconcile(home);
  assertEquals(code, 0);
  assertEquals(lines(stdout).length, 3);
  assertOneLine(stderr);
  assertMatch(stderr, /^reconcile: warning: profile=broken: /);
  assert(!stderr.includes("evil"));
});

Deno.test("02 keeps a warning printable when the home's own path is not", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  const odd = `${temp.path}/esc\x1b[2J\u202e`;
  Deno.renameSync(home.path, odd);
  Deno.removeSync(`${odd}/profiles`, { recursive: true });
  Deno.writeTextFileSync(`${odd}/profiles`, "");
  const { code, stderr } = await runStage(
    RECONCILE_PROFILES,
    { home: odd, scandir: home.scandir },
  );
  assertEquals(code, 0);
  assertOneLine(stderr);
  assertStringIncludes(stderr, "profiles is not a directory");
});

for (const umask of ["000", "022", "077"]) {
  Deno.test(`02 gives slots exact modes under umask ${umask}, new and refreshed`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("up", RUNNING);
    assertEquals((await reconcile(home, [], { umask })).code, 0);
    assertWholeSlot(home.slot("up"), { down: false });
    assertWholeSlot(home.slot("default"), { down: true });
    home.add("up", STOPPED);
    Deno.removeSync(`${home.slot("default")}/log`, { recursive: true });
    Deno.writeTextFileSync(`${home.slot("up")}/run`, "");
    assertEquals((await reconcile(home, [], { umask })).code, 0);
    assertWholeSlot(home.slot("up"), { down: true });
    assertWholeSlot(home.slot("default"), { down: true });
  });
}

Deno.test("02 does not hang on FIFOs wherever the volume could hold one", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const dir = home.add("coder");
  Deno.mkdirSync(`${home.path}/state`);
  Deno.mkdirSync(`${home.path}/logs`);
  Deno.mkdirSync(`${dir}/state`);
  for (const base of [home.path, dir]) {
    for (const name of ["gateway_state.json", "gateway.pid", "state/gateway.lifecycle.json"]) {
      mkfifo(`${base}/${name}`);
    }
  }
  mkfifo(`${home.path}/profiles/fifo`);
  mkfifo(`${home.path}/logs/container-boot.log`);
  const { code, stdout } = await reconcile(home, [], { timeoutMs: 10_000 });
  assertEquals([code, lines(stdout).length], [0, 3]);
  assertWholeSlot(home.slot("coder"), { down: true });
});

Deno.test("02 keeps every line of stdout and of the boot log printable, whatever the names are", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const names = [
    ...["new\nline profile=evil", "esc\x1b[2J", "bidi\u202e", "nbsp\u00a0", "c1\u009b31m", "q\"'"],
  ];
  for (const name of names) home.add(name, RUNNING);
  const script = 'd=$1/$(printf "bad\\377"); mkdir "$d" && : >"$d/SOUL.md"';
  runSync("sh", "-c", script, "sh", `${home.path}/profiles`);
  const { code, stdout } = await reconcile(home);
  assertEquals(code, 0);
  const log = Deno.readTextFileSync(`${home.path}/logs/container-boot.log`);
  assertEquals(lines(stdout).length, names.length + 3);
  assertEquals(lines(log).length, names.length + 2);
  for (const line of [...lines(stdout), ...lines(log)]) assertMatch(line, /^[\x20-\x7e]+$/);
  for (const line of lines(log).slice(1)) {
    assertMatch(
      line,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 profile=\S+ prior_state=None action=skipped prior_exit=unknown reason="[^\n]+"$/,
    );
    const [, reason = ""] = / reason=(".*")$/.exec(line) ?? [];
    assertEquals(typeof JSON.parse(reason), "string");
  }
  assertEquals(visible(home.scandir), ["gateway-default"]);
});

const logs: [what: string, make: (path: string, target: string) => void][] = [
  ["symlink", (path, target) => Deno.symlinkSync(target, path)],
  ["hard link", (path, target) => Deno.linkSync(target, path)],
  ["directory", (path) => Deno.mkdirSync(path)],
];

for (const [what, make] of logs) {
  Deno.test(`02 warns of a boot log that is a ${what}; the slots are there and the target unchanged`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("default", RUNNING);
    temp.mkdir("home/logs");
    const target = temp.write("target", "kept");
    make(`${home.path}/logs/container-boot.log`, target);
    const { code, stderr } = await reconcile(home);
    assertEquals(code, 0);
    assertOneLine(stderr);
    assertStringIncludes(stderr, "reconcile: warning: cannot write the boot log");
    assertWholeSlot(home.slot("default"), { down: false });
    assertEquals(Deno.readTextFileSync(target), "kept");
  });
}

Deno.test("02 makes a scandir that does not exist", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assert(!exists(home.scandir));
  assertEquals((await reconcile(home)).code, 0);
  assertWholeSlot(home.slot("default"), { down: true });
});

Deno.test("02 exits 1 with one line when the scandir is a file", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  temp.write("scandir", "kept");
  const { code, stdout, stderr } = await reconcile(home);
  assertEquals([code, stdout], [1, ""]);
  assertOneLine(stderr);
  assertEquals(Deno.readTextFileSync(home.scandir), "kept");
});

Deno.test("02 exits 1 with one line when the scandir is not writable", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  temp.mkdir("scandir", 0o555);
  const { code, stdout, stderr } = await reconcile(home, [], { capabilities: "none" });
  assertEquals([code, stdout], [1, ""]);
  assertOneLine(stderr);
  assertStringIncludes(stderr, "Permission denied");
  assertEquals([...Deno.readDirSync(home.scandir)], []);
});

Deno.test("02 exits 1 when one profile cannot be looked into, and brings the others up", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  home.add("open", RUNNING);
  Deno.chmodSync(home.add("shut", RUNNING), 0);
  const { code, stdout } = await reconcile(home, [], { capabilities: "none" });
  assertEquals(code, 1);
  assertMatch(stdout, /^reconcile: profile=shut prior_state=None action=skipped reason=".*"$/m);
  assertEquals(visible(home.scandir), ["gateway-default", "gateway-open"]);
});

Deno.test("02 exits 1 when profiles cannot be read, and brings the root profile up", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  Deno.chmodSync(`${home.path}/profiles`, 0);
  const { code, stdout, stderr } = await reconcile(home, [], { capabilities: "none" });
  assertEquals(code, 1);
  assertMatch(stdout, /^reconcile: profile=default prior_state=running action=started$/m);
  assertOneLine(stderr);
  assertStringIncludes(stderr, "reconcile: fatal: ");
  assertWholeSlot(home.slot("default"), { down: false });
});

Deno.test("02 brings profiles up whose state is unreadable or whose directory is not writable", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  Deno.chmodSync(`${home.add("dumb", RUNNING)}/gateway_state.json`, 0);
  const fixed = home.add("fixed", RUNNING);
  Deno.writeTextFileSync(`${fixed}/gateway.pid`, "1");
  Deno.chmodSync(fixed, 0o555);
  const { code, stderr } = await reconcile(home, [], { capabilities: "none" });
  assertEquals(code, 0);
  assertEquals(lines(stderr).map((line) => /profile=\w+/.exec(line)?.[0]), [
    ...["profile=dumb", "profile=fixed"],
  ]);
  assertWholeSlot(home.slot("dumb"), { down: true });
  assertWholeSlot(home.slot("fixed"), { down: false });
});

Deno.test("02 keeps slots whole when two run at once, and both succeed", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  for (let i = 0; i < 60; i++) home.add(`p${i}`, RUNNING);
  const outcomes = await Promise.all([1, 2, 3].map(() => reconcile(home)));
  for (const { code, stderr, stdout } of outcomes) {
    assertEquals([code, stderr], [0, ""]);
    assertEquals(lines(stdout).length, 62);
  }
  assertEquals(visible(home.scandir).length, 61);
  for (const name of visible(home.scandir)) {
    assertWholeSlot(`${home.scandir}/${name}`, { down: false });
  }
  const log = Deno.readTextFileSync(`${home.path}/logs/container-boot.log`);
  assertEquals(lines(log).length, 3 * 61);
});
