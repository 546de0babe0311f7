import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ctl, ctlJson, ctlOk, pids } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, STOPPED, untilAllUp, untilParked, untilUp } from "./_live.ts";

liveTest("gatewayctl does all profiles, reports each, and exits with the worst", async (boot) => {
  const { container } = await boot({ coder: RUNNING, writer: STOPPED });
  const { code, stdout, stderr } = await ctl(container, ["start", "writer", "nope", "coder"]);
  assertEquals(code, 3);
  assertMatch(stdout, /^writer: up, pid \d+\ncoder: up, pid \d+\n$/);
  assertEquals(
    stderr,
    'gatewayctl: error: nope: no such gateway is registered; see "gatewayctl why nope"\n',
  );
  const before = await pids(container);
  const results = await ctlJson(container, ["restart", "--all"]);
  assertEquals(results.map(({ profile, ok, up }) => [profile, ok, up]), [
    ...[["coder", true, true], ["default", true, true], ["writer", true, true]],
  ]);
  assertNotEquals((await pids(container))["coder"], before["coder"]);
  const told = await ctlOk(container, ["stop", "?[or]*", "--no-wait"]);
  const meanwhile = "told to stop; it has until [\\d:]{8}, then s6 kills it";
  assertMatch(told, new RegExp(`^coder: ${meanwhile}\nwriter: ${meanwhile}\n$`));
  await untilParked(container, "gateway-coder");
});

const WRONG: readonly (readonly string[])[] = [
  ...[[], ["frobnicate"], ["stop"], ["stop", "coder", "--all"], ["stop", "coder", "--nope"]],
  ...[["strat", "coder"], ["help", "lsit"], ["logs", "coder", "--folow"]],
  ...[["stop", "coder", "--timeout", "soon"], ["doctor", "coder"], ["logs", "coder", "-n", "-1"]],
  ...[["register", "coder", "--env", "1=x"], ["completion", "fish"]],
  ...[["list", "--sort", "size"], ["top", "--interval", "0"], ["top", "-n", "0"]],
];

const EVERY: readonly (readonly string[])[] = [
  ...[["list"], ["status"], ["top", "-n", "1"], ["start", "coder"], ["stop", "--all"], [
    "register",
    "default",
  ]],
  ...[["unregister", "coder"], ["sync"], ["why", "default"], ["doctor"], ["logs", "nope"]],
  ...[["health"], ["metrics"]],
];

liveTest("gatewayctl has a help, and one line for what cannot be", async (boot) => {
  const { container } = await boot({ coder: RUNNING });
  const pid = await untilUp(container, "coder");
  // 1. A help for itself and for each command.
  const help = await ctlOk(container, ["--help"]);
  const commands = [...help.matchAll(/^ {2}([a-z]+) {2,}[a-z]/gm)].map(([, name]) => name ?? "");
  assertEquals(commands.length, 16);
  for (const command of commands) {
    const usage = new RegExp(`^Usage: gatewayctl ${command}`);
    const told = await ctlOk(container, ["help", command]);
    assertMatch(told, usage);
    if (command !== "help") assertEquals(await ctlOk(container, [command, "--help"]), told);
  }
  // 2. Wrong arguments are exit code 2, before anything is done.
  for (const args of WRONG) {
    const { code, stdout, stderr } = await ctl(container, args);
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(
      stderr,
      /^gatewayctl: error: [^\n]+; (try "gatewayctl[^"\n]* --help"|did you mean "[^"\n]+"\?)\n$/,
    );
  }
  assertEquals(await untilUp(container, "coder"), pid);
  // 3. No stack trace where the tree is missing, and hermes cannot make one.
  await container.sh(`mv ${SCANDIR} ${SCANDIR}.gone; chown root: $(dirname ${SCANDIR})`);
  for (const args of EVERY) {
    const { code, stderr } = await ctl(container, args);
    // No gateway can be in a scandir that is not there: that is an answer.
    const answers = ["list", "status", "top", "why", "metrics"].includes(args[0] ?? "");
    assert(code === 1 || code === 3 || answers, `${args.join(" ")} exited ${code}`);
    assert(stderr.split("\n").length <= 2, stderr);
    assert(!/^\s+at /m.test(stderr), stderr);
  }
});

liveTest(
  "gatewayctl prints with --json what docs/json.md declares, and with what was meant where it is told",
  async (boot) => {
    const { container } = await boot({
      ...{ coder: RUNNING, writer: STOPPED, "My Bot": RUNNING },
      broken: { ...RUNNING, stub: "exit 1" },
    });
    await untilAllUp(container, "coder");
    for (
      const args of [
        ...[["list"], ["status", "coder"], ["start", "writer", "nope"], ["restart", "--all"]],
        ...[["list", "--failed", "--sort=cpu"], ["top", "-n", "1"]],
        ...[["stop", "coder", "--no-wait"], ["register", "coder"], ["unregister", "writer"]],
        ...[["sync", "--dry-run"], ["sync"], ["why", "*", "nope", "My Bot"], ["doctor"], [
          "metrics",
        ]],
        ...[["health"], ["health", "--profile", "coder"]],
      ]
    ) {
      assert((await ctlJson(container, args)).length >= 0, args.join(" "));
    }
    const { stderr } = await ctl(container, ["stop", "codr"]);
    assertEquals(
      stderr,
      'gatewayctl: error: codr: no such gateway is registered; did you mean "coder"?\n',
    );
    const answers = await ctlJson(container, ["why", "[cw]*"]);
    assertEquals(answers.map(({ profile }) => profile), ["coder", "writer"]);
  },
);
