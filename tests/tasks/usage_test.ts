import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  PROFILE_WATCH,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { Home, RUNNING, runStage } from "../_fixtures.ts";
import { type RunOptions, snapshot, TempDir } from "../_temp.ts";

/** Runs a stage in a temp dir that holds something for it to spoil. */
function runIn(temp: TempDir, stage: Stage, options: RunOptions) {
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const places = { home: home.path, scandir: home.scandir, servicedirs: `${temp.path}/dirs` };
  const before = snapshot(temp.path);
  return runStage(stage, places, options)
    .then((outcome) => ({ ...outcome, unchanged: before.join() === snapshot(temp.path).join() }));
}

const STAGES = [SUPERVISE_PERMS, RECONCILE_PROFILES, PROFILE_WATCH];

for (const stage of STAGES) {
  Deno.test(`${stage.entry} --help prints its usage, changes nothing and exits 0`, async () => {
    using temp = new TempDir();
    const { code, stdout, stderr, unchanged } = await runIn(temp, stage, { args: ["--help"] });
    assertEquals([code, stderr, unchanged], [0, "", true]);
    assertMatch(stdout, /^Usage: /);
    assertStringIncludes(stdout, "--help");
    assertStringIncludes(stdout, "Exit code:");
  });
}

const NOT_OWNERS = ["", "x", "1", "1:2:3", "-1:0", "4294967295:0", "root:root", "1:2\n"];
const wrong: [stage: Stage, args: string[]][] = [
  ...STAGES.flatMap((stage) =>
    [["--nope"], ["extra"], ["-h"], [""], ["--"], ["a\nb\x1b[31m"], ["--help=1"]]
      .map((args): [Stage, string[]] => [stage, args])
  ),
  ...[["--owner"], ...NOT_OWNERS.map((owner) => [`--owner=${owner}`])]
    .map((args): [Stage, string[]] => [SUPERVISE_PERMS, args]),
  [RECONCILE_PROFILES, ["--owner=1:2"]],
  [RECONCILE_PROFILES, ["--json=1"]],
  [RECONCILE_PROFILES, ["--json", "--dry-run", "x"]],
];

for (const stage of new Set(wrong.map(([stage]) => stage))) {
  Deno.test(`${stage.entry} with wrong arguments says so in one line, changes nothing and exits 2`, async () => {
    for (const [, args] of wrong.filter(([one]) => one === stage)) {
      using temp = new TempDir();
      const { code, stdout, stderr, unchanged } = await runIn(temp, stage, { args });
      assertEquals([code, stdout, unchanged], [2, "", true], JSON.stringify(args));
      assertMatch(stderr, /^[\x20-\x7e]+: fatal: [\x20-\x7e]+\n$/);
    }
  });
}
