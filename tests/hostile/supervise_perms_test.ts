import { assert, assertEquals, assertMatch } from "@std/assert";
import { SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { IS_ROOT } from "../_fixtures.ts";
import { modeOf, type Outcome, snapshot, type TempDir } from "../_temp.ts";
import { HERMES, Installation } from "./_install.ts";
import { race } from "./_race.ts";
import {
  addScandir,
  addService,
  Canary,
  CONTROL_TRAPS,
  EVENT_TRAPS,
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

function share(installation: Installation, temp: TempDir): Promise<Outcome> {
  const [servicedirs, scandir] = [`${temp.path}/servicedirs`, `${temp.path}/scandir`];
  return installation.run(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [
      `--servicedirs=${servicedirs}`,
      `--scandir=${scandir}`,
      `--owner=${HERMES.uid}:${HERMES.gid}`,
    ],
  });
}

rootTest("015 leaves every trapped service alone and shares the others", async (installation) => {
  using temp = installation.workDir();
  const canary = new Canary(temp);
  addScandir(temp, "scandir");
  const good = addService(temp, "servicedirs/good");
  for (const [index, { spoil }] of [...CONTROL_TRAPS, ...EVENT_TRAPS].entries()) {
    spoil(addService(temp, `servicedirs/trap${index}`), canary.path);
  }
  const outside = snapshot(canary.path);
  const trapped = () =>
    CONTROL_TRAPS.flatMap((_, index) => snapshot(`${temp.path}/servicedirs/trap${index}`));
  const before = trapped();
  const { code, stderr } = await share(installation, temp);
  assertEquals(snapshot(canary.path), outside);
  assertEquals(trapped(), before, "hermes can reach into a trapped service");
  assertEquals(code, 1);
  for (const [index, { what }] of [...CONTROL_TRAPS, ...EVENT_TRAPS].entries()) {
    const said = new RegExp(`^015-supervise-perms: warning: service trap${index}: [ -~]+$`, "m");
    assertMatch(stderr, said, what);
    const dir = `${temp.path}/servicedirs/trap${index}/supervise`;
    if (EVENT_TRAPS.some((trap) => trap.what === what)) assertEquals(modeOf(dir), 0o700, what);
  }
  assertEquals(modeOf(`${good}/supervise/control`), 0o660);
  console.log(`tried ${CONTROL_TRAPS.length + EVENT_TRAPS.length} trapped services`);
});

rootTest("015 leaves every trapped scandir alone", async (installation) => {
  for (const { what, spoil } of SCANDIR_TRAPS) {
    using temp = installation.workDir();
    const canary = new Canary(temp);
    temp.mkdir("servicedirs");
    spoil(addScandir(temp, "scandir"), canary.path);
    const before = snapshot(temp.path);
    const { code, stderr } = await share(installation, temp);
    assertEquals(snapshot(temp.path), before, what);
    assertEquals(code, 1, what);
    assertMatch(stderr, /^015-supervise-perms: warning: scandir [ -~]+\n$/, what);
  }
  console.log(`tried ${SCANDIR_TRAPS.length} trapped scandirs`);
});

rootTest(
  "015 does not let hermes choose what it changes by swapping entries",
  async (installation) => {
    const words = await race(installation, 2000);
    assert(words);
    console.log(`tried ${words}`);
  },
);
