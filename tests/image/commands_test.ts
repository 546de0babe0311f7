import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { COMMANDS, commandTable, wordOption } from "../../lib/image/commands.ts";
import {
  BASH_COMPLETION_FILE,
  renderBashCompletion,
  renderZshCompletion,
  ZSH_COMPLETION_FILE,
} from "../../lib/image/completion.ts";
import { DENO, INSTALL_DIR, RUN_FLAGS } from "../../lib/image/hook.ts";
import { permissionFlags } from "../../lib/image/stages.ts";
import { renderWrapper, WRAPPER_FILE } from "../../lib/image/wrapper.ts";
import { fakeBin, recorded, recorder, REPO } from "../_fixtures.ts";
import { modeOf, type Outcome, run, TempDir } from "../_temp.ts";

const PLACES = { home: "/opt/data", scandir: "/run/service" };

/** Runs the committed script up to its `exec`, which only notes its arguments. */
function runWrapper(
  temp: TempDir,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  const bin = fakeBin(`${temp.path}/bin`, {
    id: "echo 10000",
    df: "printf 'head\\ntmpfs 100 50 50 50%% /\\n'",
    env: `cat >'${temp.path}/stdin'\n${recorder(`${temp.path}/env`)}`,
  });
  return run("/bin/sh", {
    args: [`${REPO}/rootfs/${WRAPPER_FILE}`, ...args],
    env: { PATH: `${bin}:/usr/bin:/bin`, ...env },
    stdin: "",
  });
}

Deno.test("the committed files of gatewayctl are what the generator renders", () => {
  for (
    const [path, text, mode] of [
      [WRAPPER_FILE, renderWrapper(), 0o755],
      [BASH_COMPLETION_FILE, renderBashCompletion(), 0o644],
      [ZSH_COMPLETION_FILE, renderZshCompletion(), 0o644],
    ] as const
  ) {
    assertEquals(Deno.readTextFileSync(`${REPO}/rootfs/${path}`), text);
    assertEquals(modeOf(`${REPO}/rootfs/${path}`) & 0o111, mode & 0o111);
  }
});

Deno.test("nothing that is in the image imports a package", () => {
  for (const dir of ["lib", "tasks/_gatewayctl", "tasks"]) {
    for (const { name, isFile } of Deno.readDirSync(`${REPO}/${dir}`)) {
      if (!isFile || !name.endsWith(".ts")) continue;
      const text = Deno.readTextFileSync(`${REPO}/${dir}/${name}`);
      for (const [, specifier = ""] of text.matchAll(/from "([^"]+)"/g)) {
        assert(/^(\.\.?\/|node:)/.test(specifier), `${dir}/${name} imports ${specifier}`);
      }
    }
  }
});

for (const command of COMMANDS) {
  Deno.test(`gatewayctl ${command.name} starts with exactly its permissions`, async () => {
    using temp = new TempDir();
    const env = { SECRET: "s", NO_COLOR: "", TZ: "Europe/Berlin" };
    const { code, stderr } = await runWrapper(temp, [command.name, "a b", "--json"], env);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(recorded(`${temp.path}/env`), [
      ...["-i", `DENO_DIR=${INSTALL_DIR}/deno_dir`, "GATEWAYCTL_TZ=Europe/Berlin"],
      ...["HERMES_HOME=/opt/data", "S6_PROFILE_GATEWAY_SCANDIR=/run/service"],
      ...[DENO, "run", ...RUN_FLAGS],
      ...permissionFlags(command.permissions(PLACES)),
      ...[`${INSTALL_DIR}/tasks/gatewayctl.ts`, command.name, "a b", "--json"],
    ]);
  });

  Deno.test(`gatewayctl ${command.name} may do nothing unscoped, and nothing to the home itself`, () => {
    const permissions = command.permissions({ home: "/h", scandir: "/s" });
    for (const flag of permissionFlags(permissions)) {
      assert(/^--allow-(read|write|run|env)=./.test(flag), flag);
    }
    const paths = [...permissions.read ?? [], ...permissions.write ?? []];
    assert(!paths.includes("/h"));
    for (const path of paths) assert(/^\/(s$|h\/.)/.test(path), path);
    for (const program of permissions.run ?? []) assert(program.startsWith("/"), program);
  });
}

Deno.test("gatewayctl passes the container's rules on, and nothing else of its environment", async () => {
  using temp = new TempDir();
  const env = { SECRET: "s", HERMES_GATEWAY_SHARD: "2/5", HERMES_GATEWAY_PROFILES: "a, b" };
  const { code, stderr } = await runWrapper(temp, ["list"], env);
  assertEquals([code, stderr], [0, ""]);
  const given = recorded(`${temp.path}/env`);
  assert(given.includes("HERMES_GATEWAY_SHARD=2/5"));
  assert(given.includes("HERMES_GATEWAY_PROFILES=a, b"));
  assert(!given.some((word) => word.startsWith("SECRET") || word.startsWith("GATEWAY_MULTIPLEX")));
});

Deno.test("gatewayctl starts without any permission for help and for what is no command", async () => {
  for (const args of [[], ["--help"], ["frobnicate", "x"]]) {
    using temp = new TempDir();
    await runWrapper(temp, args);
    assertEquals(recorded(`${temp.path}/env`).filter((arg) => arg.startsWith("--allow")), []);
  }
});

Deno.test("gatewayctl tells doctor about the host, and only doctor", async () => {
  using temp = new TempDir();
  await runWrapper(temp, ["doctor"]);
  const facts = Deno.readTextFileSync(`${temp.path}/stdin`);
  assert(/^pid1 \S+$/m.test(facts));
  assertStringIncludes(facts, "owner 10000:10000\n");
  for (const what of ["k home", "k scandir", "i home", "i scandir"]) {
    assertStringIncludes(facts, `df ${what} tmpfs 100 50 50 50% /\n`);
  }
  await runWrapper(temp, ["list"]);
  assertEquals(Deno.readTextFileSync(`${temp.path}/stdin`), "");
});

Deno.test("the scripts have no syntax errors", async () => {
  for (const [shell, path] of [["sh", WRAPPER_FILE], ["bash", BASH_COMPLETION_FILE]]) {
    const { code, stderr } = await run(`/bin/${shell}`, { args: ["-n", `${REPO}/rootfs/${path}`] });
    assertEquals([code, stderr], [0, ""]);
  }
});

Deno.test("both completions know every command and every option", () => {
  for (const text of [renderBashCompletion(), renderZshCompletion()]) {
    for (const { name, options } of COMMANDS) {
      assertStringIncludes(text, name);
      for (const option of options) assertStringIncludes(text, `--${option.name}`);
    }
  }
});

Deno.test("wordOption() words short and long options with their value", () => {
  assertEquals(wordOption({ name: "follow", short: "f", text: "" }), "-f, --follow");
  assertEquals(wordOption({ name: "timeout", value: "SECONDS", text: "" }), "--timeout SECONDS");
});

Deno.test("commandTable() is what the README shows, a row for each set of permissions", () => {
  assertStringIncludes(Deno.readTextFileSync(`${REPO}/README.md`), commandTable());
  const [, , ...rows] = commandTable().trimEnd().split("\n");
  const names = rows.flatMap((row) => row.split(" | ")[0]?.replace("| ", "").split(", ") ?? []);
  assertEquals(names.sort(), COMMANDS.map(({ name }) => name).sort());
});
