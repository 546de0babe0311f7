import { assert, assertEquals, assertMatch } from "@std/assert";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { assertWholeSlot, Home, RUNNING, runStage, STOPPED, visible } from "../_fixtures.ts";
import { exists, type Outcome, type RunOptions, runSync, snapshot, TempDir } from "../_temp.ts";

/** A home in a temp dir, with profiles in these states. */
function makeHome(temp: TempDir, states: Readonly<Record<string, string>>): Home {
  const home = new Home(temp);
  for (const [name, state] of Object.entries(states)) home.add(name, state);
  return home;
}

/** Runs 02 on a home, with exactly its permissions. */
function reconcile(home: Home, args: string[] = [], options: RunOptions = {}): Promise<Outcome> {
  const { path, scandir } = home;
  return runStage(RECONCILE_PROFILES, { home: path, scandir }, { ...options, args });
}

const lines = (text: string) => text.trimEnd().split("\n");

const MIXED = { default: STOPPED, coder: RUNNING, Bad: RUNNING };

Deno.test("02 prints a line per profile and a last line with the counts and the milliseconds", async () => {
  using temp = new TempDir();
  const { code, stdout, stderr } = await reconcile(makeHome(temp, MIXED));
  assertEquals([code, stderr], [0, ""]);
  const [root, bad = "", coder, summary = "", ...rest] = lines(stdout);
  assertEquals(root, "reconcile: profile=default prior_state=stopped action=registered");
  assertEquals(coder, "reconcile: profile=coder prior_state=running action=started");
  assertMatch(bad, /^reconcile: profile=Bad prior_state=None action=skipped reason="[^"]+"$/);
  assertMatch(summary, /^reconcile: 1 started, 1 registered, 1 skipped in \d+ ms$/);
  assertEquals(rest, []);
});

Deno.test("02 --json prints one object per profile and nothing else; a failure has a reason and exit 1", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, { ...MIXED, failed: RUNNING });
  temp.mkdir("scandir");
  Deno.writeTextFileSync(home.slot("failed"), "in the way");
  const { code, stdout } = await reconcile(home, ["--json"]);
  assertEquals(code, 1);
  const [root, bad, coder, failed] = lines(stdout).map((line) => JSON.parse(line));
  assertEquals(root, {
    ...{ profile: "default", priorState: "stopped", action: "registered", priorExit: "unknown" },
  });
  assertEquals([bad.profile, bad.priorState, typeof bad.reason], ["Bad", null, "string"]);
  assertEquals([coder.profile, coder.action], ["coder", "started"]);
  assertEquals(Object.keys(failed), ["profile", "priorState", "action", "priorExit", "reason"]);
  assertEquals([failed.action, failed.priorState], ["skipped", "running"]);
});

Deno.test("02 keeps its output and the boot log printable, whatever the names are, and --json loses nothing of them", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const names = [
    ...["a\nb profile=evil", "bidi\u202e", "c1\u009b31m", "del\x7f", "esc\x1b[2J", "nbsp\u00a0"],
    ...["q\"'\\", "\u{1f600}"],
  ];
  for (const name of names) home.add(name, RUNNING);
  const json = await reconcile(home, ["--json"]);
  assertMatch(json.stdout, /^[\x20-\x7e\n]*$/);
  const actions = lines(json.stdout).map((line) => JSON.parse(line));
  assertEquals(actions.slice(1).map(({ profile }) => profile).sort(), names.toSorted());

  const script = 'd=$1/$(printf "bad\\377"); mkdir "$d" && : >"$d/SOUL.md"';
  runSync("sh", "-c", script, "sh", `${home.path}/profiles`);
  Deno.removeSync(`${home.path}/logs`, { recursive: true });
  const { code, stdout } = await reconcile(home);
  const log = Deno.readTextFileSync(`${home.path}/logs/container-boot.log`);
  assertEquals([code, lines(stdout).length, lines(log).length], [
    ...[0, names.length + 3, names.length + 2],
  ]);
  for (const line of [...lines(stdout), ...lines(log)]) assertMatch(line, /^[\x20-\x7e]+$/);
  for (const line of lines(log).slice(1)) {
    const [, reason = ""] =
      /^\S{24} profile=\S+ prior_state=None action=skipped prior_exit=unknown reason=(".+")$/
        .exec(line) ?? [];
    assertEquals(typeof JSON.parse(reason), "string");
  }
  assertEquals(visible(home.scandir), ["gateway-default"]);
});

Deno.test("02 --dry-run says the same and writes nothing", async () => {
  for (const args of [[], ["--json"]]) {
    using temp = new TempDir();
    const home = makeHome(temp, MIXED);
    Deno.writeTextFileSync(`${home.path}/profiles/coder/gateway.pid`, "1");
    const before = snapshot(temp.path, { exact: true });
    const dry = await reconcile(home, ["--dry-run", ...args]);
    assertEquals(snapshot(temp.path, { exact: true }), before);
    const wet = await reconcile(home, args);
    const timeless = ({ stdout }: Outcome) => stdout.replace(/in \d+ ms/, "in N ms");
    assertEquals([dry.code, timeless(dry), dry.stderr], [wet.code, timeless(wet), wet.stderr]);
    assert(exists(home.slot("coder")));
  }
});

Deno.test("02 sends warnings to stderr, each on a printable line, also of a boot log it cannot write", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, { default: RUNNING, broken: "\x1b[31m\nreconcile: profile=evil" });
  temp.mkdir("home/logs/container-boot.log");
  const { code, stdout, stderr } = await reconcile(home);
  assertEquals([code, lines(stdout).length, lines(stderr).length], [0, 3, 2]);
  assertMatch(stderr, /^reconcile: warning: profile=broken: [\x20-\x7e]+\n/);
  assertMatch(stderr, /\nreconcile: warning: cannot write the boot log[\x20-\x7e]+\n$/);
  assert(!stderr.includes("evil"));
  assertWholeSlot(home.slot("default"), { down: false });
});

Deno.test("02 gives slots exact modes whatever the umask, new and refreshed", async () => {
  for (const umask of ["000", "022", "077"]) {
    using temp = new TempDir();
    const home = makeHome(temp, { up: RUNNING });
    assertEquals((await reconcile(home, [], { umask })).code, 0);
    assertWholeSlot(home.slot("up"), { down: false });
    assertWholeSlot(home.slot("default"), { down: true });
    home.add("up", STOPPED);
    Deno.removeSync(`${home.slot("default")}/log`, { recursive: true });
    Deno.writeTextFileSync(`${home.slot("up")}/run`, "");
    assertEquals((await reconcile(home, [], { umask })).code, 0);
    assertWholeSlot(home.slot("up"), { down: true });
    assertWholeSlot(home.slot("default"), { down: true });
  }
});

Deno.test("02 exits 1 with one line when the scandir is not writable", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, { default: RUNNING });
  temp.mkdir("scandir", 0o555);
  const { code, stdout, stderr } = await reconcile(home, [], { capabilities: "none" });
  assertEquals([code, stdout, [...Deno.readDirSync(home.scandir)]], [1, "", []]);
  assertMatch(stderr, /^[\x20-\x7e]*Permission denied[\x20-\x7e]*\n$/);
});

for (
  const [shut, stdoutHas, stderrHas] of [
    ["profiles/shut", /^reconcile: profile=shut prior_state=None action=skipped reason=".*"$/m, ""],
    ["profiles", /^reconcile: profile=default prior_state=running action=started$/m, "error: "],
  ] as const
) {
  Deno.test(`02 exits 1 when ${shut} cannot be read, and brings up what it can`, async () => {
    using temp = new TempDir();
    const home = makeHome(temp, { default: RUNNING, shut: RUNNING });
    Deno.chmodSync(`${home.path}/${shut}`, 0);
    const { code, stdout, stderr } = await reconcile(home, [], { capabilities: "none" });
    assertEquals([code, visible(home.scandir)], [1, ["gateway-default"]]);
    assertMatch(stdout, stdoutHas);
    assertMatch(stderr, new RegExp(stderrHas ? `^reconcile: ${stderrHas}[\\x20-\\x7e]+\n$` : "^$"));
    assertWholeSlot(home.slot("default"), { down: false });
  });
}

Deno.test("02 brings profiles up whose state is unreadable or whose directory is not writable", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, { default: RUNNING });
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

Deno.test("02 keeps slots whole when three run at once, and all succeed", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, { default: RUNNING });
  for (let i = 0; i < 60; i++) home.add(`p${i}`, RUNNING);
  const outcomes = await Promise.all([1, 2, 3].map(() => reconcile(home)));
  for (const { code, stderr, stdout } of outcomes) {
    assertEquals([code, stderr, lines(stdout).length], [0, "", 62]);
  }
  assertEquals(visible(home.scandir).length, 61);
  for (const name of visible(home.scandir)) {
    assertWholeSlot(`${home.scandir}/${name}`, { down: false });
  }
  const log = Deno.readTextFileSync(`${home.path}/logs/container-boot.log`);
  assertEquals(lines(log).length, 3 * 61);
});
