import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ScandirBusyError } from "../../lib/_errors.ts";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { readBootRecord } from "../../lib/boot/record.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import {
  assertWholeSlot,
  COUNT_EXECS,
  Home,
  reconcile,
  RUNNING,
  runScript,
  STOPPED,
  visible,
} from "../_fixtures.ts";
import { clockTick, exists, snapshot, TempDir } from "../_temp.ts";

/** A home with profiles that were running. */
function homeWith(temp: TempDir, ...profiles: string[]): Home {
  const home = new Home(temp);
  for (const name of profiles) home.add(name, RUNNING);
  return home;
}

const words = (actions: { profile: string; action: string }[]) =>
  actions.map(({ profile, action }) => `${profile} ${action}`);

/** Reconciles dry, which must write nothing, and then wet, which must do what was said. */
async function reconcileTwice(home: Home, temp: TempDir) {
  const before = snapshot(temp.path, { exact: true });
  const dry = await reconcile(home, { dryRun: true });
  assertEquals(snapshot(temp.path, { exact: true }), before);
  const wet = await reconcile(home);
  assertEquals(dry, wet);
  return wet;
}

Deno.test("reconcileProfileGateways() starts what was running and registers the rest, default first, as a dry run says", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "zeta");
  home.add("default", STOPPED);
  home.add("alpha", '{"gateway_state":"draining"}');
  home.add("fresh");
  const { actions, warnings, error } = await reconcileTwice(home, temp);
  assertEquals(actions.map((one) => `${one.profile} ${one.priorState} ${one.action}`), [
    ...["default stopped registered", "alpha running started"],
    ...["fresh null registered", "zeta running started"],
  ]);
  assertEquals([warnings.length, error], [1, undefined]);
  for (const { profile, action } of actions) {
    assertWholeSlot(home.slot(profile), { down: action === "registered" });
  }
});

Deno.test("reconcileProfileGateways() skips illegal names and profiles/default with reasons, and no others", async () => {
  using temp = new TempDir();
  const longest = "a".repeat(243);
  const home = homeWith(
    temp,
    "Bad",
    "a b",
    "new\nline",
    "-a",
    ".x",
    "good",
    longest,
    `${longest}a`,
  );
  temp.mkdir("home/profiles/default");
  temp.write("home/profiles/default/SOUL.md");
  temp.write("home/profiles/default/gateway_state.json", RUNNING);
  const { actions } = await reconcile(home);
  const skipped = actions.filter(({ action }) => action === "skipped");
  assertEquals(skipped.map(({ profile }) => profile), [
    ...["-a", ".x", "Bad", "a b", `${longest}a`, "default", "new\nline"],
  ]);
  assert(skipped.every(({ reason, failed }) => reason !== undefined && !failed));
  assertEquals(visible(home.scandir), [
    ...[`gateway-${longest}`, "gateway-default", "gateway-good"],
  ]);
  // The root profile's slot is the root profile's: it was not running.
  assertWholeSlot(home.slot("default"), { down: true });
});

Deno.test("reconcileProfileGateways() removes the stale files of every profile that gets a slot", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const stale = ["default", "coder", "Bad"].map((name) => `${home.add(name, RUNNING)}/gateway.pid`);
  for (const path of stale) Deno.writeTextFileSync(path, "1");
  await reconcileTwice(home, temp);
  assertEquals(stale.map(exists), [false, false, true]);
});

Deno.test("reconcileProfileGateways() a second time changes nothing in the slots, and then what differs, as a dry run says", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "default", "turned", "edited", "bare");
  home.add("idle", STOPPED);
  await reconcile(home);
  const before = snapshot(home.scandir, { exact: true });
  await clockTick();
  await reconcile(home);
  assertEquals(snapshot(home.scandir, { exact: true }), before);
  const controls = () =>
    ["turned", "edited", "idle"].map((name) =>
      Deno.lstatSync(`${home.slot(name)}/supervise/control`).ino
    );
  const kept = controls();
  home.add("turned", STOPPED);
  home.add("idle", RUNNING);
  Deno.chmodSync(`${home.slot("edited")}/run`, 0o600);
  Deno.removeSync(`${home.slot("bare")}/log/supervise`, { recursive: true });
  await reconcileTwice(home, temp);
  for (const name of ["default", "turned", "edited", "bare", "idle"]) {
    assertWholeSlot(home.slot(name), { down: name === "turned" });
  }
  assertEquals(controls(), kept);
});

Deno.test("reconcileProfileGateways() says of a supervised slot that it was left as it is, and removes nothing of its gateway's", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "default", "coder", "edited");
  temp.mkdir("home/profiles/coder/state");
  temp.write("home/profiles/coder/state/gateway.lifecycle.json", '{"phase":"running"}');
  await reconcile(home);
  for (const name of ["coder", "edited"]) {
    Deno.writeTextFileSync(`${home.slot(name)}/supervise/status`, "");
    Deno.writeTextFileSync(`${home.path}/profiles/${name}/gateway.pid`, "1");
  }
  Deno.chmodSync(`${home.slot("edited")}/run`, 0o600);
  home.add("late", RUNNING);
  const { actions } = await reconcileTwice(home, temp);
  assertEquals(words(actions), [
    ...["default started", "coder unchanged", "edited refreshed", "late started"],
  ]);
  assertEquals(actions[1]?.priorExit, "unknown");
  assert(exists(`${home.path}/profiles/coder/gateway.pid`));
  assertEquals([...readBootRecord(home.scandir).actions.entries()].sort(), [
    ...[["coder", "started"], ["default", "started"], ["edited", "started"], ["late", "started"]],
  ]);
});

Deno.test("reconcileProfileGateways() keeps the environment a slot was registered with, and warns where it cannot", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "default", "coder", "odd");
  await reconcile(home);
  const extraEnv = { TOKEN: "it's", EMPTY: "" };
  const { run } = renderSlot({ profile: "coder", home: home.path, extraEnv, multiplex: false });
  Deno.writeTextFileSync(`${home.slot("coder")}/run`, run);
  Deno.writeTextFileSync(`${home.slot("coder")}/finish`, "old");
  Deno.writeTextFileSync(`${home.slot("odd")}/run`, "#!/bin/sh\nexec evil\n");
  const { warnings } = await reconcileTwice(home, temp);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0] ?? "", "profile=odd: no environment is kept: run: not made by");
  assertEquals(Deno.readTextFileSync(`${home.slot("coder")}/run`), run);
  assertStringIncludes(Deno.readTextFileSync(`${home.slot("odd")}/run`), "gateway run");
});

const occupied: [what: string, make: (path: string, target: string) => void][] = [
  ["file", (path) => Deno.writeTextFileSync(path, "kept")],
  ["symlink to a directory", (path, target) => Deno.symlinkSync(target, path)],
  ["dangling symlink", (path, target) => Deno.symlinkSync(`${target}-none`, path)],
];

for (const [what, make] of occupied) {
  Deno.test(`reconcileProfileGateways() skips a profile whose slot path is a ${what}, touching nothing outside, as a dry run says`, async () => {
    using temp = new TempDir();
    const home = homeWith(temp, "default", "a", "b", "c");
    const outside = temp.mkdir("outside");
    temp.write("outside/run", "kept");
    temp.mkdir("scandir");
    make(home.slot("b"), outside);
    const before = [snapshot(outside), snapshot(home.slot("b"))];
    const { actions } = await reconcileTwice(home, temp);
    assertEquals(words(actions), ["default started", "a started", "b skipped", "c started"]);
    assertEquals([actions[2]?.failed, actions[2]?.priorState], [true, "running"]);
    assertEquals([snapshot(outside), snapshot(home.slot("b"))], before);
    assert(!exists(`${outside}-none`));
    for (const name of ["a", "c"]) assertWholeSlot(home.slot(name), { down: false });
  });
}

Deno.test("reconcileProfileGateways() starts one mkfifo for 300 new slots and none for 300 old ones", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, ...Array.from({ length: 300 }, (_, i) => `p${i}`));
  const script = `
  import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
  ${COUNT_EXECS}
  await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
  console.log(execs);
  `;
  assertEquals((await runScript(script)).stdout, "1\n");
  assertEquals(visible(home.scandir).length, 301);
  assertEquals((await runScript(script)).stdout, "0\n");
});

Deno.test("reconcileProfileGateways() starts nothing where s6-supervise is hermes, and is then done", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "a", "b");
  const script = `
  import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
  ${COUNT_EXECS}
  const { actions } = await reconcileProfileGateways({
    home: "${home.path}", scandir: "${home.scandir}", defaults: { drops: false },
  });
  console.log(execs, actions.length);
  `;
  assertEquals((await runScript(script)).stdout, "0 3\n");
  for (const name of ["a", "b"]) assertWholeSlot(home.slot(name), { down: false, drops: false });
  const before = snapshot(home.slot("a"), { exact: true });
  await clockTick();
  assertEquals((await runScript(script)).stdout, "0 3\n");
  assertEquals(snapshot(home.slot("a"), { exact: true }), before);
});

Deno.test("reconcileProfileGateways() throws ScandirBusyError in bounded time when the lock is held, for which a dry run does not wait", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "coder");
  Deno.writeTextFileSync(`${home.path}/profiles/coder/gateway.pid`, "1");
  using _holder = await lockScandir(home.scandir);
  const before = snapshot(temp.path);
  await assertRejects(
    () => reconcileProfileGateways({ home: home.path, scandir: home.scandir, lockTimeoutMs: 30 }),
    ScandirBusyError,
  );
  assertEquals((await reconcile(home, { dryRun: true })).actions.length, 2);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("reconcileProfileGateways() waits for a holder, then sees what was decided meanwhile", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "coder");
  const holder = await lockScandir(home.scandir);
  const waiting = reconcile(home);
  home.add("coder", STOPPED);
  holder[Symbol.dispose]();
  assertEquals((await waiting).actions[1]?.priorState, "stopped");
  assertWholeSlot(home.slot("coder"), { down: true });
});

Deno.test("reconcileProfileGateways() fills the room there is, and skips the others with what helps, as a dry run says", async () => {
  using temp = new TempDir();
  const home = homeWith(temp, "b", "d");
  for (const name of ["a", "c"]) home.add(name, STOPPED);
  temp.mkdir("scandir/static");
  const capacity = { scandir: home.scandir, max: 4, countsLoggers: false };
  const options = { home: home.path, scandir: home.scandir, capacity };
  const dry = await reconcileProfileGateways({ ...options, dryRun: true });
  const wet = await reconcileProfileGateways(options);
  assertEquals(dry, wet);
  assertEquals(words(wet.actions), [
    ...["default registered", "a skipped", "b started", "c skipped", "d started"],
  ]);
  assertEquals(visible(home.scandir), [
    ...["gateway-b", "gateway-d", "gateway-default", "static"],
  ]);
  const skipped = wet.actions.filter(({ action }) => action === "skipped");
  for (const { reason, failed, priorState } of skipped) {
    assertEquals([failed, priorState], [undefined, "stopped"]);
    assertStringIncludes(reason ?? "", "no room: s6-svscan supervises at most 4 services");
  }
  // What is there keeps its place.
  home.add("a", RUNNING);
  Deno.removeSync(home.slot("d"), { recursive: true });
  home.add("b", STOPPED);
  const { actions } = await reconcileProfileGateways(options);
  assertEquals(words(actions), [
    ...["default registered", "a started", "b registered", "c skipped", "d skipped"],
  ]);
});
