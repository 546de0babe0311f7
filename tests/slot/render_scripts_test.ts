import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { renderSlot, type SlotFiles } from "../../lib/slot/render.ts";
import { fakeBin, recorded, recorder } from "../_fixtures.ts";
import { exists, type Outcome, run, snapshot, TempDir } from "../_temp.ts";

/** Programs that note how they were called, in a temp dir. */
function makeBin(temp: TempDir, uid: number): string {
  const note = (name: string) => `${temp.path}/${name}`;
  return fakeBin(note("bin"), {
    id: `[ "$*" = -u ] && echo ${uid}`,
    "s6-setuidgid": recorder(note("setuidgid"), 'shift; exec "$@"'),
    "s6-log": recorder(note("s6-log")),
    "s6-permafailon": recorder(note("permafailon"), "exit 42"),
    hermes: recorder(note("args"), `env -0 >'${note("env")}'; pwd -P >'${note("cwd")}'`),
  });
}

/** Runs a rendered script as s6-supervise would: in its service directory. */
function runSh(
  temp: TempDir,
  script: string,
  { args = [], path = `${temp.path}/bin:/usr/bin:/bin` }: { args?: string[]; path?: string } = {},
): Promise<Outcome> {
  const dir = temp.mkdir("service");
  fakeBin(dir, { run: script });
  return run("/bin/sh", { args: ["./run", ...args], cwd: dir, env: { PATH: path } });
}

function render(temp: TempDir, profile = "coder"): SlotFiles & { home: string } {
  const home = temp.mkdir("home");
  return { ...renderSlot({ profile, home }), home };
}

for (
  const [profile, args] of [
    ["coder", ["-p", "coder", "gateway", "run", "--replace"]],
    ["default", ["gateway", "run", "--replace"]],
  ] as const
) {
  Deno.test(`run of ${profile} execs the gateway as hermes when it is root`, async () => {
    using temp = new TempDir();
    makeBin(temp, 0);
    const { code } = await runSh(temp, render(temp, profile).run);
    assertEquals(code, 0);
    assertEquals(recorded(`${temp.path}/setuidgid`), ["hermes", "hermes", ...args]);
    assertEquals(recorded(`${temp.path}/args`), [...args]);
  });

  Deno.test(`run of ${profile} execs the gateway without the drop when it is not root`, async () => {
    using temp = new TempDir();
    makeBin(temp, 10000);
    const { code } = await runSh(temp, render(temp, profile).run);
    assertEquals(code, 0);
    assert(!exists(`${temp.path}/setuidgid`));
    assertEquals(recorded(`${temp.path}/args`), [...args]);
  });
}

Deno.test("run exports the two supervision markers, which the caller cannot unset", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const extraEnv = { HERMES_S6_SUPERVISED_CHILD: "0", HERMES_SUPERVISED_CHILD: "" };
  await runSh(temp, renderSlot({ profile: "coder", home: temp.mkdir("home"), extraEnv }).run);
  const env = recorded(`${temp.path}/env`);
  assert(env.includes("HERMES_S6_SUPERVISED_CHILD=1"), env.join("\n"));
  assert(env.includes("HERMES_SUPERVISED_CHILD=1"), env.join("\n"));
});

Deno.test("run passes any home and any environment value on byte for byte", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.stringMatching(/^["'$`\\()\n !*~;&|<>]*$/),
    fc.constantFrom("$(id)", "`id`", "'; exit 3; '", '"', "\n", "a\n\n", "\\", "-n", "\x81\x7f"),
  ).map((value) => value.replaceAll("\0", "").toWellFormed());
  const folder = text.map((value) => value.replaceAll("/", "").slice(0, 50))
    .filter((value) => ![".", ".."].includes(value));
  const env = fc.dictionary(fc.stringMatching(/^X_[A-Za-z0-9_]{0,20}$/), text, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(folder, env, async (name, extraEnv) => {
      using temp = new TempDir();
      makeBin(temp, 10000);
      const home = `${temp.path}/${name}`.replace(/\/$/, "");
      Deno.mkdirSync(home, { recursive: true });
      const { code, stderr } = await runSh(
        temp,
        renderSlot({ profile: "coder", home, extraEnv }).run,
      );
      assertEquals([code, stderr], [0, ""]);
      const seen = recorded(`${temp.path}/env`);
      for (const [key, value] of Object.entries({ ...extraEnv, HOME: home })) {
        assert(seen.includes(`${key}=${value}`), JSON.stringify([key, value, seen]));
      }
      assertEquals(Deno.readTextFileSync(`${temp.path}/cwd`), `${home}\n`);
    }),
    { numRuns: 40 },
  );
});

Deno.test("run without hermes on PATH says so on stderr and exits 78", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runSh(temp, render(temp).run, { path: temp.mkdir("empty") });
  assertEquals(code, 78);
  assertStringIncludes(stderr, "no hermes on PATH");
  assertStringIncludes(stderr, "gateway-coder");
  assertEquals(stderr.trimEnd().split("\n").length, 1);
});

Deno.test("run does not start the gateway in another directory when the home is gone", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const { run: script, home } = render(temp);
  Deno.removeSync(home);
  const { code } = await runSh(temp, script);
  assert(code !== 0);
  assert(!exists(`${temp.path}/args`));
});

for (const code of ["0", "78"]) {
  Deno.test(`finish after exit ${code} tells s6 not to restart (125)`, async () => {
    using temp = new TempDir();
    makeBin(temp, 0);
    const outcome = await runSh(temp, render(temp).finish, { args: [code, "0", "gateway-coder"] });
    assertEquals(outcome.code, 125);
    assert(!exists(`${temp.path}/permafailon`));
  });
}

for (const [code, signal] of [["1", "0"], ["77", "0"], ["111", "0"], ["255", "0"], ["256", "9"]]) {
  Deno.test(`finish after exit ${code}, signal ${signal}, leaves it to s6-permafailon: 10 deaths in 120 s`, async () => {
    using temp = new TempDir();
    makeBin(temp, 0);
    const args = [String(code), String(signal), "gateway-coder"];
    const outcome = await runSh(temp, render(temp).finish, { args });
    assertEquals(outcome.code, 42);
    const [seconds, deaths, events, ...then] = recorded(`${temp.path}/permafailon`);
    assertEquals([seconds, deaths, events], ["120", "10", "1-255"]);
    // Otherwise it execs the rest, whose exit code is not 125: s6 restarts.
    assertEquals(then, ["true"]);
  });
}

Deno.test("log/run re-execs itself as hermes when it is root, before it makes anything", async () => {
  using temp = new TempDir();
  makeBin(temp, 0);
  fakeBin(`${temp.path}/bin`, { "s6-setuidgid": recorder(`${temp.path}/setuidgid`) });
  const { logRun, home } = render(temp);
  const before = snapshot(home);
  assertEquals((await runSh(temp, logRun)).code, 0);
  assertEquals(recorded(`${temp.path}/setuidgid`), ["hermes", "./run"]);
  assertEquals(snapshot(home), before);
  assert(!exists(`${temp.path}/s6-log`));
});

for (const profile of ["coder", "default"]) {
  Deno.test(`log/run of ${profile} makes its directory and execs s6-log on it when it is not root`, async () => {
    using temp = new TempDir();
    makeBin(temp, 10000);
    const { logRun, home } = render(temp, profile);
    assertEquals((await runSh(temp, logRun)).code, 0);
    const dir = `${home}/logs/gateways/${profile}`;
    assert(Deno.lstatSync(dir).isDirectory);
    assertEquals(recorded(`${temp.path}/s6-log`), ["1", "n10", "s1000000", "T", dir]);
    assert(!exists(`${temp.path}/setuidgid`));
  });
}

Deno.test("log/run removes a stale lock, also a symlink, and its target survives", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const { logRun, home } = render(temp);
  const dir = temp.mkdir("home/logs/gateways/coder");
  temp.write("home/logs/gateways/coder/current", "kept");
  const target = temp.write("target", "kept");
  Deno.symlinkSync(target, `${dir}/lock`);
  assertEquals((await runSh(temp, logRun)).code, 0);
  assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["current"]);
  assertEquals(Deno.readTextFileSync(target), "kept");
  assertEquals(recorded(`${temp.path}/s6-log`).at(-1), `${home}/logs/gateways/coder`);
});

Deno.test("log/run takes a home with quotes, spaces and a newline", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const home = temp.mkdir('it\'s $(id) `id`\n"x"');
  const { logRun } = renderSlot({ profile: "coder", home });
  assertEquals((await runSh(temp, logRun)).code, 0);
  assertEquals(recorded(`${temp.path}/s6-log`).at(-1), `${home}/logs/gateways/coder`);
});

Deno.test("log/run fails without s6-log when its directory cannot be made", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const { logRun } = render(temp);
  temp.write("home/logs", "in the way");
  const { code } = await runSh(temp, logRun);
  assert(code !== 0);
  assert(!exists(`${temp.path}/s6-log`));
});
