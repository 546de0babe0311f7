import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseHostFacts } from "../../lib/explain/doctor_facts.ts";
import { COMMANDS } from "../../lib/image/commands.ts";
import { permissionFlags, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { parseProcesses } from "../../lib/s6/processes.ts";
import { recorded, recorder } from "../_fixtures.ts";
import { type Outcome, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPT = "usr/local/bin/gatewayctl";

interface Started extends Outcome {
  tree: Tree;
  /** What env(1), in front of Deno, was given. */
  words: string[];
  stdin: string;
}

/** Runs the script up to its `exec`, which only notes its arguments. */
async function start(
  temp: TempDir,
  args: string[],
  { env = {}, facts = {} as Record<string, string> } = {},
): Promise<Started> {
  const tree = new Tree(temp);
  // Root would become hermes first.
  const self = `${tree.path}/opt/hermes-boot/libexec/self.sh`;
  Deno.writeTextFileSync(self, "uid=10000\n");
  tree.facts({ home: "/the home", hermes_uid: "10000", hermes_gid: "10001", ...facts });
  tree.fake("bin/s6-svstat", "echo true true true");
  tree.fake("bin/env", `cat >'${temp.path}/stdin'\n${recorder(`${temp.path}/env`)}`);
  const outcome = await tree.run(SCRIPT, { args, env, stdin: "" });
  const started = outcome.code === 0;
  return {
    ...{ ...outcome, tree },
    words: started ? recorded(`${temp.path}/env`) : [],
    stdin: started ? Deno.readTextFileSync(`${temp.path}/stdin`) : "",
  };
}

Deno.test("gatewayctl starts each command with exactly its permissions, and a clean environment with the caller's zone where it shows times", async () => {
  const known = COMMANDS.flatMap((command) =>
    (["root", "hermes"] as const).map((slotsRunAs) => ({ command, slotsRunAs }))
  );
  for (const { command, slotsRunAs } of known) {
    using temp = new TempDir();
    const env = { SECRET: "s", NO_COLOR: "", TZ: "Europe/Berlin", HERMES_HOME: "/elsewhere" };
    const args = [command.name, "a b", "--json"];
    const given = { env, facts: { slots_run_as: slotsRunAs } };
    const { code, stderr, tree, words } = await start(temp, args, given);
    assertEquals([code, stderr], [0, ""]);
    const facts = `${tree.path}/run/hermes-boot/facts`;
    const places = { facts, home: "/the home", scandir: "/run/service" };
    const permissions = command.permissions({ ...places, slotsRunAs: "hermes" });
    const always = permissionFlags(permissions);
    const seeds = slotsRunAs === "root" && ["register", "sync"].includes(command.name);
    const flags = [...seeds ? ["--allow-run=/usr/bin/mkfifo"] : [], ...always]
      .map((flag) => flag.replaceAll(/(?<==|,)(?=\/(command|opt\/hermes-boot)\/)/g, tree.path));
    assertEquals(words, [
      ...[
        "-i",
        "HOME=/",
        `DENO_DIR=${tree.path}/opt/hermes-boot/deno_dir`,
        permissions.env?.includes("GATEWAYCTL_TZ") ? "GATEWAYCTL_TZ=Europe/Berlin" : "TZ=Etc/UTC",
      ],
      ...[`${tree.path}/usr/local/bin/deno`, "run", ...RUN_FLAGS, ...flags],
      ...[`${tree.path}/opt/hermes-boot/tasks/gatewayctl.js`, ...args],
    ]);
  }
});

Deno.test("gatewayctl shows no colours where NO_COLOR is set to anything, or the terminal is dumb", async () => {
  for (
    const [env, quiet] of [
      ...[[{}, false], [{ NO_COLOR: "" }, false], [{ TERM: "xterm-256color" }, false]],
      ...[[{ NO_COLOR: "0" }, true], [{ TERM: "dumb" }, true]],
    ] as [Record<string, string>, boolean][]
  ) {
    using temp = new TempDir();
    const { words } = await start(temp, ["list"], { env });
    assertEquals(words.includes("NO_COLOR=1"), quiet, JSON.stringify(env));
  }
});

Deno.test("gatewayctl starts without any permission for help and for what is no command", async () => {
  for (const args of [[], ["--help"], ["frobnicate", "x"], ["$(id)"]]) {
    using temp = new TempDir();
    const { words } = await start(temp, args);
    assertEquals(words.filter((word) => word.startsWith("--allow")), []);
  }
});

Deno.test("gatewayctl in a refused container says why in one line and exits 1, but for its help", async () => {
  for (const args of [["list"], ["start", "coder"], ["frobnicate"]]) {
    using temp = new TempDir();
    const { code, stderr } = await start(temp, args, { facts: { refused: "HERMES_HOME: no" } });
    assertEquals([code, stderr], [1, "gatewayctl: error: HERMES_HOME: no\n"]);
  }
  for (const args of [[], ["--help"], ["--version"], ["help", "list"], ["completion", "bash"]]) {
    using temp = new TempDir();
    assertEquals((await start(temp, args, { facts: { refused: "no" } })).code, 0);
  }
});

Deno.test("gatewayctl without a facts file says so in one line and exits 1", async () => {
  using temp = new TempDir();
  const { tree } = await start(temp, ["list"]);
  Deno.removeSync(`${tree.path}/run/hermes-boot/facts`);
  const { code, stderr } = await tree.run(SCRIPT, { args: ["list"] });
  assertEquals(code, 1);
  assertMatch(stderr, /^gatewayctl: error: \S+\/run\/hermes-boot\/facts is missing: [^\n]+\n$/);
});

Deno.test("gatewayctl tells what runs, and what room there is, to the commands that say how gateways are", async () => {
  for (const name of ["list", "status", "why", "health", "metrics", "doctor"]) {
    using temp = new TempDir();
    const { stdin } = await start(temp, [name], { facts: { home: temp.path, scandir: temp.path } });
    const { all, space } = parseProcesses(stdin);
    assert(all.has(1), name);
    assertEquals(space.map(({ path }) => path), [temp.path, temp.path]);
  }
  using temp = new TempDir();
  assertEquals((await start(temp, ["logs"])).stdin, "");
});

Deno.test("gatewayctl health --live is told nothing of the volume, which may hang", async () => {
  using temp = new TempDir();
  const home = temp.mkdir("home");
  const { stdin } = await start(temp, ["health", "--live"], { facts: { home } });
  assertEquals(parseProcesses(stdin).space, []);
});

Deno.test("gatewayctl tells doctor what is not hermes's, and whether hermes is there", async () => {
  using temp = new TempDir();
  const home = temp.mkdir("home");
  const facts = { home, hermes_uid: "4711", mode: "isolated", hermes: `${temp.path}/hermes` };
  temp.write("home/of another's");
  const found = parseHostFacts((await start(temp, ["doctor"], { facts })).stdin);
  assertEquals([found.foreign, found.hermesRuns], [["of another's"], false]);
  assertEquals(found.gateways, "true true true");
  temp.write("hermes", "", 0o755);
  using other = new TempDir();
  const again = parseHostFacts((await start(other, ["doctor"], { facts })).stdin);
  assertEquals(again.hermesRuns, true);
});
