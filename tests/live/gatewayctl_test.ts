import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk, pids } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, status, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const STOPPED = { state: { desired_state: "stopped" } };

liveTest("gatewayctl list and status show a table, and the same as JSON", async () => {
  await using home = await Home.make({
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED, "My Bot": RUNNING },
    broken: { ...RUNNING, stub: "exit 78" },
  });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
  await untilStatus(container, "gateway-default", "up", ({ up }) => up);
  await untilStatus(container, "gateway-broken", "parked", ({ exitCode, wantedUp }) => {
    return exitCode === 78 && !wantedUp;
  });
  await untilStatus(container, "gateway-writer", "supervised", () => true);
  for (const name of ["coder", "broken"]) {
    const log = `${home.path}/logs/gateways/${name}/current`;
    await until("a log line", () => Deno.readTextFile(log).catch(() => ""), 30_000);
  }
  await home.put("late", RUNNING);

  const table = await ctlOk(container, ["list"]);
  const rows = table.trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(rows.map(([profile, state]) => [profile, state]), [
    ["PROFILE", "STATE"],
    ...[["default", "up"], ["broken", "down"], ["coder", "up"], ["late", "not registered"]],
    ["writer", "down"],
  ]);
  const { pid } = await status(container, "gateway-coder");
  assertMatch(table, new RegExp(`^coder +up +\\d+s +${pid} +up +- +0 +\\d+s ago$`, "m"));
  assertMatch(table, /^broken +down +\d+s +- +down +78 +1 +\d+s ago$/m);
  assertMatch(table, /^writer +down +\d+s +- +down +- +0 /m);
  assert(!table.includes("\x1b"), "colours without a terminal");

  const one = await ctlJson(container, ["status", "coder"]);
  assertEquals(one.map(({ seconds: _, lastLog: __, ...rest }) => rest), [{
    ...{ profile: "coder", registered: true, supervised: true, up: true, wantedUp: true, pid },
    ...{ exitCode: null, signal: null, deaths: 0 },
  }]);
  const { code, stdout, stderr } = await ctl(container, ["status", "coder", "late", "My Bot"]);
  assertEquals(code, 3);
  assertEquals(stdout.trimEnd().split("\n").length, 2);
  assertMatch(stderr, /^gatewayctl: error: late: no such .*; see "gatewayctl why late"$/m);
  assertMatch(stderr, /^gatewayctl: error: My Bot: Invalid profile name "My Bot".*$/m);
});

liveTest("gatewayctl stop, start and restart do what they say and record it", async () => {
  await using home = await Home.make({ coder: RUNNING, writer: STOPPED });
  await using container = await bootContainer(home);
  const first = await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
  const recorded = async () =>
    JSON.parse(await Deno.readTextFile(`${home.dir("coder")}/gateway_state.json`)).desired_state;

  assertEquals(await ctlOk(container, ["stop", "coder"]), "coder: down\n");
  const stopped = await status(container, "gateway-coder");
  assertEquals([stopped.up, stopped.wantedUp, await recorded()], [false, false, "stopped"]);

  const second = /^coder: up, pid (\d+)\n$/.exec(await ctlOk(container, ["start", "coder"]));
  assertNotEquals(Number(second?.[1]), first.pid);
  assertEquals(await recorded(), "running");

  const results = await ctlJson(container, ["restart", "--all"]);
  assertEquals(results.map(({ profile, ok, up }) => [profile, ok, up]), [
    ...[["coder", true, true], ["default", true, true], ["writer", true, true]],
  ]);
  assertNotEquals((await pids(container))["coder"], Number(second?.[1]));
  const told = await ctlOk(container, ["stop", "coder", "writer", "--no-wait"]);
  assertEquals(told, "coder: told to stop\nwriter: told to stop\n");
  await untilStatus(container, "gateway-coder", "down", ({ up }) => !up);
});

liveTest("gatewayctl does all profiles, reports each, and exits with the worst", async () => {
  await using home = await Home.make({ coder: RUNNING, writer: STOPPED });
  await using container = await bootContainer(home);
  const { code, stdout, stderr } = await ctl(container, ["start", "writer", "nope", "coder"]);
  assertEquals(code, 3);
  assertMatch(stdout, /^writer: up, pid \d+\ncoder: up, pid \d+\n$/);
  assertEquals(
    stderr,
    'gatewayctl: error: nope: no such gateway is registered; see "gatewayctl why nope"\n',
  );
});

liveTest("gatewayctl register needs a profile, and its environment arrives", async () => {
  await using home = await Home.make({ default: RUNNING, nosoul: { soul: false } });
  await using container = await bootContainer(home);
  for (const profile of ["nope", "nosoul", "No"]) {
    const { code, stdout, stderr } = await ctl(container, ["register", profile]);
    assertEquals([code, stdout, stderr.trimEnd().split("\n").length], [3, "", 1]);
    assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-${profile}`)).code, 2);
  }
  await home.put("coder", { ...RUNNING, stub: "environ" });
  await home.put("writer", RUNNING);
  await container.sh("chown -R hermes: /opt/data");
  const env = ["--env", 'TOKEN=it\'s $(id) `id`\n="x"', "--env", "EMPTY="];
  const said = await ctlOk(container, ["register", "coder", ...env]);
  assertMatch(said, /^coder: registered, up, pid \d+\n$/);
  const environ = await until("the environment", async () => {
    const text = await Deno.readTextFile(`${home.dir("coder")}/stub.environ`).catch(() => "");
    return text.endsWith("\0") && text.split("\0");
  });
  assert(environ.includes('TOKEN=it\'s $(id) `id`\n="x"'));
  assert(environ.includes("EMPTY="));
  assertEquals(
    await ctlOk(container, ["register", "writer", "--down"]),
    "writer: registered, down\n",
  );
  assertEquals((await status(container, "gateway-writer")).up, false);
  const again = await ctl(container, ["register", "writer"]);
  assertEquals(again.code, 1);
  assertMatch(
    again.stderr,
    /^gatewayctl: error: writer: .*registered already; for another environment "gatewayctl unregister writer" first\n$/,
  );
  assertEquals(
    await ctlOk(container, ["unregister", "coder", "writer"]),
    [
      ...["coder: unregistered\n", "writer: unregistered\n"],
    ].join(""),
  );
  assertEquals((await ctl(container, ["unregister", "coder"])).code, 3);
  assertEquals(
    (await container.sh(`ls -d ${SCANDIR}/gateway-*`)).stdout,
    `${SCANDIR}/gateway-default\n`,
  );
  const all = await ctlJson(container, ["register", "--all"]);
  assertEquals(all.map(({ profile, up }) => [profile, up]), [["coder", true], ["writer", true]]);
});

liveTest("gatewayctl register, start and restart say when the gateway ended at once", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await home.put("broken", { ...RUNNING, stub: "exit 78" });
  await home.put("crash", { ...RUNNING, stub: "exit 1" });
  await container.sh("chown -R hermes: /opt/data");
  for (const command of ["register", "start", "restart"]) {
    let result = await ctl(container, [command, "broken"]);
    // On a busy machine it may take longer to get as far as its exit, or as the end of finish.
    const early = () => result.code === 0 || result.stderr.includes("; s6 starts it again; ");
    for (let tries = 0; early() && tries < 10; tries++) {
      result = await ctl(container, ["restart", "broken"]);
    }
    assertEquals(result, {
      ...{ code: 1, stdout: "" },
      stderr: "gatewayctl: error: broken: ended at once, with exit code 78; " +
        'see "gatewayctl why broken"\n',
    });
  }
  let crash = await ctl(container, ["register", "crash"]);
  for (let tries = 0; crash.code === 0 && tries < 10; tries++) {
    crash = await ctl(container, ["restart", "crash"]);
  }
  assertEquals(crash.code, 1);
  assertMatch(crash.stderr, /crash: ended at once, with exit code 1; s6 starts it again; see/);
});

liveTest(
  "gatewayctl gives up in time on a gateway that does not stop, and tells meanwhile",
  async () => {
    await using home = await Home.make({ coder: { ...RUNNING, stub: "hang" } });
    await using container = await bootContainer(home);
    await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    await until(
      "the trap",
      () => Deno.readTextFile(`${home.dir("coder")}/gateway.pid`).catch(() => ""),
    );
    const startedAt = performance.now();
    const { code, stdout, stderr } = await ctl(container, ["stop", "coder", "--timeout", "2.5"]);
    assert(performance.now() - startedAt < 9000);
    assertEquals([code, stdout], [1, ""]);
    const [progress, error, ...rest] = stderr.trimEnd().split("\n");
    assertEquals(progress, "gatewayctl: info: stop coder: still at it after 2 s");
    assertMatch(error ?? "", /^gatewayctl: error: coder: .*2500 ms; try a longer --timeout$/);
    assertEquals(rest, []);
  },
);

liveTest(
  "gatewayctl exits 2 for wrong arguments, with one line and before anything is done",
  async () => {
    await using home = await Home.make({ coder: RUNNING });
    await using container = await bootContainer(home);
    await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    for (
      const args of [
        ...[[], ["frobnicate"], ["stop"], ["stop", "coder", "--all"], ["stop", "coder", "--nope"]],
        ...[["stop", "coder", "--timeout", "soon"], ["list", "coder"], [
          "logs",
          "coder",
          "-n",
          "-1",
        ]],
        ...[["register", "coder", "--env", "1=x"], ["completion", "fish"], ["why"]],
      ]
    ) {
      const { code, stdout, stderr } = await ctl(container, args);
      assertEquals([code, stdout], [2, ""], args.join(" "));
      assertMatch(stderr, /^gatewayctl: error: [^\n]+; try --help\n$/);
    }
    assertEquals((await status(container, "gateway-coder")).up, true);
  },
);

liveTest("gatewayctl has a help for itself and for each command", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  const help = await ctlOk(container, ["--help"]);
  const commands = [...help.matchAll(/^ {2}([a-z]+) {2,}[a-z]/gm)].map(([, name]) => name ?? "");
  assertEquals(commands.length, 14);
  for (const command of commands) {
    assertMatch(
      await ctlOk(container, [command, "--help"]),
      new RegExp(`^Usage: gatewayctl ${command}`),
    );
  }
});

liveTest("gatewayctl never shows a stack trace where the tree is missing", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  const env = { S6_PROFILE_GATEWAY_SCANDIR: "/run/nowhere" };
  for (
    const args of [
      ...[["list"], ["status"], ["start", "coder"], ["stop", "--all"], ["register", "default"]],
      ...[["unregister", "coder"], ["sync"], ["why", "default"], ["doctor"], ["logs", "coder"]],
      ...[["health"], ["metrics"]],
    ]
  ) {
    const { code, stderr } = await ctl(container, args, { env });
    assert(code === 1 || code === 3 || args[0] === "why", `${args.join(" ")} exited ${code}`);
    assert(stderr.split("\n").length <= 2, stderr);
    assert(!/^\s+at /m.test(stderr), stderr);
  }
});
