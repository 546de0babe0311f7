import { assert, assertEquals } from "@std/assert";
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

const GATEWAY = ["gateway", "run", "--replace"];
const gateways: [profile: string, args: string[]][] = [
  ["coder", ["-p", "coder", ...GATEWAY]],
  ["default", GATEWAY],
];

for (const [profile, args] of gateways) {
  Deno.test(`run of ${profile} execs the gateway with its two markers, as hermes only where it is root`, async () => {
    for (const uid of [0, 10000]) {
      using temp = new TempDir();
      makeBin(temp, uid);
      const extraEnv = { HERMES_S6_SUPERVISED_CHILD: "0", HERMES_SUPERVISED_CHILD: "" };
      const { run } = renderSlot({ profile, home: temp.mkdir("home"), extraEnv });
      assertEquals((await runSh(temp, run)).code, 0);
      assertEquals(recorded(`${temp.path}/args`), args);
      const env = recorded(`${temp.path}/env`);
      for (const name of Object.keys(extraEnv)) assert(env.includes(`${name}=1`), name);
      const dropped = `${temp.path}/setuidgid`;
      if (uid === 0) assertEquals(recorded(dropped), ["hermes", "hermes", ...args]);
      else assert(!exists(dropped));
    }
  });
}

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

Deno.test("run in an image without hermes says so in the gateway's log and the container's, and exits 78", async () => {
  using temp = new TempDir();
  const { run } = renderSlot({ profile: "coder", home: temp.mkdir("home"), hermes: "" });
  const words = "gateway-coder: fatal: this image has no hermes on PATH\n";
  assertEquals(await runSh(temp, run), { code: 78, stdout: words, stderr: words });
});

Deno.test("run execs the hermes that it was made for, whatever PATH has, and leaves PATH alone", async () => {
  using temp = new TempDir();
  const path = `${makeBin(temp, 10000)}:/usr/bin:/bin`;
  const bin = fakeBin(`${temp.path}/it's`, { hermes: 'echo "$PATH $*"' });
  const hermes = `${bin}/hermes`;
  const { run } = renderSlot({ profile: "coder", home: temp.mkdir("home"), hermes });
  const { stdout } = await runSh(temp, run);
  assertEquals(stdout, `${path} -p coder gateway run --replace\n`);
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

const deaths: [code: string, signal: string, permanent: boolean][] = [
  ["0", "0", true],
  ["78", "0", true],
  ["1", "0", false],
  ["77", "0", false],
  ["255", "0", false],
  ["256", "9", false],
];

for (const [code, signal, permanent] of deaths) {
  const what = permanent ? "tells s6 not to restart" : "leaves it to s6-permafailon";
  Deno.test(`finish after exit ${code}, signal ${signal}, ${what}`, async () => {
    using temp = new TempDir();
    makeBin(temp, 0);
    const args = [code, signal, "gateway-coder"];
    const outcome = await runSh(temp, render(temp).finish, { args });
    assertEquals(outcome.code, permanent ? 125 : 42);
    const asked = `${temp.path}/permafailon`;
    // `true` is what it execs where these are not the tenth death: s6 restarts.
    if (permanent) assert(!exists(asked));
    else assertEquals(recorded(asked), ["120", "10", "1-255", "true"]);
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

Deno.test("log/run makes its directory and execs s6-log on it when it is not root, whatever the home's name", async () => {
  for (const profile of ["coder", "default"]) {
    using temp = new TempDir();
    makeBin(temp, 10000);
    const home = temp.mkdir('it\'s $(id) `id`\n"x"');
    assertEquals((await runSh(temp, renderSlot({ profile, home }).logRun)).code, 0);
    const dir = `${home}/logs/gateways/${profile}`;
    assert(Deno.lstatSync(dir).isDirectory);
    assertEquals(recorded(`${temp.path}/s6-log`), ["1", "n10", "s1000000", "T", dir]);
    assert(!exists(`${temp.path}/setuidgid`));
  }
});

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

Deno.test("log/run fails without s6-log when its directory cannot be made", async () => {
  using temp = new TempDir();
  makeBin(temp, 10000);
  const { logRun } = render(temp);
  temp.write("home/logs", "in the way");
  const { code } = await runSh(temp, logRun);
  assert(code !== 0);
  assert(!exists(`${temp.path}/s6-log`));
});
