import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { renderSlot } from "../../lib/slot/render.ts";
import { exists, TempDir } from "../_temp.ts";
import { render, Scripts } from "../slot/_scripts.ts";

Deno.test("log/run makes its directory and execs s6-log on it, whatever the home's name", async () => {
  for (const profile of ["coder", "default"]) {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    const home = temp.mkdir('it\'s $(id) `id`\n"x"');
    const { logRun } = renderSlot({ profile, home });
    assertEquals(await scripts.run(logRun), { code: 0, stdout: "", stderr: "" });
    const dir = `${home}/logs/gateways/${profile}`;
    assert(Deno.lstatSync(dir).isDirectory);
    const toContainer = [`p${profile}:`, "T", "1", "p"];
    assertEquals(scripts.noted("s6-log"), [...toContainer, "n10", "s1000000", "T", dir]);
  }
});

Deno.test("log/run keeps as many and as large files as it was rendered for", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  const home = temp.mkdir("home");
  const { logRun } = renderSlot({ profile: "coder", home, logFiles: 0, logBytes: 4096 });
  assertEquals((await scripts.run(logRun)).code, 0);
  assertEquals(scripts.noted("s6-log")?.slice(4, 6), ["n0", "s4096"]);
});

Deno.test("log/run removes a stale lock, also a symlink, and its target survives", async () => {
  for (const name of ["target", "none"]) {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    const { logRun, home } = render(temp);
    const dir = temp.mkdir("home/logs/gateways/coder");
    temp.write("home/logs/gateways/coder/current", "kept");
    const target = temp.write("target", "kept");
    Deno.symlinkSync(`${temp.path}/${name}`, `${dir}/lock`);
    assertEquals((await scripts.run(logRun)).code, 0);
    assert(Deno.lstatSync(`${dir}/lock`).isFile);
    assertEquals(Deno.readTextFileSync(target), "kept");
    assert(!exists(`${temp.path}/none`));
    assertEquals(Deno.readTextFileSync(`${dir}/current`), "kept");
    assertEquals(scripts.noted("s6-log")?.at(-1), `${home}/logs/gateways/coder`);
  }
});

const obstacles: [what: string, block: (temp: TempDir) => void][] = [
  ["that cannot be made", (temp) => temp.write("home/logs", "in the way")],
  ["with a lock that cannot be removed", (temp) => {
    temp.mkdir("home/logs/gateways/coder/lock");
  }],
  ["whose current file is no file of its own", (temp) => {
    const dir = temp.mkdir("home/logs/gateways/coder");
    // Nobody's, or where the tests are not root, nobody can write to it.
    const path = `${dir}/current`;
    Deno.writeTextFileSync(path, "", { mode: 0o444 });
    if (Deno.uid() === 0) Deno.chownSync(path, 65534, 65534);
  }],
];

for (const [what, block] of obstacles) {
  Deno.test(`log/run with a directory ${what} passes lines on to the container's log, in growing pauses`, async () => {
    using temp = new TempDir();
    const scripts = new Scripts(temp);
    const { logRun } = render(temp);
    block(temp);
    const pauses = [];
    for (let i = 0; i < 7; i++) {
      const { code, stderr } = await scripts.run(logRun);
      const seconds = scripts.noted("timeout")?.[2];
      assertEquals([code, scripts.noted("s6-log")], [0, ["pcoder:", "T", "1"]]);
      assertStringIncludes(
        stderr,
        `gateway-coder: warning: its log directory cannot be written; next try in ${seconds} s\n`,
      );
      pauses.push(seconds);
    }
    assertEquals(pauses, ["2", "4", "8", "16", "32", "64", "64"]);
  });
}

Deno.test("log/run begins with the shortest pause again when it has been able to write, or cannot read the last", async () => {
  using temp = new TempDir();
  const scripts = new Scripts(temp);
  const { logRun, home } = render(temp);
  const pause = async () => (await scripts.run(logRun), scripts.noted("timeout")?.[2]);
  temp.write("home/logs", "in the way");
  assertEquals([await pause(), await pause()], ["2", "4"]);
  Deno.removeSync(`${home}/logs`);
  await scripts.run(logRun);
  assertEquals(scripts.noted("s6-log")?.at(-1), `${home}/logs/gateways/coder`);
  Deno.removeSync(`${home}/logs`, { recursive: true });
  temp.write("home/logs", "in the way");
  assertEquals([await pause(), await pause()], ["2", "4"]);
  for (const garbage of ["", "x", "-1", "3", "$(id)"]) {
    Deno.writeTextFileSync(`${scripts.dir}/pause`, garbage);
    assertEquals(await pause(), "2");
  }
});
