import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CONFIG_FILE, isMultiplexed, MAX_CONFIG_BYTES } from "../../lib/rules/multiplex.ts";
import { onOff } from "../../lib/rules/on_off.ts";
import { IS_ROOT, mkfifo, REPO, runScript } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

async function ask(home: string, variable = "") {
  const warnings: string[] = [];
  const on = await isMultiplexed(home, variable, (message) => warnings.push(message));
  return { on, warnings };
}

async function askConfig(text: string | Uint8Array, variable = "") {
  using temp = new TempDir();
  temp.write(CONFIG_FILE, text);
  return await ask(temp.path, variable);
}

Deno.test("onOff() knows the words for on and for off in any case, and no other", () => {
  for (const word of ["1", "true", "TRUE", "yes", "Yes", "on", "oN"]) {
    assertEquals(onOff(word), true);
  }
  for (const word of ["0", "false", "False", "no", "NO", "off"]) assertEquals(onOff(word), false);
  for (const word of ["", " on", "on ", "2", "10", "enabled", "y", "true\n"]) {
    assertEquals(onOff(word), undefined, JSON.stringify(word));
  }
});

Deno.test("isMultiplexed() says no without a configuration", async () => {
  using temp = new TempDir();
  assertEquals(await ask(temp.path), { on: false, warnings: [] });
});

for (
  const [text, on] of [
    ["multiplex_profiles: true\n", true],
    ["# hermes\nmodel: x\nmultiplex_profiles: true # all in one\n", true],
    ["multiplex_profiles: 'yes'\n", true],
    ['{"multiplex_profiles": true}', true],
    ["multiplex_profiles: false\n", false],
    ["multiplex_profiles: off\n", false],
    ["model: x\n", false],
    ["", false],
    ["# multiplex_profiles: true\n", false],
    ["gateway:\n  multiplex_profiles: true\n", false],
    ["- multiplex_profiles: true\n", false],
    ["note: |\n  multiplex_profiles: true\n", false],
    ["my_multiplex_profiles: true\n", false],
  ] as const
) {
  Deno.test(`isMultiplexed() says ${on} for ${JSON.stringify(text)}`, async () => {
    assertEquals(await askConfig(text), { on, warnings: [] });
  });
}

Deno.test("isMultiplexed() lets the variable win", async () => {
  for (const [variable, text] of [["true", "multiplex_profiles: false"], ["ON", ""]] as const) {
    assertEquals(await askConfig(text, variable), { on: true, warnings: [] });
  }
  for (const variable of ["0", "off", "No"]) {
    assertEquals(await askConfig("multiplex_profiles: true", variable), {
      ...{ on: false, warnings: [] },
    });
  }
});

Deno.test("isMultiplexed() does not look at the configuration when the variable says", async () => {
  using temp = new TempDir();
  mkfifo(`${temp.path}/${CONFIG_FILE}`);
  assertEquals(await ask(temp.path, "1"), { on: true, warnings: [] });
});

Deno.test("isMultiplexed() warns of a variable that is no switch and takes it for off", async () => {
  const { on, warnings } = await askConfig("multiplex_profiles: true", "ture");
  assertEquals([on, warnings.length], [false, 1]);
  assertStringIncludes(warnings[0] ?? "", "GATEWAY_MULTIPLEX_PROFILES");
});

/** Asks about a configuration in a process of its own, which must end. */
async function assertOneWarning(temp: TempDir, secret?: string): Promise<void> {
  const { stdout, stderr } = await runScript(
    `
    import { isMultiplexed } from "../../lib/rules/multiplex.ts";
    const warnings = [];
    const on = await isMultiplexed(${JSON.stringify(temp.path)}, "", (m) => warnings.push(m));
    console.log(JSON.stringify({ on, warnings }));
    `,
    { capabilities: "none", timeoutMs: 10_000 },
  );
  assertEquals(stderr, "");
  const { on, warnings } = JSON.parse(stdout);
  assertEquals([on, warnings.length], [false, 1]);
  assertStringIncludes(warnings[0], CONFIG_FILE);
  if (secret !== undefined) assert(!stdout.includes(secret), stdout);
}

for (
  const [what, text] of [
    ["not YAML", "multiplex_profiles: true\nkey: [s3cret\n"],
    ["two documents", "multiplex_profiles: true\n---\ns3cret: 1\n"],
    ["nested too deeply", "multiplex_profiles: true\ns3cret: " + "[".repeat(100_000)],
    ["not UTF-8", Uint8Array.of(...new TextEncoder().encode("multiplex_profiles: true\n#"), 0xff)],
    ["a number for a switch", "multiplex_profiles: 3\n"],
    ["nothing for a switch", "multiplex_profiles:\n"],
    ["a list for a switch", "multiplex_profiles: [s3cret]\n"],
    ["over the size limit", "multiplex_profiles: true\n#" + "s3cret".repeat(MAX_CONFIG_BYTES / 6)],
  ] as const
) {
  Deno.test(`isMultiplexed() survives a configuration that is ${what} with one warning`, async () => {
    using temp = new TempDir();
    temp.write(CONFIG_FILE, text);
    await assertOneWarning(temp, "s3cret");
  });
}

Deno.test("isMultiplexed() does not wait for a configuration that is a FIFO", async () => {
  using temp = new TempDir();
  mkfifo(`${temp.path}/${CONFIG_FILE}`);
  await assertOneWarning(temp);
});

Deno.test("isMultiplexed() does not follow a symlink out of the home", async () => {
  using temp = new TempDir();
  temp.write("elsewhere", "multiplex_profiles: true\n");
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${temp.path}/${CONFIG_FILE}`);
  await assertOneWarning(temp);
});

Deno.test("isMultiplexed() survives a configuration that cannot be read", async () => {
  using temp = new TempDir();
  temp.write(CONFIG_FILE, "multiplex_profiles: true\n", 0o000);
  if (IS_ROOT) Deno.chownSync(`${temp.path}/${CONFIG_FILE}`, 12345, 12345);
  await assertOneWarning(temp);
});

Deno.test("isMultiplexed() does not survive a missing permission", async () => {
  using temp = new TempDir();
  const { code, stderr } = await runScript(
    `
    import { isMultiplexed } from "../../lib/rules/multiplex.ts";
    await isMultiplexed(${JSON.stringify(temp.path)}, "", () => {});
    `,
    { flags: [] },
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "NotCapable");
});

Deno.test("isMultiplexed() loads the YAML parser only for a configuration with the key", async () => {
  using temp = new TempDir();
  // In an empty cache there is no parser to load.
  const load = () =>
    runScript(
      `
      import { isMultiplexed } from "../../lib/rules/multiplex.ts";
      await isMultiplexed(${JSON.stringify(temp.path)}, "", console.log);
      `,
      { flags: ["-A", "--cached-only"], env: { DENO_DIR: temp.mkdir("deno_dir") } },
    );
  temp.write(CONFIG_FILE, "model: x\n");
  assertEquals((await load()).stdout, "");
  temp.write(CONFIG_FILE, "multiplex_profiles: true\n");
  assertStringIncludes((await load()).stdout, "deno-std");
});

Deno.test("the YAML parser is of the version of the other @std packages", () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(`${REPO}/deno.json`));
  const source = Deno.readTextFileSync(`${REPO}/lib/rules/multiplex.ts`);
  assertStringIncludes(source, `"${imports["@std/yaml"]}"`);
  const version = (name: string) => /deno-std@([^/]+)/.exec(imports[name])?.[1];
  assertEquals(version("@std/yaml"), version("@std/assert"));
});
