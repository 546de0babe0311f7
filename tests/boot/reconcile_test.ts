import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { reconcileProfileGateways, UnreadableProfilesError } from "../../lib/boot/reconcile.ts";
import {
  assertWholeSlot,
  Home,
  IS_ROOT,
  reconcile,
  RUNNING,
  runScript,
  STOPPED,
  visible,
} from "../_fixtures.ts";
import { clockTick, exists, snapshot, TempDir } from "../_temp.ts";

Deno.test("reconcileProfileGateways() starts what was running and registers the rest, default first", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", STOPPED);
  home.add("zeta", RUNNING);
  home.add("alpha", '{"gateway_state":"draining"}');
  home.add("fresh");
  const { actions, warnings } = await reconcile(home);
  assertEquals(
    actions,
    ([["default", "stopped", "registered"], ["alpha", "running", "started"], [
      ...["fresh", null, "registered"],
    ], ["zeta", "running", "started"]] as const).map(([profile, priorState, action]) => ({
      ...{ profile, priorState, action, priorExit: "unknown" as const },
    })) as typeof actions,
  );
  assertEquals(warnings.length, 1);
  assertEquals(visible(home.scandir), [
    ...["gateway-alpha", "gateway-default", "gateway-fresh", "gateway-zeta"],
  ]);
  for (const name of ["alpha", "zeta"]) assertWholeSlot(home.slot(name), { down: false });
  for (const name of ["default", "fresh"]) assertWholeSlot(home.slot(name), { down: true });
});

Deno.test("reconcileProfileGateways() reports the prior exit", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const [name, phase] of [["default", "exited"], ["crashed", "running"]] as const) {
    const dir = home.add(name, RUNNING);
    Deno.mkdirSync(`${dir}/state`);
    Deno.writeTextFileSync(`${dir}/state/gateway.lifecycle.json`, `{"phase":"${phase}"}`);
  }
  const { actions } = await reconcile(home);
  assertEquals(actions.map(({ priorExit }) => priorExit), ["clean", "unclean"]);
});

Deno.test("reconcileProfileGateways() takes a home without anything", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  Deno.removeSync(`${home.path}/profiles`);
  const { actions } = await reconcile(home);
  assertEquals(actions.map(({ profile, action }) => `${profile} ${action}`), [
    "default registered",
  ]);
  assertWholeSlot(home.slot("default"), { down: true });
});

Deno.test("reconcileProfileGateways() gives the longest legal name a slot and skips a longer one", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("a".repeat(243), RUNNING);
  home.add("b".repeat(244), RUNNING);
  const { actions } = await reconcile(home);
  assertEquals(actions.map(({ action }) => action), ["registered", "started", "skipped"]);
  assertStringIncludes(actions[2]?.reason ?? "", "243");
  assertWholeSlot(home.slot("a".repeat(243)), { down: false });
  assertEquals(visible(home.scandir).length, 2);
});

Deno.test("reconcileProfileGateways() skips illegal names and profiles/default with reasons, and no others", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["Bad", "a b", "new\nline", "-a", ".x"]) home.add(name, RUNNING);
  temp.mkdir("home/profiles/default");
  temp.write("home/profiles/default/SOUL.md");
  temp.write("home/profiles/default/gateway_state.json", RUNNING);
  temp.mkdir("home/profiles/Not A Profile");
  home.add("good", RUNNING);
  const { actions } = await reconcile(home);
  const skipped = actions.filter(({ action }) => action === "skipped");
  assertEquals(skipped.map(({ profile }) => profile), [
    ...["-a", ".x", "Bad", "a b", "default", "new\nline"],
  ]);
  for (const { reason } of skipped) assert(reason);
  assertEquals(visible(home.scandir), ["gateway-default", "gateway-good"]);
  // The root profile's slot is the root profile's: it was not running.
  assertWholeSlot(home.slot("default"), { down: true });
});

Deno.test("reconcileProfileGateways() removes the stale files of every profile that gets a slot", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const target = temp.write("target", "kept");
  const dirs = [home.add("default", RUNNING), home.add("coder", RUNNING)];
  for (const dir of dirs) {
    Deno.writeTextFileSync(`${dir}/gateway.pid`, "1");
    Deno.symlinkSync(target, `${dir}/processes.json`);
  }
  await reconcile(home);
  for (const dir of dirs) {
    assert(!exists(`${dir}/gateway.pid`) && !exists(`${dir}/processes.json`));
    assert(exists(`${dir}/gateway_state.json`));
  }
  assertEquals(Deno.readTextFileSync(target), "kept");
});

Deno.test("reconcileProfileGateways() flips down when the state changes and keeps the skeleton", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("a", RUNNING);
  home.add("b", STOPPED);
  await reconcile(home);
  const control = () =>
    ["a", "b"].map((name) => Deno.lstatSync(`${home.slot(name)}/supervise/control`).ino);
  const before = control();
  home.add("a", STOPPED);
  home.add("b", RUNNING);
  await reconcile(home);
  assertWholeSlot(home.slot("a"), { down: true });
  assertWholeSlot(home.slot("b"), { down: false });
  assertEquals(control(), before);
});

Deno.test("reconcileProfileGateways() restores an edited or non-executable run and keeps the control FIFO", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["edited", "shut"]) home.add(name, RUNNING);
  await reconcile(home);
  const before = snapshot(home.scandir);
  const inode = Deno.lstatSync(`${home.slot("edited")}/supervise/control`).ino;
  Deno.writeTextFileSync(`${home.slot("edited")}/run`, "#!/bin/sh\n");
  Deno.chmodSync(`${home.slot("shut")}/run`, 0o600);
  await reconcile(home);
  assertEquals(snapshot(home.scandir), before);
  assertEquals(Deno.lstatSync(`${home.slot("edited")}/supervise/control`).ino, inode);
});

const occupied: [what: string, make: (path: string, target: string) => void][] = [
  ["file", (path) => Deno.writeTextFileSync(path, "kept")],
  ["symlink to a directory", (path, target) => Deno.symlinkSync(target, path)],
  ["dangling symlink", (path, target) => Deno.symlinkSync(`${target}-none`, path)],
];

for (const [what, make] of occupied) {
  Deno.test(`reconcileProfileGateways() skips a profile whose slot path is a ${what}, touching nothing outside`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    for (const name of ["a", "b", "c"]) home.add(name, RUNNING);
    const outside = temp.mkdir("outside");
    temp.write("outside/run", "kept");
    temp.mkdir("scandir");
    make(home.slot("b"), outside);
    const before = [snapshot(outside), snapshot(home.slot("b"))];
    const { actions } = await reconcile(home);
    assertEquals(actions.map(({ action }) => action), [
      ...["registered", "started", "skipped", "started"],
    ]);
    assert(actions[2]?.reason);
    assertEquals([snapshot(outside), snapshot(home.slot("b"))], before);
    assert(!exists(`${outside}-none`));
    for (const name of ["a", "c"]) assertWholeSlot(home.slot(name), { down: false });
  });
}

Deno.test("reconcileProfileGateways() with dryRun decides the same and writes nothing", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("up", RUNNING);
  home.add("Bad", RUNNING);
  Deno.writeTextFileSync(`${home.path}/profiles/up/gateway.pid`, "1");
  const before = snapshot(temp.path, { exact: true });
  const dry = await reconcile(home, { dryRun: true });
  assertEquals(snapshot(temp.path, { exact: true }), before);
  assertEquals(dry, await reconcile(home));
});

for (const [what, make] of occupied) {
  Deno.test(`reconcileProfileGateways() with dryRun decides the same about a slot path that is a ${what}`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    for (const name of ["default", "b"]) home.add(name, RUNNING);
    temp.mkdir("scandir");
    make(home.slot("b"), temp.mkdir("outside"));
    const before = snapshot(temp.path, { exact: true });
    const dry = await reconcile(home, { dryRun: true });
    assertEquals(snapshot(temp.path, { exact: true }), before);
    assertEquals(dry.actions.map(({ action }) => action), ["started", "skipped"]);
    assertEquals(dry, await reconcile(home));
  });
}

Deno.test("reconcileProfileGateways() with dryRun leaves slots that it would refresh as they are", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["default", "edited", "turned"]) home.add(name, RUNNING);
  await reconcile(home);
  Deno.writeTextFileSync(`${home.slot("edited")}/run`, "");
  home.add("turned", STOPPED);
  const before = snapshot(temp.path, { exact: true });
  const dry = await reconcile(home, { dryRun: true });
  assertEquals(snapshot(temp.path, { exact: true }), before);
  assertEquals(dry, await reconcile(home));
  assertWholeSlot(home.slot("turned"), { down: true });
});

for (const planted of ["supervise", "log/supervise", "event", "log"]) {
  Deno.test(`reconcileProfileGateways() skips a profile whose slot has a symlink for ${planted}, making nothing outside`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    for (const name of ["default", "other"]) home.add(name, RUNNING);
    await reconcile(home);
    const outside = temp.mkdir("outside");
    const path = `${home.slot("default")}/${planted}`;
    Deno.removeSync(path, { recursive: true });
    Deno.symlinkSync(outside, path);
    const before = snapshot(outside);
    const { actions } = await reconcile(home);
    assertEquals(actions.map(({ action, failed = false }) => `${action} ${failed}`), [
      ...["skipped true", "started false"],
    ]);
    assertStringIncludes(actions[0]?.reason ?? "", `${planted} is not a directory`);
    assertEquals(snapshot(outside), before);
  });
}

for (const [what, leadsTo] of [["symlink", "outside"], ["dangling symlink", "none"]] as const) {
  for (const planted of [".hermes", ".hermes/lock"]) {
    Deno.test(`reconcileProfileGateways() refuses a scandir whose ${planted} is a ${what} and writes nothing at all`, async () => {
      using temp = new TempDir();
      const home = new Home(temp);
      home.add("default", RUNNING);
      temp.mkdir("outside/staging");
      temp.write("outside/staging/precious", "kept");
      temp.mkdir(planted === ".hermes" ? "scandir" : "scandir/.hermes");
      Deno.symlinkSync(`${temp.path}/${leadsTo}`, `${home.scandir}/${planted}`);
      const before = snapshot(temp.path);
      await assertRejects(() => reconcile(home), Error, `${planted} is not a `);
      assertEquals(snapshot(temp.path), before);
    });
  }
}

Deno.test("UnreadableProfilesError carries what was done about the root profile", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  Deno.chmodSync(`${home.path}/profiles`, 0);
  const { stdout } = await runScript(
    `
    import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
    await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" })
      .catch((error) => console.log(error.name, JSON.stringify(error.actions)));
    `,
    { capabilities: "none" },
  );
  const [name = "", ...json] = stdout.split(" ");
  assertEquals(name, UnreadableProfilesError.name);
  const [root] = JSON.parse(json.join(" "));
  assertEquals([root.profile, root.action], ["default", "started"]);
  assertWholeSlot(home.slot("default"), { down: false });
  assertStringIncludes(
    Deno.readTextFileSync(`${home.path}/logs/container-boot.log`),
    "profile=default prior_state=running action=started",
  );
});

Deno.test({
  name: "reconcileProfileGateways() gives the slots to the owner (only root can give away)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("up", RUNNING);
    const owner = { uid: 10000, gid: 10000 };
    const pass = () => reconcileProfileGateways({ home: home.path, scandir: home.scandir, owner });
    await pass();
    assertWholeSlot(home.slot("up"), { down: false, uid: 10000 });
    assertWholeSlot(home.slot("default"), { down: true, uid: 10000 });
    const before = snapshot(home.scandir, { exact: true });
    await clockTick();
    await pass();
    assertEquals(snapshot(home.scandir, { exact: true }), before);
    const { uid, gid } = Deno.lstatSync(`${home.scandir}/.hermes/last-boot.json`);
    assertEquals({ uid, gid }, owner);
    home.add("up", STOPPED);
    await pass();
    assertWholeSlot(home.slot("up"), { down: true, uid: 10000 });
  },
});
