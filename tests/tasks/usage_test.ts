import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { HOOK_FILES } from "../../lib/image/hook.ts";
import {
  GENERATE_DASHBOARD,
  permissionFlags,
  RECONCILE_PROFILES,
  type Stage,
  SUPERVISE_PERMS,
} from "../../lib/image/stages.ts";
import { PROFILE_WATCH } from "../../lib/image/profile_watch_service.ts";
import { Home, mkfifo, REPO, runEntry, RUNNING, runStage } from "../_fixtures.ts";
import { exists, modeOf, type RunOptions, runSync, snapshot, TempDir } from "../_temp.ts";

const GENERATE_HOOKS: Stage = { ...GENERATE_DASHBOARD, entry: "tasks/generate_hooks.ts" };

/** Runs a stage in a temp dir that holds something for it to spoil. */
function runIn(temp: TempDir, stage: Stage, options: RunOptions) {
  const home = new Home(temp);
  home.add("coder", RUNNING);
  const places = { home: home.path, scandir: home.scandir, servicedirs: `${temp.path}/dirs` };
  const env = { HERMES_HOME: home.path, S6_PROFILE_GATEWAY_SCANDIR: home.scandir };
  const before = snapshot(temp.path);
  return runStage(stage, { ...places, out: temp.path }, {
    ...options,
    env: { ...env, ...options.env },
  })
    .then((outcome) => ({ ...outcome, unchanged: before.join() === snapshot(temp.path).join() }));
}

const STAGES = [SUPERVISE_PERMS, RECONCILE_PROFILES, PROFILE_WATCH, GENERATE_DASHBOARD];
const ALL = [...STAGES, GENERATE_HOOKS];

for (const stage of ALL) {
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
  ...ALL.flatMap((stage) =>
    [["--nope"], ["extra"], ["-h"], [""], ["--"], ["a\nb\x1b[31m"], ["--help=1"]]
      .map((args): [Stage, string[]] => [stage, args])
  ),
  ...[SUPERVISE_PERMS, RECONCILE_PROFILES].flatMap((stage) =>
    [["--owner"], ...NOT_OWNERS.map((owner) => [`--owner=${owner}`])]
      .map((args): [Stage, string[]] => [stage, args])
  ),
  [RECONCILE_PROFILES, ["--json=1"]],
  [RECONCILE_PROFILES, ["--json", "--dry-run", "x"]],
  [GENERATE_DASHBOARD, []],
  [GENERATE_DASHBOARD, ["--out"]],
  [GENERATE_DASHBOARD, ["--out="]],
  [GENERATE_HOOKS, ["--check"]],
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

for (const variable of ["HERMES_HOME", "S6_PROFILE_GATEWAY_SCANDIR"]) {
  Deno.test(`02 with a relative ${variable} says so in one line, changes nothing and exits 2`, async () => {
    using temp = new TempDir();
    const env = { [variable]: "relative" };
    const { code, stdout, stderr, unchanged } = await runIn(temp, RECONCILE_PROFILES, { env });
    assertEquals([code, stdout, unchanged], [2, "", true]);
    assertMatch(stderr, /^[\x20-\x7e]+\n$/);
    assertStringIncludes(stderr, variable);
  });
}

Deno.test("options take their value after = or as the next argument", async () => {
  using temp = new TempDir();
  const owner = `${Deno.uid()}:${Deno.gid()}`;
  for (const args of [[`--owner=${owner}`], ["--owner", owner]]) {
    const { code } = await runIn(temp, RECONCILE_PROFILES, { args });
    assertEquals(code, 0);
  }
});

/** A static service and a scandir for 015, and the arguments that name them. */
function makeStatic(temp: TempDir) {
  const servicedirs = temp.mkdir("servicedirs");
  const scandir = temp.mkdir("scandir");
  temp.mkdir("servicedirs/dashboard");
  temp.mkdir("servicedirs/dashboard/event", 0o3730);
  temp.mkdir("servicedirs/dashboard/supervise", 0o700);
  temp.mkdir("scandir/.s6-svscan", 0o700);
  mkfifo(`${servicedirs}/dashboard/supervise/control`);
  mkfifo(`${scandir}/.s6-svscan/control`);
  const args = ["--servicedirs", servicedirs, "--scandir", scandir];
  const owner = `--owner=${(Deno.uid() ?? 0) + 12345}:${Deno.gid()}`;
  return { servicedirs, scandir, args, owner };
}

Deno.test("015 shares the services and the scandir, says so and exits 0", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  const { code, stdout, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^015-supervise-perms: info: [\x20-\x7e]*dashboard[\x20-\x7e]*\n$/);
  assertEquals(modeOf(`${servicedirs}/dashboard/supervise`), 0o755);
  assertEquals(modeOf(scandir), 0o1775);
});

Deno.test("015 without --owner changes nothing and exits 0", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args } = makeStatic(temp);
  const before = snapshot(temp.path);
  const { code } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, { args });
  assertEquals(code, 0);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("015 shares what it can and exits 1 when something is left alone", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  temp.mkdir("servicedirs/new\nline");
  const { code, stdout, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals(code, 1);
  assertMatch(stderr, /^015-supervise-perms: warning: service new\\nline: [\x20-\x7e]+\n$/);
  assertStringIncludes(stdout, "dashboard");
  assertEquals(modeOf(scandir), 0o1775);
});

Deno.test("015 without service directories still shares the scandir and exits 1", async () => {
  using temp = new TempDir();
  const { servicedirs, scandir, args, owner } = makeStatic(temp);
  Deno.removeSync(servicedirs, { recursive: true });
  const { code, stderr } = await runStage(SUPERVISE_PERMS, { servicedirs, scandir }, {
    args: [...args, owner],
  });
  assertEquals(code, 1);
  assertMatch(stderr, /^015-supervise-perms: warning: [\x20-\x7e]+\n$/);
  assertEquals(modeOf(scandir), 0o1775);
});

const SERVICE = "etc/s6-overlay/s6-rc.d/dashboard";

/** A copy of rootfs, and the generators with their places in it. */
function copyRootfs(temp: TempDir) {
  runSync("cp", "-R", `${REPO}/rootfs`, `${temp.path}/rootfs`);
  const out = (stage: Stage) =>
    `${temp.path}/rootfs${stage === GENERATE_HOOKS ? "" : `/${SERVICE}`}`;
  const generate = (stage: Stage, check: boolean) =>
    runEntry(
      stage.entry,
      permissionFlags(stage.permissions({
        ...{ home: "", scandir: "", servicedirs: "", out: out(stage) },
      })),
      { args: ["--out", out(stage), ...check ? ["--check"] : []] },
    );
  return generate;
}

const generated: [stage: Stage, path: string][] = [
  ...[...HOOK_FILES.keys()].map((path): [Stage, string] => [GENERATE_HOOKS, path]),
  [GENERATE_DASHBOARD, `${SERVICE}/run`],
  [GENERATE_DASHBOARD, `${SERVICE}/finish`],
];

for (const [stage, path] of generated) {
  Deno.test(`${stage.entry} --check exits 1 when a byte or the mode of ${path} differs`, async () => {
    using temp = new TempDir();
    const generate = copyRootfs(temp);
    const file = `${temp.path}/rootfs/${path}`;
    const text = Deno.readTextFileSync(file);
    const spoil = [
      () => Deno.writeTextFileSync(file, text.replace(/exit|allow/, (word) => word.toUpperCase())),
      () => Deno.writeTextFileSync(file, `${text}\n`),
      () => Deno.chmodSync(file, 0o644),
      () => Deno.removeSync(file),
    ];
    for (const act of spoil) {
      assertEquals((await generate(stage, true)).code, 0);
      act();
      const before = snapshot(`${temp.path}/rootfs`);
      const { code, stderr } = await generate(stage, true);
      assertEquals(code, 1);
      assertMatch(stderr, /^[\x20-\x7e]+\n$/);
      assertStringIncludes(stderr, path);
      assertEquals(snapshot(`${temp.path}/rootfs`), before);
      assertEquals((await generate(stage, false)).code, 0);
      assertEquals(Deno.readTextFileSync(file), text);
      assertEquals(modeOf(file), 0o755);
    }
  });
}

Deno.test("the generators write nothing over what is right", async () => {
  using temp = new TempDir();
  const generate = copyRootfs(temp);
  const before = snapshot(`${temp.path}/rootfs`, { exact: true });
  for (const stage of [GENERATE_HOOKS, GENERATE_DASHBOARD]) {
    const { code, stdout, stderr } = await generate(stage, false);
    assertEquals([code, stdout, stderr], [0, "", ""]);
  }
  assertEquals(snapshot(`${temp.path}/rootfs`, { exact: true }), before);
});

Deno.test("a generator whose folder is missing says so in one line and exits 1", async () => {
  using temp = new TempDir();
  const out = `${temp.path}/none`;
  const { code, stderr } = await runStage(GENERATE_DASHBOARD, { out }, { args: ["--out", out] });
  assertEquals(code, 1);
  assertMatch(stderr, /^generate-dashboard: fatal: [\x20-\x7e]+\n$/);
  assert(!exists(out));
});

Deno.test("tasks/generate_readme.ts --check exits 1 when the README's table differs", async () => {
  using temp = new TempDir();
  const text = Deno.readTextFileSync(`${REPO}/README.md`);
  const out = temp.write("README.md", text);
  const generate = (...args: string[]) =>
    runEntry("tasks/generate_readme.ts", permissionFlags({ read: [out], write: [out] }), {
      args: ["--out", out, ...args],
    });
  assertEquals((await generate("--check")).code, 0);
  const drifted = text.replace("`/usr/bin/mkfifo`", "`/bin/sh`");
  Deno.writeTextFileSync(out, drifted);
  const { code, stderr } = await generate("--check");
  assertEquals(code, 1);
  assertMatch(stderr, /^generate-readme: fatal: [\x20-\x7e]+\n$/);
  assertEquals(Deno.readTextFileSync(out), drifted);
  assertEquals((await generate()).code, 0);
  assertEquals(Deno.readTextFileSync(out), text);
  temp.write("README.md", "no marks");
  assertEquals((await generate("--check")).code, 1);
  assertEquals((await generate("--nope")).code, 2);
});
