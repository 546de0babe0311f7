import { assert, assertEquals, assertRejects } from "@std/assert";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { ScandirBusyError } from "../../lib/_errors.ts";
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

Deno.test("reconcileProfileGateways() a second time changes nothing in the slots", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("up", RUNNING);
  home.add("idle", STOPPED);
  await reconcile(home);
  const before = snapshot(home.scandir, { exact: true });
  await clockTick();
  const { actions } = await reconcile(home);
  assertEquals(actions.map(({ action }) => action), ["registered", "registered", "started"]);
  assertEquals(snapshot(home.scandir, { exact: true }), before);
});

Deno.test("reconcileProfileGateways() wipes what an interrupted run left in staging", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  let staging: string;
  {
    using scandir = await lockScandir(home.scandir);
    staging = scandir.openStaging().path;
  }
  Deno.mkdirSync(`${staging}/gateway-coder/supervise`, { recursive: true });
  Deno.writeTextFileSync(`${staging}/gateway-coder/run`, "half");
  Deno.mkdirSync(`${staging}/gateway-gone`);
  await reconcile(home);
  assert(!exists(staging));
  assertEquals(visible(home.scandir), ["gateway-coder", "gateway-default"]);
  assertWholeSlot(home.slot("coder"), { down: false });
});

Deno.test("reconcileProfileGateways() starts one mkfifo for 300 new slots and none for 300 old ones", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (let i = 0; i < 300; i++) home.add(`p${i}`, RUNNING);
  const script = `
  import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
  ${COUNT_EXECS}
  await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
  console.log(execs);
  `;
  assertEquals((await runScript(script)).stdout, "1\n");
  assertEquals(visible(home.scandir).length, 301);
  assertWholeSlot(home.slot("p299"), { down: false });
  assertEquals((await runScript(script)).stdout, "0\n");
});

Deno.test("reconcileProfileGateways() throws ScandirBusyError in bounded time when the lock is held", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  Deno.writeTextFileSync(`${home.path}/profiles/coder/gateway.pid`, "1");
  using _holder = await lockScandir(home.scandir);
  const before = snapshot(temp.path);
  await assertRejects(
    () => reconcileProfileGateways({ home: home.path, scandir: home.scandir, lockTimeoutMs: 30 }),
    ScandirBusyError,
  );
  assertEquals(snapshot(temp.path), before);
});

Deno.test("reconcileProfileGateways() waits for a holder, then sees what was decided meanwhile", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const holder = await lockScandir(home.scandir);
  const waiting = reconcile(home);
  home.add("coder", STOPPED);
  holder[Symbol.dispose]();
  const { actions } = await waiting;
  assertEquals(actions[1]?.priorState, "stopped");
  assertWholeSlot(home.slot("coder"), { down: true });
});

Deno.test("reconcileProfileGateways() with dryRun does not wait for the lock", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  using _holder = await lockScandir(home.scandir);
  const { actions } = await reconcile(home, { dryRun: true });
  assertEquals(actions.length, 1);
});

Deno.test("reconcileProfileGateways() writes a new slot out of s6-svscan's sight and shows it by one rename", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const { stdout } = await runScript(`
    import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
    const slot = "${home.slot("coder")}";
    const seen = [];
    const touched = (path) => path === slot || path.startsWith(slot + "/");
    for (const name of ["mkdirSync", "writeFileSync", "writeTextFileSync", "chmodSync", "renameSync"]) {
      const real = Deno[name];
      Deno[name] = (path, ...rest) => {
        if (touched(path) || touched(String(rest[0]))) seen.push(name);
        return real(path, ...rest);
      };
    }
    const Command = Deno.Command;
    Deno.Command = class extends Command {
      constructor(program, options) {
        super(program, options);
        if (options.args.some(touched)) seen.push("Command");
      }
    };
    await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
    console.log(seen.join());
  `);
  assertEquals(stdout, "renameSync\n");
  assertWholeSlot(home.slot("coder"), { down: false });
});

Deno.test("reconcileProfileGateways() that is killed before the FIFOs are made leaves nothing visible; the next pass completes", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["a", "b", "c"]) home.add(name, RUNNING);
  const { code } = await runScript(`
    import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
    Deno.Command = class {
      constructor() {
        Deno.kill(Deno.pid, "SIGKILL");
      }
    };
    await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
  `);
  assertEquals(code, 128 + 9);
  assertEquals(visible(home.scandir), []);
  const { actions } = await reconcile(home);
  assertEquals(actions.map(({ action }) => action), [
    ...["registered", "started", "started", "started"],
  ]);
  for (const name of ["a", "b", "c"]) assertWholeSlot(home.slot(name), { down: false });
});

for (const at of ["chmodSync", "renameSync"]) {
  Deno.test(`reconcileProfileGateways() that is killed in a refresh, before ${at}, leaves nothing in the slot; the next pass wipes the rest`, async () => {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("default", RUNNING);
    await reconcile(home);
    const slot = home.slot("default");
    const files = ["run", "finish", "log/run"].map((name) => `${slot}/${name}`);
    const whole = files.map((path) => Deno.readTextFileSync(path));
    for (const path of files) Deno.writeTextFileSync(path, "#!/bin/sh\nexec old\n");
    const before = snapshot(slot, { exact: true });
    const { code } = await runScript(`
      import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
      Deno.${at} = () => Deno.kill(Deno.pid, "SIGKILL");
      await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
    `);
    assertEquals(code, 128 + 9);
    assertEquals(snapshot(slot, { exact: true }), before);
    assertWholeSlot(slot, { down: false });
    const staging = `${home.scandir}/.hermes/staging`;
    assertEquals([...Deno.readDirSync(staging)].length, 1);
    assertEquals(visible(home.scandir), ["gateway-default"]);

    await reconcile(home);
    assert(!exists(staging));
    assertWholeSlot(slot, { down: false });
    assertEquals(files.map((path) => Deno.readTextFileSync(path)), whole);
  });
}

Deno.test("reconcileProfileGateways() that is killed between two files of a refresh leaves each old or new, and nothing else", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  await reconcile(home);
  const slot = home.slot("default");
  const files = ["run", "finish", "log/run"].map((name) => `${slot}/${name}`);
  const whole = files.map((path) => Deno.readTextFileSync(path));
  const old = "#!/bin/sh\nexec old\n";
  for (const path of files) Deno.writeTextFileSync(path, old);
  const { code } = await runScript(`
    import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
    const rename = Deno.renameSync;
    Deno.renameSync = (from, to) => {
      rename(from, to);
      Deno.kill(Deno.pid, "SIGKILL");
    };
    await reconcileProfileGateways({ home: "${home.path}", scandir: "${home.scandir}" });
  `);
  assertEquals(code, 128 + 9);
  assertEquals(files.map((path) => Deno.readTextFileSync(path)), [whole[0], old, old]);
  assertWholeSlot(slot, { down: false });
  await reconcile(home);
  assertEquals(files.map((path) => Deno.readTextFileSync(path)), whole);
});
