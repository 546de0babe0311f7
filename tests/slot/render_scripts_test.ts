import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { renderSlot } from "../../lib/slot/render.ts";
import { fakeBin } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { render, Scripts } from "./_scripts.ts";

const GATEWAY = ["gateway", "run", "--replace"];
const gateways: [profile: string, args: string[]][] = [
  ["coder", ["-p", "coder", ...GATEWAY]],
  ["default", GATEWAY],
];

for (const [profile, args] of gateways) {
  Deno.test(`run of ${profile} execs the gateway with its two markers`, async () => {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    const extraEnv = { HERMES_S6_SUPERVISED_CHILD: "0", HERMES_SUPERVISED_CHILD: "" };
    const { run } = renderSlot({ profile, home: temp.mkdir("home"), extraEnv });
    assertEquals((await scripts.run(run)).code, 0);
    assertEquals(scripts.noted("args"), args);
    const env = scripts.noted("env") ?? [];
    for (const name of Object.keys(extraEnv)) assert(env.includes(`${name}=1`), name);
  });
}

Deno.test("run leaves the container's variables alone, whatever their names", async () => {
  const env = { key: "1", uid: "2", caps: "3", pid: "4", line: "5", dir: "6", group: "7" };
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  assertEquals((await scripts.run(render(temp).run, { env })).code, 0);
  const seen = scripts.noted("env") ?? [];
  for (const [name, value] of Object.entries(env)) assert(seen.includes(`${name}=${value}`));
  assert(!seen.some((entry) => entry.startsWith("HERMES_BOOT_")));
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
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  await fc.assert(
    fc.asyncProperty(folder, env, async (name, extraEnv) => {
      const home = `${temp.path}/homes/${name}`.replace(/\/$/, "");
      Deno.mkdirSync(home, { recursive: true });
      const { code, stderr } = await scripts.run(
        renderSlot({ profile: "coder", home, extraEnv }).run,
      );
      assertEquals([code, stderr], [0, ""]);
      const seen = scripts.noted("env") ?? [];
      for (const [key, value] of Object.entries({ ...extraEnv, HOME: home })) {
        assert(seen.includes(`${key}=${value}`), JSON.stringify([key, value, seen]));
      }
      assertEquals(Deno.readTextFileSync(`${temp.path}/cwd`), `${home}\n`);
    }),
    { numRuns: 40 },
  );
});

Deno.test("run in an image without hermes says so in the gateway's log, and exits 78", async () => {
  using temp = new TempDir();
  const { run } = renderSlot({ profile: "coder", home: temp.mkdir("home"), hermes: "" });
  const words = "gateway-coder: error: this image has no hermes on PATH\n";
  assertEquals(await new Scripts(temp).run(run), { code: 78, stdout: words, stderr: "" });
});

Deno.test("run execs the hermes that it was made for, whatever PATH has, and leaves PATH alone", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  const bin = fakeBin(`${temp.path}/it's`, { hermes: 'echo "$PATH $*"' });
  const hermes = `${bin}/hermes`;
  const { run } = renderSlot({ profile: "coder", home: temp.mkdir("home"), hermes });
  const { stdout } = await scripts.run(run);
  assertEquals(stdout, `${scripts.searchPath} -p coder gateway run --replace\n`);
});

Deno.test("run does not start the gateway in another directory when the home is gone", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  const { run: script, home } = render(temp);
  Deno.removeSync(home);
  const { code } = await scripts.run(script);
  assert(code !== 0);
  assertEquals(scripts.noted("args"), undefined);
});

const deaths: [code: string, signal: string, permanent: boolean][] = [
  ["0", "0", true],
  ["78", "0", true],
  ["1", "0", false],
  ["77", "0", false],
  ["255", "0", false],
  ["256", "9", false],
];

Deno.test("finish lets s6 start what gatewayctl restarts again, however it ends, and nothing else", async () => {
  for (
    const [again, pid, code, signal, comesBack] of [
      ["4711\n", ["4711"], "0", "0", true],
      ["4711\n", ["4711"], "78", "0", true],
      ["4711\n", ["4711"], "256", "9", true],
      ["4711\n", [], "0", "0", true], // s6 2.11 names no process
      ["4711\n", ["471"], "0", "0", false],
      ["", ["4711"], "0", "0", false],
    ] as const
  ) {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    Deno.writeTextFileSync(`${scripts.dir}/again`, again);
    const args = [code, signal, "gateway-coder", ...pid];
    const outcome = await scripts.run(render(temp).finish, { args });
    assertEquals([outcome.code, outcome.stderr], [comesBack ? 0 : 125, ""]);
    assertEquals(scripts.noted("counted"), comesBack ? ["gateway-coder"] : undefined);
    assertEquals(scripts.noted("ended"), code === "256" ? ["leader", "10"] : undefined);
  }
});

for (const [code, signal, permanent] of deaths) {
  const what = permanent ? "tells s6 not to restart" : "leaves it to s6-permafailon";
  Deno.test(`finish after exit ${code}, signal ${signal}, ${what}`, async () => {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    const args = [code, signal, "gateway-coder"];
    const outcome = await scripts.run(render(temp).finish, { args });
    assertEquals(outcome.code, permanent ? 125 : 42);
    // What it execs where these are not the tenth death: s6 restarts.
    const [, , , program, ...rest] = scripts.noted("permafailon") ?? [];
    assertEquals(program?.endsWith("/libexec/count-restart"), permanent ? undefined : true);
    assertEquals(rest, permanent ? [] : ["gateway-coder"]);
    assertEquals(scripts.noted("ended"), code === "256" ? ["leader", "10"] : undefined);
  });
}
