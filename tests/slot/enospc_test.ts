import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ReconcileAction } from "../../lib/boot/action.ts";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { assertWholeSlot, Home, RUNNING, visible } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";
import { CAN_MOUNT, Tmpfs } from "../_tmpfs.ts";

const COUNT = 12;

function reconcile(home: Home): Promise<ReconcileAction[]> {
  return reconcileProfileGateways({ home: home.path, scandir: home.scandir });
}

// A slot takes some 16 KiB in pages and some 15 inodes.
const limits: [what: string, small: string, large: string][] = [
  ["bytes", "size=100k", "size=4m"],
  ["inodes", "size=4m,nr_inodes=100", "nr_inodes=4000"],
];

for (const [what, small, large] of limits) {
  Deno.test({
    name: `a scandir out of ${what} gets the slots that fit, and the rest once it has grown ` +
      "(only root can mount a tmpfs)",
    ignore: !CAN_MOUNT,
    async fn() {
      using temp = new TempDir();
      const home = new Home(temp);
      home.add("default", RUNNING);
      for (let i = 0; i < COUNT; i++) home.add(`p${i}`, RUNNING);
      using tmpfs = new Tmpfs(temp.mkdir("scandir"), small);

      const actions = await reconcile(home);
      assertEquals(actions.length, COUNT + 1);
      const fit = actions.filter(({ action }) => action === "started");
      const skipped = actions.filter(({ action }) => action === "skipped");
      assert(fit.length > 0 && skipped.length > 0);
      assertEquals(fit.length + skipped.length, COUNT + 1);
      for (const { reason, failed, priorState } of skipped) {
        assertStringIncludes(reason ?? "", "No space left on device");
        assertEquals([failed, priorState], [true, "running"]);
      }
      assertEquals(visible(home.scandir), fit.map(({ profile }) => `gateway-${profile}`).sort());
      for (const { profile } of fit) assertWholeSlot(home.slot(profile), { down: false });

      tmpfs.grow(large);
      const inodes = fit.map(({ profile }) => Deno.lstatSync(home.slot(profile)).ino);
      const again = await reconcile(home);
      assert(again.every(({ action }) => action === "started"));
      for (const { profile } of again) assertWholeSlot(home.slot(profile), { down: false });
      assertEquals(fit.map(({ profile }) => Deno.lstatSync(home.slot(profile)).ino), inodes);
    },
  });
}

Deno.test({
  name: "a scandir without a free inode leaves out the new profile alone, until it has grown " +
    "(only root can mount a tmpfs)",
  ignore: !CAN_MOUNT,
  async fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("default", RUNNING);
    using tmpfs = new Tmpfs(temp.mkdir("scandir"), "size=4m,nr_inodes=60");
    await reconcile(home);
    const before = snapshot(home.slot("default"), { exact: true });
    home.add("late", RUNNING);
    try {
      for (let i = 0;; i++) Deno.writeTextFileSync(`${home.scandir}/.fill${i}`, "");
    } catch {
      // As intended: no inode is left, not even for the staging directory.
    }
    const actions = await reconcile(home);
    assertEquals(actions.map(({ profile, action, failed = false }) => [profile, action, failed]), [
      ...[["default", "started", false], ["late", "skipped", true]],
    ]);
    assertStringIncludes(actions[1]?.reason ?? "", "No space left on device");
    assertEquals(visible(home.scandir), ["gateway-default"]);
    assertEquals(snapshot(home.slot("default"), { exact: true }), before);
    const log = Deno.readTextFileSync(`${home.path}/logs/container-boot.log`);
    assertMatch(log, /profile=late prior_state=running action=skipped .*\n$/);

    tmpfs.grow("nr_inodes=4000");
    assertEquals((await reconcile(home)).map(({ action }) => action), ["started", "started"]);
    assertWholeSlot(home.slot("late"), { down: false });
  },
});

Deno.test({
  name: "a refresh that finds the scandir full leaves the slot's old files whole " +
    "(only root can mount a tmpfs)",
  ignore: !CAN_MOUNT,
  async fn() {
    using temp = new TempDir();
    const home = new Home(temp);
    home.add("default", RUNNING);
    using tmpfs = new Tmpfs(temp.mkdir("scandir"), "size=64k");
    await reconcile(home);
    const run = `${home.slot("default")}/run`;
    Deno.writeTextFileSync(run, "#!/bin/sh\nexec old\n");
    try {
      Deno.writeFileSync(`${home.scandir}/.fill`, new Uint8Array(1 << 20));
    } catch {
      // As intended: whatever was free is taken.
    }
    const [action] = await reconcile(home);
    assertEquals(action?.action, "skipped");
    assertStringIncludes(action?.reason ?? "", "No space left on device");
    assertEquals(Deno.readTextFileSync(run), "#!/bin/sh\nexec old\n");
    assertWholeSlot(home.slot("default"), { down: false });

    tmpfs.grow("size=4m");
    assertEquals((await reconcile(home))[0]?.action, "started");
    assertStringIncludes(Deno.readTextFileSync(run), "gateway run");
  },
});
