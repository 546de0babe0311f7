import { assert, assertEquals, assertMatch } from "@std/assert";
import { IS_ROOT } from "../_fixtures.ts";
import { modeOf, snapshot } from "../_temp.ts";
import { Installation } from "./_install.ts";
import { race } from "./_race.ts";
import {
  addScandir,
  addService,
  Canary,
  CONTROL_TRAPS,
  EVENT_TRAPS,
  runSupervisePerms,
  SCANDIR_TRAPS,
} from "./_static_tree.ts";

/** A test that only root can run: it needs another user's files. */
function rootTest(name: string, fn: (installation: Installation) => Promise<void>): void {
  Deno.test({
    name: `${name} (only root can be attacked)`,
    ignore: !IS_ROOT,
    async fn() {
      using installation = new Installation();
      await fn(installation);
    },
  });
}

rootTest("015 leaves every trapped service alone and shares the others", async (installation) => {
  using temp = installation.workDir();
  const canary = new Canary(temp);
  const scandir = addScandir(temp, "scandir");
  const servicedirs = temp.mkdir("servicedirs");
  const good = addService(temp, "servicedirs/good");
  const traps = [...CONTROL_TRAPS, ...EVENT_TRAPS].map(([what, spoil], index) => {
    const dir = addService(temp, `servicedirs/trap${index}`);
    spoil(dir, canary.path);
    return { what, dir, name: `trap${index}` };
  });
  const untouched = () =>
    [canary.path, ...traps.slice(0, CONTROL_TRAPS.length).map(({ dir }) => dir)]
      .flatMap((path) => snapshot(path));
  const before = untouched();
  const { code, stderr } = await runSupervisePerms(installation, { servicedirs, scandir });
  assertEquals(untouched(), before, "hermes can reach into a trapped service");
  assertEquals(code, 1);
  for (const { name, what } of traps) {
    assertMatch(
      stderr,
      new RegExp(`^015-supervise-perms: warning: service ${name}: .+$`, "m"),
      what,
    );
  }
  assertMatch(stderr, /^[ -~\n]+$/);
  for (const { dir, what } of traps.slice(CONTROL_TRAPS.length)) {
    assertEquals(modeOf(`${dir}/supervise`), 0o700, what);
  }
  assertEquals(modeOf(`${good}/supervise/control`), 0o660);
});

rootTest("015 leaves every trapped scandir alone", async (installation) => {
  for (const [what, spoil] of SCANDIR_TRAPS) {
    using temp = installation.workDir();
    const canary = new Canary(temp);
    const servicedirs = temp.mkdir("servicedirs");
    const scandir = addScandir(temp, "scandir");
    spoil(scandir, canary.path);
    const before = snapshot(temp.path);
    const { code, stderr } = await runSupervisePerms(installation, { servicedirs, scandir });
    assertEquals(snapshot(temp.path), before, what);
    assertEquals(code, 1, what);
    assertMatch(stderr, /^015-supervise-perms: warning: scandir [ -~]+\n$/, what);
  }
});

rootTest(
  "015 does not let hermes choose what it changes by swapping entries",
  async (installation) => assert(await race(installation, 2000)),
);
