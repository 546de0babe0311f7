import { assert, assertEquals, assertRejects } from "@std/assert";
import { planProfile, type ProfilePlan } from "../../lib/boot/plan.ts";
import { planSync, type SyncOptions, syncProfileGateways } from "../../lib/control/sync.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { fakeBin, Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { exists, snapshot, TempDir } from "../_temp.ts";

const profile = (name: string, priorState: string | null = "running"): ProfilePlan => {
  const memory = { priorState, priorExit: "unknown" as const };
  return planProfile({ profile: name, memory, listing: new Map() }, "/opt/data");
};
const skipped = (name: string, reason: string, failed = false): ProfilePlan =>
  planProfile({ profile: name, refusal: { reason, failed }, listing: new Map() }, "/opt/data");

/** The steps in words. */
function planned(...args: Parameters<typeof planSync>): string[] {
  return planSync(...args).map((step) => {
    if (step.do === "apply") return `${step.profile} ${step.slot.down ? "down" : "starts"}`;
    return `${step.profile} ${step.do}: ${step.reason}`;
  });
}

Deno.test("planSync() makes a slot for each profile, started as its state says, that keeps its down", () => {
  const profiles = [profile("default", null), profile("coder")];
  assertEquals(planned(profiles, [], false), ["default down", "coder starts"]);
  for (const step of planSync(profiles, [], false)) {
    assert(step.do === "apply" && step.slot.keepsDown);
  }
});

Deno.test("planSync() takes a slot away, once, that has no profile, only when told to and never for one it could not read", () => {
  const others = (odd: ProfilePlan, prune: boolean) =>
    planned([profile("default"), odd], ["default", "coder"], prune)
      .filter((line) => line.startsWith("coder"));
  const kept = "coder skip: no such profile; --prune unregisters it";
  assertEquals(others(profile("other"), false), [kept]);
  assertEquals(others(profile("other"), true), ["coder prune: no such profile"]);
  assertEquals(others(skipped("coder", "a symlink"), true), ["coder prune: a symlink"]);
  const dark = skipped("coder", "cannot list", true);
  assertEquals(others(dark, true), ["coder skip: cannot list"]);
});

Deno.test("planSync() never prunes the root profile for profiles/default", () => {
  const profiles = [profile("default"), skipped("default", "collides")];
  assertEquals(planned(profiles, ["default"], true), ["default starts", "default skip: collides"]);
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

Deno.test("syncProfileGateways() refreshes a slot, as a dry run says, and keeps its environment and its down", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  home.add("coder", RUNNING);
  await syncProfileGateways(options);
  const slot = home.slot("coder");
  const text = Deno.readTextFileSync(`${slot}/run`);
  const run = text.replace("export HERMES_S6", "export A='it'\\''s\n$(id)'\nexport HERMES_S6");
  for (const [name, content] of [["run", run], ["down", ""], ["finish", "old"]]) {
    Deno.writeTextFileSync(`${slot}/${name}`, content ?? "");
  }
  Deno.removeSync(`${home.slot("default")}/event`);
  const before = snapshot(home.scandir);
  const dry = await syncProfileGateways({ ...options, dryRun: true });
  assertEquals(snapshot(home.scandir), before);
  const entries = await syncProfileGateways(options);
  assertEquals(dry, entries);
  assertEquals(entries, [
    { profile: "default", action: "refreshed" },
    { profile: "coder", action: "refreshed" },
  ]);
  assertEquals(Deno.readTextFileSync(`${slot}/run`), run);
  assert(exists(`${slot}/down`) && exists(`${home.slot("default")}/event`));
  assert(Deno.readTextFileSync(`${slot}/finish`) !== "old");
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
  for (const { action, failed, reason } of entries) {
    assertEquals([action, failed], ["created", true]);
    assert(reason?.includes("no such supervisor"), reason);
  }
});

Deno.test("syncProfileGateways() makes no slot for a profile that is not selected", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  for (const name of ["coder", "writer"]) home.add(name, RUNNING);
  const rules = {
    selection: parseSelection({ profiles: "writer" }),
    topology: "per-profile" as const,
  };
  const entries = await syncProfileGateways({ ...options, dryRun: true, rules });
  assertEquals(entries.map(({ profile, action }) => `${profile} ${action}`), [
    ...["default skipped", "coder skipped", "writer created"],
  ]);
});

Deno.test("syncProfileGateways() makes no slot that s6-svscan has no room for, and gives what pruning frees to others", async () => {
  using temp = new TempDir();
  const { home, options } = scene(temp);
  fakeBin(`${temp.path}/bin`, { "s6-svok": 'case $1 in *retired*) exit 1 ;; esac; [ -d "$1" ]' });
  const capacity = { scandir: home.scandir, max: 4, countsLoggers: true };
  for (const name of ["a", "b"]) home.add(name, RUNNING);
  const sync = async () => {
    const entries = await syncProfileGateways({ ...options, capacity, prune: true });
    assert(entries.every(({ failed }) => !failed));
    return entries.map(({ profile, action }) => `${profile} ${action}`);
  };
  assertEquals(await sync(), ["default created", "a created", "b skipped"]);
  assertEquals(await sync(), ["default unchanged", "a unchanged", "b skipped"]);
  Deno.removeSync(`${home.path}/profiles/a`, { recursive: true });
  assertEquals(await sync(), ["default unchanged", "b created", "a pruned"]);
  assertEquals(await sync(), ["default unchanged", "b unchanged"]);
});

Deno.test("planSync() makes and refreshes no slot that a former supervisor has not left", () => {
  const profiles = [profile("default"), profile("coder"), profile("writer")];
  const reason =
    "what ran in its service directory, which was removed, is still up: end it, then sync again";
  const busy = ["gateway-default", "gateway-writer/log"];
  assertEquals(planned(profiles, ["writer"], true, busy), [
    ...[`default skip: ${reason}`, "coder starts", `writer skip: ${reason}`],
  ]);
});
