import { assertEquals, assertMatch } from "@std/assert";
import {
  PROFILE_WATCH,
  RECONCILE_PROFILES,
  type Stage,
  START_GATEWAYS,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { Home, RUNNING, runStage } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

/** Runs a stage in a temp dir that holds something for it to spoil. */
async function runIn(temp: TempDir, stage: Stage, args: string[]) {
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const places = { home: home.path, scandir: home.scandir, servicedirs: `${temp.path}/dirs` };
  const before = snapshot(temp.path);
  const outcome = await runStage(stage, places, { args });
  return { ...outcome, unchanged: before.join() === snapshot(temp.path).join() };
}

const WRONG = [["--nope"], ["extra"], ["-h"], [""], ["--", "x"], ["a\nb\x1b[31m"], ["--help=1"]];
const NOT_OWNERS = ["", "x", "1", "1:2:3", "-1:0", "4294967295:0", "root:root", "1:2\n"]
  .map((owner) => [`--owner=${owner}`]);
const programs: [stage: Stage, wrong: string[][]][] = [
  [SUPERVISE_PERMS, [["--owner"], ["--owner=1:1", "--owner=1:1"], ...NOT_OWNERS]],
  [RECONCILE_PROFILES, [["--owner=1:2"], ["--json=1"], ["--json", "--dry-run", "x"]]],
  [START_GATEWAYS, []],
  [PROFILE_WATCH, []],
];

for (const [stage, wrong] of programs) {
  Deno.test(`${stage.entry} --help prints its usage, changes nothing and exits 0`, async () => {
    using temp = new TempDir();
    const { code, stdout, stderr, unchanged } = await runIn(temp, stage, ["--help"]);
    assertEquals([code, stderr, unchanged], [0, "", true]);
    assertMatch(stdout, /^Usage: [^]*--help[^]*Exit code:/);
  });

  Deno.test(`${stage.entry} with wrong arguments says so in one line, changes nothing and exits 2`, async () => {
    for (const args of [...WRONG, ...wrong]) {
      using temp = new TempDir();
      const { code, stdout, stderr, unchanged } = await runIn(temp, stage, args);
      assertEquals([code, stdout, unchanged], [2, "", true], JSON.stringify(args));
      assertMatch(stderr, /^[\x20-\x7e]+: error: [\x20-\x7e]+\n$/);
    }
  });
}
