import { assert, assertEquals, assertRejects } from "@std/assert";
import { planProfile, skipProfile } from "../../lib/boot/action.ts";
import { planSync, type SyncOptions, syncProfileGateways } from "../../lib/control/sync.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import type { Step } from "../../lib/boot/plan.ts";
import { fakeBin, Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

const profile = (name: string, priorState: string | null = "running"): Step => ({
  action: planProfile(name, { priorState, priorExit: "unknown" }),
  listing: new Map(),
});
const skipped = (name: string, reason: string, failed = false): Step => ({
  action: skipProfile(name, reason, failed),
});

Deno.test("planSync() makes a slot for each profile, started as its state says", () => {
  assertEquals(planSync([profile("default", null), profile("coder")], [], false), [
    { do: "apply", profile: "default", starts: false },
    { do: "apply", profile: "coder", starts: true },
  ]);
});

Deno.test("planSync() takes a slot without a profile away only when told to", () => {
  assertEquals(planSync([profile("default")], ["default", "gone"], true), [
    { do: "apply", profile: "default", starts: true },
    { do: "prune", profile: "gone", reason: "no such profile" },
  ]);
  const [, kept] = planSync([profile("default")], ["default", "gone"], false);
  assertEquals(kept, {
    ...{ do: "skip", profile: "gone", failed: false },
    reason: "no such profile; --prune unregisters it",
  });
});

Deno.test("planSync() prunes a profile that has become a symlink, once", () => {
  assertEquals(planSync([skipped("coder", "a symlink")], ["coder"], true), [
    { do: "prune", profile: "coder", reason: "a symlink" },
  ]);
});

Deno.test("planSync() never prunes a profile that it only could not read", () => {
  assertEquals(planSync([skipped("coder", "cannot list", true)], ["coder"], true), [
    { do: "skip", profile: "coder", reason: "cannot list", failed: true },
  ]);
});

Deno.test("planSync() never prunes the root profile for profiles/default", () => {
  const steps = [profile("default"), skipped("default", "profiles/default collides")];
  assertEquals(planSync(steps, ["default"], true), [
    { do: "apply", profile: "default", starts: true },
    { do: "skip", profile: "default", reason: "profiles/default collides", failed: false },
  ]);
});

/** A scandir, and programs of s6 that say yes to everything. */
function scene(temp: TempDir): { home: Home; options: SyncOptions } {
  const home = new Home(temp);
  Deno.mkdirSync(home.scandir);
  const yes = { "s6-svok": "exit 0", "s6-svscanctl": "exit 0", "s6-svc": "exit 0" };
  const bin = fakeBin(`${temp.path}/bin`, yes);
  return { home, options: { home: home.path, scandir: home.scandir, bin, timeoutMs: 300 } };
}

Deno.test("syncProfileGateways() makes what is missing and leaves the rest alone", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  home.add("coder", RUNNING);
  home.add("writer", STOPPED);
  home.add("My Bot", RUNNING);
  const dry = await syncProfileGateways({ ...options, dryRun: true });
  assertEquals([...Deno.readDirSync(home.scandir)], []);
  const entries = await syncProfileGateways(options);
  assertEquals(dry, entries);
  assertEquals(entries.map(({ profile, action, starts }) => [profile, action, starts]), [
    ["default", "created", false],
    ["My Bot", "skipped", undefined],
    ["coder", "created", true],
    ["writer", "created", false],
  ]);
  assertEquals(exists(`${home.slot("coder")}/down`), false);
  assertEquals(exists(`${home.slot("writer")}/down`), true);
  const before = snapshot(home.scandir);
  const again = await syncProfileGateways(options);
  assertEquals(again.filter(({ action }) => action === "unchanged").length, 3);
  assertEquals(snapshot(home.scandir), before);
});

Deno.test("syncProfileGateways() refreshes a slot and keeps its environment and its down", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  home.add("coder", RUNNING);
  await syncProfileGateways(options);
  const run = `${home.slot("coder")}/run`;
  const text = Deno.readTextFileSync(run);
  const withEnv = text.replace("export HERMES_S6", "export A='it'\\''s\n$(id)'\nexport HERMES_S6");
  Deno.writeTextFileSync(run, withEnv);
  Deno.writeTextFileSync(`${home.slot("coder")}/down`, "");
  Deno.writeTextFileSync(`${home.slot("coder")}/finish`, "old");
  const dry = await syncProfileGateways({ ...options, dryRun: true });
  assertEquals(Deno.readTextFileSync(`${home.slot("coder")}/finish`), "old");
  const entries = await syncProfileGateways(options);
  assertEquals(dry, entries);
  assertEquals(entries.at(-1), { profile: "coder", action: "refreshed" });
  assertEquals(Deno.readTextFileSync(run), withEnv);
  assertEquals(exists(`${home.slot("coder")}/down`), true);
});

Deno.test("syncProfileGateways() waits once for an s6-svscan that has no room, and says so every time", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  for (const name of ["a", "b", "c", "d", "e"]) home.add(name, RUNNING);
  fakeBin(`${temp.path}/bin`, { "s6-svok": "exit 1" });
  for (const action of ["created", "unchanged"]) {
    const startedAt = performance.now();
    const entries = await syncProfileGateways({ ...options, timeoutMs: 2000 });
    const tookMs = performance.now() - startedAt;
    assert(tookMs < 2 * 2000, `${tookMs} ms`);
    assertEquals(entries.length, 6);
    assert(entries.every((entry) => entry.action === action && entry.failed), action);
  }
});

Deno.test("syncProfileGateways() prunes nothing where prune() says no", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  fakeBin(`${temp.path}/bin`, { "s6-svscanctl": `echo "$1" >>${temp.path}/scans` });
  home.add("coder", RUNNING);
  await syncProfileGateways(options);
  Deno.removeSync(`${home.path}/profiles/coder`, { recursive: true });
  await syncProfileGateways({ ...options, prune: () => false });
  assert(exists(home.slot("coder")));
  assert(!exists(`${temp.path}/scans`));
});

Deno.test("syncProfileGateways() removes no stale files and writes no boot log", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  const dir = home.add("coder", RUNNING);
  Deno.writeTextFileSync(`${dir}/gateway.pid`, "1");
  Deno.writeTextFileSync(`${dir}/processes.json`, "[]");
  const before = snapshot(home.path);
  await syncProfileGateways(options);
  assertEquals(snapshot(home.path), before);
});

Deno.test("syncProfileGateways() changes nothing when the profiles cannot be read", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  home.add("coder", RUNNING);
  await syncProfileGateways(options);
  const before = snapshot(home.scandir);
  const broken = { ...options, home: `${home.path}/${"x".repeat(300)}`, prune: true };
  await assertRejects(() => syncProfileGateways(broken), Error, "cannot read");
  assertEquals(snapshot(home.scandir), before);
});

Deno.test("syncProfileGateways() marks what s6-svscan did not take up, and goes on", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  home.add("coder", RUNNING);
  fakeBin(`${temp.path}/bin`, {
    "s6-svok": "exit 1",
    "s6-svscanctl": "echo no such supervisor >&2; exit 100",
  });
  const entries = await syncProfileGateways(options);
  assertEquals(entries.map(({ action, failed }) => [action, failed]), [
    ["created", true],
    ["created", true],
  ]);
  assertEquals(entries[0]?.reason?.includes("no such supervisor"), true);
});

Deno.test("syncProfileGateways() makes no slot for a profile that is not selected", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  home.add("writer", RUNNING);
  temp.mkdir("scandir");
  const rules = { selection: parseSelection({ profiles: "writer" }), multiplexed: false };
  const options = { home: home.path, scandir: home.scandir, dryRun: true, rules };
  const entries = await syncProfileGateways(options);
  assertEquals(
    entries.map(({ profile, action }) => [profile, action]),
    [["default", "skipped"], ["coder", "skipped"], ["writer", "created"]],
  );
});
