import { assertEquals } from "@std/assert";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

/** What parse_hermes makes of the words after hermes. */
async function parse(tree: Tree, words: readonly string[]): Promise<Record<string, string>> {
  const names = ["subcommand", "verb", "profile", "all", "own", "help", "unknown"];
  const { stdout, stderr } = await tree.source(
    ["command.sh"],
    `parse_hermes "$@"; printf '%s\\n' ${names.map((name) => `"$${name}"`).join(" ")}`,
    { args: [...words] },
  );
  assertEquals(stderr, "");
  const entries = stdout.trimEnd().split("\n").map((value, i) => [names[i] ?? "", value]);
  return Object.fromEntries(entries.filter(([, value]) => value !== ""));
}

const GATEWAY = { subcommand: "gateway" };

Deno.test("parse_hermes finds a gateway command, its profile before or after it, and what it does not know", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  for (
    const [line, expected] of [
      ["", {}],
      ["--version", { unknown: "--version" }],
      ["chat -p coder gateway start", { subcommand: "chat" }],
      ["-p coder chat", { subcommand: "chat", profile: "coder" }],
      ["-m model gateway start", { subcommand: "model", unknown: "-m" }],
      ["gateway", { ...GATEWAY, verb: "run" }],
      ["gateway --accept-hooks", { ...GATEWAY, verb: "run" }],
      ["gateway run -vv --replace -q", { ...GATEWAY, verb: "run" }],
      ["gateway run --no-supervise", { ...GATEWAY, verb: "run", own: "1" }],
      ["-p coder gateway start", { ...GATEWAY, verb: "start", profile: "coder" }],
      ["--profile coder gateway start", { ...GATEWAY, verb: "start", profile: "coder" }],
      ["--profile=coder gateway start", { ...GATEWAY, verb: "start", profile: "coder" }],
      ["gateway -p coder stop --system", { ...GATEWAY, verb: "stop", profile: "coder" }],
      ["gateway restart --profile coder", { ...GATEWAY, verb: "restart", profile: "coder" }],
      ["gateway restart --platform telegram", { ...GATEWAY, verb: "restart" }],
      ["gateway stop --all", { ...GATEWAY, verb: "stop", all: "1" }],
      ["gateway status --deep -l", { ...GATEWAY, verb: "status" }],
      ["gateway run --all", { ...GATEWAY, verb: "run", unknown: "--all" }],
      ["gateway stop --no-supervise", { ...GATEWAY, verb: "stop", unknown: "--no-supervise" }],
      ["gateway start --now --then", { ...GATEWAY, verb: "start", unknown: "--now" }],
      ["gateway start coder", { ...GATEWAY, verb: "start", unknown: "coder" }],
      ["gateway start -p", { ...GATEWAY, verb: "start", unknown: "-p" }],
      ["gateway start --help", { ...GATEWAY, verb: "start", help: "1" }],
      ["gateway setup", { ...GATEWAY, verb: "setup" }],
    ] as [string, Record<string, string>][]
  ) {
    const words = line.split(" ").filter((word) => word !== "");
    assertEquals(await parse(tree, words), expected, line);
  }
});

Deno.test("is_subcommand knows hermes's subcommands, and takes no other word for one", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  const words = ["mcp", "login", "sync", "worktree", "acp", "", "bash", "acp auth", "*", "mc"];
  const { stdout } = await tree.source(
    ["command.sh"],
    'for word; do if is_subcommand "$word"; then echo yes; else echo no; fi; done',
    { args: words },
  );
  assertEquals(stdout.trimEnd().split("\n"), [
    ...["yes", "yes", "yes", "yes", "yes", "no", "no", "no", "no", "no"],
  ]);
});

/** Runs the container's command in a tree, as hermes: what is no program is noted by a fake. */
async function command(tree: Tree, words: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await tree.run("opt/hermes-boot/libexec/container-command", {
    args: [...words],
    env,
  });
  return { code, lines: stdout.trimEnd().split("\n"), stderr };
}

function commandTree(temp: TempDir, facts: Record<string, string> = {}): Tree {
  const tree = new Tree(temp);
  tree.fake("opt/hermes-boot/bin/hermes", 'echo "hermes: $*, HOME $HOME"');
  for (const name of ["mcp", "login", "thing"]) {
    tree.fake(`bin/${name}`, 'echo "thing: $*, HOME $HOME"');
  }
  tree.fake("bin/sleep", 'echo "sleep $*"');
  Deno.writeTextFileSync(`${tree.path}/opt/hermes-boot/libexec/self.sh`, "uid=10000 caps=0\n");
  tree.facts({ home: "/h", mode: "shared", hermes: "/x/hermes", ...facts });
  tree.fake("usr/local/bin/gatewayctl", 'echo "gatewayctl $*"; exit "${CTL:-0}"');
  return tree;
}

// The shapes of upstream's tests of its wrapper, and how the suite's own words end.
const WRAPPER = "/opt/hermes/docker/main-wrapper.sh";
const SHAPES: readonly (readonly [words: string, expected: string])[] = [
  ["chat --help", "hermes: chat --help"],
  ["hermes chat", "hermes: chat"],
  ["/usr/local/bin/hermes", "hermes: "],
  ["mcp list", "hermes: mcp list"],
  ["login --help", "hermes: login --help"],
  ["thing mcp", "thing: mcp"],
  ["nothing at all", "hermes: nothing at all"],
  ["--version", "hermes: --version"],
  ["-p coder chat", "hermes: -p coder chat"],
  ["dashboard --port 1", "hermes: dashboard --port 1"],
  [`${WRAPPER} chat`, "hermes: chat"],
  [`sh ${WRAPPER} thing a`, "thing: a"],
  [`/command/s6-setuidgid hermes ${WRAPPER} hermes logs`, "hermes: logs"],
  ["s6-setuidgid hermes thing b", "thing: b"],
  ["gateway run --no-supervise", "hermes: gateway run --no-supervise"],
  ["gateway run --help", "hermes: gateway run --help"],
  ["gateway run --some-day", "hermes: gateway run --some-day"],
  ["gateway start", "hermes: gateway start"],
];

Deno.test("container-command runs programs as they are and everything else as hermes, all with the home for HOME", async () => {
  using temp = new TempDir();
  const tree = commandTree(temp);
  for (const [words, expected] of SHAPES) {
    const { code, lines, stderr } = await command(tree, words.split(" "));
    assertEquals([code, lines, stderr], [0, [`${expected}, HOME /h`], ""], words);
  }
  const { code, stdout } = await tree.run("opt/hermes-boot/libexec/container-command", {
    args: ["sh", "-c", "echo ok; exit 42"],
  });
  assertEquals([code, stdout], [42, "ok\n"]);
});

Deno.test("container-command starts the gateway of its profile and stays, whatever becomes of that", async () => {
  using temp = new TempDir();
  const tree = commandTree(temp);
  for (
    const [words, profile] of [
      ["gateway run", "default"],
      ["gateway", "default"],
      ["hermes -p coder gateway run --replace", "coder"],
      ["gateway run --profile=coder -vv", "coder"],
    ] as const
  ) {
    for (const CTL of ["0", "1", "3"]) {
      const { code, lines } = await command(tree, words.split(" "), { CTL });
      const why = CTL === "3" ? [`gatewayctl why -- ${profile}`] : [];
      const expected = [`gatewayctl start -- ${profile}`, ...why, "sleep infinity"];
      assertEquals([code, lines], [0, expected], `${words}, ${CTL}`);
    }
  }
  const own = { HERMES_GATEWAY_NO_SUPERVISE: "yes" };
  assertEquals((await command(tree, ["gateway", "run"], own)).lines, [
    "hermes: gateway run, HOME /h",
  ]);
});

Deno.test("container-command without a command, behind upstream's wrapper, stays for the services", async () => {
  using temp = new TempDir();
  assertEquals((await command(commandTree(temp), [WRAPPER])).lines, ["sleep infinity"]);
});

Deno.test("container-command runs no hermes in a container that was refused, but does without supervision", async () => {
  using temp = new TempDir();
  const tree = commandTree(temp);
  Deno.writeTextFileSync(`${tree.path}/run/hermes-boot/facts`, "refused='no'\n");
  assertEquals((await command(tree, ["gateway", "run"])).code, 2);
  assertEquals((await command(tree, ["thing"])).code, 0);
  tree.facts({ home: "/h", mode: "none", refused: "nothing is supervised here" });
  assertEquals((await command(tree, ["gateway", "run"])).lines, ["hermes: gateway run, HOME /h"]);
});

Deno.test("container-command leaves a command to root only for HERMES_COMMAND_USER=root, but for gateway run", async () => {
  using temp = new TempDir();
  const tree = commandTree(temp);
  Deno.writeTextFileSync(`${tree.path}/opt/hermes-boot/libexec/self.sh`, "uid=0 caps=0\n");
  tree.fake("opt/hermes-boot/libexec/become-hermes", 'echo "as hermes: ${1##*/} ${2##*/} ${3-}"');
  tree.fake("opt/hermes-boot/bin/hermes", 'echo "shim ${HERMES_NO_SHIM-}: $*"');
  for (
    const [words, as, expected] of [
      ["thing a", "", "as hermes: container-command thing a"],
      ["thing a", "hermes", "as hermes: container-command thing a"],
      ["chat", "", "as hermes: container-command hermes chat"],
      ["thing a", "root", "thing: a, HOME "],
      ["chat", "root", "shim 1: chat"],
      ["gateway run", "root", "as hermes: container-command hermes gateway"],
    ] as const
  ) {
    const { lines } = await command(tree, words.split(" "), { HERMES_COMMAND_USER: as });
    assertEquals(lines, [expected.trimEnd()], `${words} ${as}`);
  }
  const { code, stderr } = await command(tree, ["thing"], { HERMES_COMMAND_USER: "bob" });
  assertEquals([code, stderr], [
    2,
    "container-command: error: HERMES_COMMAND_USER: expected hermes or root\n",
  ]);
});

Deno.test("tini drops its own options and upstream's old scripts, in every form, and runs the entrypoint", async () => {
  using temp = new TempDir();
  const tree = new Tree(temp);
  tree.fake("opt/hermes-boot/libexec/entrypoint", 'echo "$#: $*"');
  for (
    const [line, expected] of [
      ["-g --", ""],
      ["", ""],
      ["-g -- gateway run", "gateway run"],
      ["-- hermes -g", "hermes -g"],
      ["-s -vvv -w -l gateway run -v", "gateway run -v"],
      ["-p SIGKILL -e 143 -- gateway run", "gateway run"],
      ["-gp SIGKILL -e143 sleep 1", "sleep 1"],
      ["--version -g -- chat", "chat"],
      ["-p", ""],
      ["-g -- /opt/hermes/docker/entrypoint.sh gateway run", "gateway run"],
      ["-g -- /init /opt/hermes/docker/main-wrapper.sh chat", `${WRAPPER} chat`],
      ["-- /home/me/entrypoint.sh", "/home/me/entrypoint.sh"],
    ] as const
  ) {
    const args = line.split(" ").filter((word) => word !== "");
    const { stdout } = await tree.run("opt/hermes-boot/libexec/tini", { args });
    const count = expected === "" ? 0 : expected.split(" ").length;
    assertEquals(stdout, `${count}: ${expected}\n`, line);
  }
});

Deno.test("entrypoint without PID 1 and without a command says so in one line and exits 1", async () => {
  using temp = new TempDir();
  const { code, stdout, stderr } = await new Tree(temp).run("opt/hermes-boot/libexec/entrypoint");
  assertEquals([code, stdout, stderr.split("\n").length], [1, "", 2]);
});
