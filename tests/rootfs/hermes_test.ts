import { assertEquals, assertMatch } from "@std/assert";
import { type Outcome, TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const HOME = "/opt/data";

/** The shim in a tree: hermes and gatewayctl say how they were called. */
function shimTree(temp: TempDir, facts: Record<string, string> = {}, uid = 10000): Tree {
  const tree = new Tree(temp);
  const self = `${tree.path}/opt/hermes-boot/libexec/self.sh`;
  Deno.writeTextFileSync(self, `uid=${uid} caps=0\n`);
  tree.fake("venv/hermes", `printf '<%s>' "$@"; echo " $HOME \${HERMES_SHIM-no} $PATH"; exit 9`);
  tree.fake("usr/local/bin/gatewayctl", 'echo "gatewayctl $*"; exit "${CTL:-0}"');
  tree.fake("command/s6-setuidgid", "");
  tree.fake("bin/sleep", 'echo "sleep $*"');
  const hermes = `${tree.path}/venv/hermes`;
  tree.facts({ home: temp.path, hermes, mode: "isolated", ...facts });
  return tree;
}

function shim(tree: Tree, line: string, env: Record<string, string> = {}): Promise<Outcome> {
  const args = line.split(" ").filter((word) => word !== "");
  return tree.run("opt/hermes-boot/bin/hermes", { args, env: { HOME, ...env } });
}

Deno.test("the shim leads the gateway's commands to gatewayctl with isolated supervision, and exits as hermes does", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp);
  for (
    const [line, expected] of [
      ["gateway start", "start -- default"],
      ["gateway stop", "stop -- default"],
      ["gateway restart --system", "restart -- default"],
      ["gateway status --deep", "status -- default"],
      ["gateway list", "list"],
      ["-p coder gateway start", "start -- coder"],
      ["gateway start --profile coder", "start -- coder"],
      ["gateway --profile=coder stop", "stop -- coder"],
      ["-p coder gateway list", "list"],
      ["-p --all gateway stop", "stop -- --all"],
      ["gateway stop --all", "stop --all"],
      ["gateway status --all", "status"],
    ] as const
  ) {
    for (const [CTL, code] of [["0", 0], ["1", 1], ["3", 1]] as const) {
      const outcome = await shim(tree, line, { CTL });
      assertEquals(outcome, { code, stdout: `gatewayctl ${expected}\n`, stderr: "" }, line);
    }
  }
});

Deno.test("the shim's gateway run starts the gateway and stays, and does not stay for one that cannot start", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp);
  const start = "gatewayctl start -- coder\n";
  for (
    const line of ["-p coder gateway run", "-p coder gateway", "gateway run -p coder --replace"]
  ) {
    const stays = { code: 0, stdout: `${start}sleep infinity\n`, stderr: "" };
    assertEquals(await shim(tree, line), stays, line);
    assertEquals(await shim(tree, line, { CTL: "3" }), { code: 1, stdout: start, stderr: "" });
  }
});

Deno.test("the shim hands everything else to hermes with its arguments and PATH untouched", async () => {
  for (
    const [mode, line, env] of [
      ["isolated", "chat -q gateway start", {}],
      ["isolated", "", {}],
      ["isolated", "gateway setup --all", {}],
      ["isolated", "gateway start --help", {}],
      ["isolated", "gateway run --no-supervise", {}],
      ["isolated", "gateway run", { HERMES_GATEWAY_NO_SUPERVISE: "true" }],
      ["isolated", "-p coder gateway run --replace", { HERMES_S6_SUPERVISED_CHILD: "1" }],
      ["isolated", "gateway start", { HERMES_NO_SHIM: "1" }],
      ["isolated", "gateway start", { HERMES_DOCKER_EXEC_AS_ROOT: "Yes" }],
      ["shared", "gateway start -p coder --some-day", {}],
      ["none", "gateway run", {}],
    ] as [string, string, Record<string, string>][]
  ) {
    using temp = new TempDir();
    const tree = shimTree(temp, { mode });
    const PATH = `${tree.path}/opt/hermes-boot/bin:${tree.path}/venv:/usr/bin:/bin`;
    const words = line === "" ? "<>" : line.split(" ").map((word) => `<${word}>`).join("");
    const { code, stdout } = await shim(tree, line, { PATH, ...env });
    assertEquals([code, stdout], [9, `${words} ${HOME} no ${PATH}\n`], line);
  }
});

Deno.test("the shim refuses what has no meaning with isolated supervision with 2, and names gatewayctl", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp);
  for (const line of ["gateway start --now", "gateway run --some-day", "gateway stop coder"]) {
    const { code, stdout, stderr } = await shim(tree, line);
    assertEquals([code, stdout], [2, ""], line);
    assertMatch(stderr, /^hermes: error: gateway \w+: (--)?[a-z-]+ means .*gatewayctl.*\n$/);
  }
});

Deno.test("the shim means the profile of HERMES_HOME, else the active one, which a gateway's children do not follow", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp);
  const child = { HERMES_S6_SUPERVISED_CHILD: "1" };
  const profiles = `${temp.path}/profiles`;
  for (
    const [active, env, expected] of [
      [undefined, {}, "default"],
      [undefined, { HERMES_HOME: temp.path }, "default"],
      [undefined, { HERMES_HOME: `${profiles}/coder` }, "coder"],
      ["scout\n", { HERMES_HOME: `${profiles}/coder//` }, "coder"],
      ["scout\n", { HERMES_HOME: profiles }, "scout"],
      ["  scout", {}, "scout"],
      ["", {}, "default"],
      ["default\n", {}, "default"],
      ["scout", child, "default"],
      ["scout", { ...child, HERMES_HOME: `${profiles}/coder` }, "coder"],
    ] as [string | undefined, Record<string, string>, string][]
  ) {
    if (active !== undefined) temp.write("active_profile", active);
    const { stdout } = await shim(tree, "gateway stop", env);
    assertEquals(stdout, `gatewayctl stop -- ${expected}\n`, `${active} ${JSON.stringify(env)}`);
  }
});

Deno.test("the shim has root become hermes first, and does not go round in a circle", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp, {}, 0);
  tree.fake("opt/hermes-boot/libexec/become-hermes", 'echo "$HERMES_SHIM: $*"');
  const path = `${tree.path}/opt/hermes-boot/bin/hermes`;
  assertEquals((await shim(tree, "chat -p x")).stdout, `1: ${path} chat -p x\n`);
  const circle = await shim(tree, "chat", { HERMES_SHIM: "1" });
  assertEquals([circle.code, circle.stdout], [126, ""]);
  Deno.removeSync(`${tree.path}/command/s6-setuidgid`);
  const { code, stderr } = await shim(tree, "chat");
  assertEquals(code, 126);
  assertMatch(stderr, /^hermes: error: \S+\/s6-setuidgid is missing[^\n]*\n$/);
});

Deno.test("the shim gives who was root the home for HOME, and clears its guard", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp);
  const { stdout } = await shim(tree, "chat", { HERMES_SHIM: "1" });
  assertEquals(stdout, `<chat> ${temp.path} no ${tree.searchPath}\n`);
});

Deno.test("the shim without facts finds hermes on PATH, and says so where there is none but itself", async () => {
  using temp = new TempDir();
  const tree = shimTree(temp, {});
  Deno.removeSync(`${tree.path}/run/hermes-boot/facts`);
  const bin = `${tree.path}/opt/hermes-boot/bin`;
  const found = await shim(tree, "gateway start", {
    PATH: `${bin}:${tree.path}/venv:/usr/bin:/bin`,
  });
  assertEquals(found.code, 9);
  const { code, stderr } = await shim(tree, "chat", { PATH: `${bin}:/usr/bin:/bin` });
  assertEquals([code, stderr], [127, "hermes: error: this image has no hermes on PATH\n"]);
  tree.facts({ home: temp.path, hermes: `${bin}/hermes`, mode: "shared" });
  assertEquals((await shim(tree, "chat")).code, 126);
});
