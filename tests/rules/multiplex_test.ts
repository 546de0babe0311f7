import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { CONFIG_FILE } from "../../lib/rules/config.ts";
import { readMultiplex } from "../../lib/rules/multiplex.ts";
import { mkfifo, runScript } from "../_fixtures.ts";
import { CONFIGS, configSays, SECRET, writeConfig } from "../hostile/_config.ts";
import { TempDir, writeFile } from "../_temp.ts";

const ON = "multiplex_profiles: true\n";

async function ask(home: string, variable = "") {
  const warnings: string[] = [];
  const on = await readMultiplex(home, variable, (message) => warnings.push(message));
  return { on, warnings };
}

async function askConfig(text: string | Uint8Array, variable = "") {
  using temp = new TempDir();
  temp.write(CONFIG_FILE, text);
  return await ask(temp.path, variable);
}

Deno.test("readMultiplex() says nothing without a configuration", async () => {
  using temp = new TempDir();
  assertEquals(await ask(temp.path), { on: undefined, warnings: [] });
});

for (const config of CONFIGS) {
  const says = configSays(config);
  Deno.test(`readMultiplex() says ${says} of a configuration with: ${config}`, async () => {
    using temp = new TempDir();
    writeConfig(`${temp.path}/${CONFIG_FILE}`, config);
    const { on, warnings } = await ask(temp.path);
    const expected = says === "on" ? true : says === "off" ? false : undefined;
    assertEquals([on, warnings.length], [expected, says === "broken" ? 1 : 0]);
    assertMatch(warnings.join(), /^(config\.yaml: .{1,100})?$/);
    assert(!warnings.join().includes(SECRET), warnings.join());
  });
}

Deno.test("readMultiplex() lets the variable win", async () => {
  for (const [variable, text] of [["true", "multiplex_profiles: false"], [" On ", ""]] as const) {
    assertEquals(await askConfig(text, variable), { on: true, warnings: [] });
  }
  for (const variable of ["0", "off", "No"]) {
    assertEquals(await askConfig("multiplex_profiles: true", variable), {
      ...{ on: false, warnings: [] },
    });
  }
});

Deno.test("readMultiplex() does not look at the configuration when the variable says", async () => {
  using temp = new TempDir();
  mkfifo(`${temp.path}/${CONFIG_FILE}`);
  assertEquals(await ask(temp.path, "1"), { on: true, warnings: [] });
});

Deno.test("readMultiplex() warns of a variable that is no switch, and goes by the configuration", async () => {
  const { on, warnings } = await askConfig("multiplex_profiles: true", "ture");
  assertEquals([on, warnings.length], [true, 1]);
  assertStringIncludes(warnings[0] ?? "", "GATEWAY_MULTIPLEX_PROFILES");
});

const unreadable: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["FIFO", (path) => mkfifo(path)],
  ["directory", (path) => Deno.mkdirSync(path)],
  ["symlink", (path, temp) => Deno.symlinkSync(temp.write("elsewhere", ON), path)],
  ["file that cannot be read", (path) => writeFile(path, ON, 0)],
];

for (const [what, make] of unreadable) {
  Deno.test(`readMultiplex() takes a ${what} for saying nothing with one warning, and does not hang`, async () => {
    using temp = new TempDir();
    make(`${temp.path}/${CONFIG_FILE}`, temp);
    const { stdout, stderr } = await runScript(
      `
      import { readMultiplex } from "../../lib/rules/multiplex.ts";
      console.log(await readMultiplex(".", "", console.error));
      `,
      { cwd: temp.path, capabilities: "none", timeoutMs: 10_000 },
    );
    assertEquals(stdout, "undefined\n");
    assertMatch(stderr, /^config\.yaml: [^\n]+\n$/);
  });
}

Deno.test("readMultiplex() does not survive a missing permission", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runScript(
    `
    import { readMultiplex } from "../../lib/rules/multiplex.ts";
    await readMultiplex(${JSON.stringify(temp.path)}, "", () => {});
    `,
    { flags: [] },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "NotCapable");
});

Deno.test("readMultiplex() loads the YAML parser only for a configuration with the key", async () => {
  using temp = new TempDir();
  const parser = "data:text/javascript,console.log('loaded');export const parse=()=>({})";
  const map = temp.write("map.json", JSON.stringify({ imports: { "@std/yaml/parse": parser } }));
  const load = () =>
    runScript(
      `
      import { readMultiplex } from "../../lib/rules/multiplex.ts";
      await readMultiplex(${JSON.stringify(temp.path)}, "", console.log);
      `,
      { flags: ["-A", `--import-map=${map}`] },
    );
  temp.write(CONFIG_FILE, "model: x\n");
  assertEquals((await load()).stdout, "");
  temp.write(CONFIG_FILE, "multiplex_profiles: true\n");
  assertEquals((await load()).stdout, "loaded\n");
});
