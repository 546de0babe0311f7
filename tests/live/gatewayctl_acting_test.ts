import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  status,
  staysDown,
  STOPPED,
  untilAllUp,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";
import { processes, untilReady } from "./_tree.ts";

const HANG = { ...RUNNING, stub: "hang" };
const CLOCK = "\\d\\d:\\d\\d:\\d\\d";

/** The files of a slot that tell s6 and `finish` what to do. */
async function orders(container: Container, profile: string): Promise<string[]> {
  const { stdout } = await container.sh(`ls ${SCANDIR}/gateway-${profile}`);
  return stdout.split("\n").filter((name) => /^(timeout-kill|again)/.test(name));
}

async function environOf(container: Container, profile: string): Promise<string> {
  const pid = await untilUp(container, profile);
  return (await container.sh(`tr '\\0' '\\n' </proc/${pid}/environ`)).stdout;
}

async function bootHanging(boot: Parameters<Parameters<typeof liveTest>[1]>[0]) {
  const { container, home } = await boot({ coder: HANG });
  await untilReady(container, home, "coder");
  await home.untilMinding("coder");
  return { container, home, pid: await untilUp(container, "coder") };
}

/** Waits until the next gateway is up and minds its signals; returns its PID. */
async function untilNext(container: Container, home: Home, before: number): Promise<number> {
  const pid = await untilUp(container, "coder", before);
  await until("coder minds its signals", async () => {
    return await Deno.readTextFile(`${home.dir("coder")}/gateway.pid`) === `${pid}\n`;
  }, 30_000);
  return pid;
}

liveTest("stop of a gateway that ignores SIGTERM ends it, and says what goes on", async (boot) => {
  const { container } = await bootHanging(boot);
  const { code, stdout, stderr } = await ctl(container, [
    ...["stop", "coder", "--timeout", "0.5", "--kill-after", "3"],
  ]);
  assertEquals([code, stdout], [4, ""]);
  assertMatch(
    stderr,
    new RegExp(
      `^gatewayctl: error: coder: still stopping after 0.5 s: it has until ${CLOCK}, ` +
        "then s6 kills it\n$",
    ),
  );
  assertEquals((await status(container, "gateway-coder")).up, true);
  assertEquals(await orders(container, "coder"), []);
  await untilParked(container, "gateway-coder");
  await staysDown(container, "gateway-coder");
});

liveTest("restart of a gateway that ignores SIGTERM brings it back", async (boot) => {
  const { container, pid } = await bootHanging(boot);
  const { code, stderr } = await ctl(container, [
    ...["restart", "coder", "--timeout", "0.5", "--kill-after", "2"],
  ]);
  assertEquals(code, 4);
  assertMatch(stderr, new RegExp(`${CLOCK}, then s6 kills it; then it starts again\n$`));
  assertEquals((await status(container, "gateway-coder")).pid, pid);
  const second = await untilUp(container, "coder", pid);
  // The one that waits sees it come back.
  const third = await ctlOk(container, ["restart", "coder", "--kill-after", "0.2"]);
  assertMatch(third, /^coder: up, pid \d+\n$/);
  assert(!third.includes(`pid ${second}\n`));
  assertEquals(await orders(container, "coder"), []);
});

liveTest("a restart whose gatewayctl is killed leaves no gateway down", async (boot) => {
  const { container, home } = await boot({ coder: { ...RUNNING, stub: "slow 2" }, hang: HANG });
  const before = new Map<string, number>();
  for (const profile of ["coder", "hang"]) {
    await untilReady(container, home, profile);
    await home.untilMinding(profile);
    before.set(profile, await untilUp(container, profile));
    const args = `restart ${profile} --kill-after 3`;
    const { code } = await container.sh(
      `timeout -s KILL 1.5 gatewayctl ${args} >/dev/null 2>&1`,
      { user: "hermes" },
    );
    assertEquals(code, 137, "it had finished before it was killed");
  }
  for (const [profile, pid] of before) {
    await untilUp(container, profile, pid);
    assertEquals((await status(container, `gateway-${profile}`)).wantedUp, true);
  }
});

liveTest(
  "--no-wait tells and returns, a later start waits for the stop, and --no-kill never kills",
  async (boot) => {
    const { container, home, pid } = await bootHanging(boot);
    const [told] = await ctlJson(container, ["stop", "coder", "--no-wait", "--kill-after", "4"]);
    assertEquals([told?.["ok"], Number.isNaN(Date.parse(String(told?.["killAt"])))], [true, false]);
    const { code, stderr } = await ctl(container, ["start", "coder", "--timeout", "0.3"]);
    assertEquals(code, 4);
    assertMatch(stderr, /coder: still stopping after 0.3 s: then it starts again/);
    const second = await untilNext(container, home, pid);
    const [result] = await ctlJson(container, ["stop", "coder", "--timeout", "0.3", "--no-kill"]);
    assertEquals([result?.["pending"], result?.["killAt"]], [true, null]);
    assertEquals((await status(container, "gateway-coder")).pid, second);
    assertEquals(await orders(container, "coder"), []);
    // And then it is ended with what the message said.
    const { stderr: hint } = await ctl(container, [
      "stop",
      "coder",
      "--timeout",
      "0.3",
      "--no-kill",
    ]);
    assertMatch(hint, /s6 does not kill it; "gatewayctl stop coder --kill-after 1" ends it\n$/);
    assertEquals(
      (await ctl(container, ["stop", "coder", "--kill-after", "1"])).stdout,
      "coder: down\n",
    );
  },
);

liveTest(
  "a gateway has as long as hermes's own setting and 10 s, at least a minute",
  async (boot) => {
    const env = { HERMES_RESTART_DRAIN_TIMEOUT: "110" };
    const { container, home } = await boot({ coder: HANG, writer: HANG }, { env });
    await home.untilMinding("coder", "writer");
    await Deno.writeTextFile(
      `${home.dir("coder")}/config.yaml`,
      "agent:\n  restart_drain_timeout: 180\n",
    );
    for (const [profile, seconds] of [["coder", 190], ["writer", 120]] as const) {
      const [result] = await ctlJson(container, ["stop", profile, "--timeout", "0.3"]);
      const left = Date.parse(String(result?.["killAt"])) - Date.now();
      assert(Math.abs(left / 1000 - seconds) < 10, `${profile}: ${left} ms`);
    }
  },
);

liveTest(
  "the container's stop and a crash are as ever after a stop that kills late",
  async (boot) => {
    const { container, home, pid } = await bootHanging(boot);
    await ctl(container, ["restart", "coder", "--timeout", "0.3", "--kill-after", "0.5"]);
    const second = await untilNext(container, home, pid);
    // Told by somebody else it is not killed.
    await container.sh(`s6-svc -d ${SCANDIR}/gateway-coder`, { user: "hermes" });
    const stopping = ({ up, wantedUp }: { up: boolean; wantedUp: boolean }) => up && !wantedUp;
    await untilStatus(container, "gateway-coder", "told to stop", stopping);
    const end = performance.now() + 1500;
    while (performance.now() < end) {
      assertEquals((await status(container, "gateway-coder")).pid, second);
    }
    await container.sh(`s6-svc -u ${SCANDIR}/gateway-coder; kill -9 ${second}`, { user: "hermes" });
    await untilUp(container, "coder", second);
  },
);

liveTest(
  "restart --all and patterns leave what somebody has stopped, and its name starts it",
  async (boot) => {
    const { container, home } = await boot({
      ...{ default: RUNNING, "team-a": RUNNING, "team-b": RUNNING, "team-c": STOPPED },
    });
    await untilAllUp(container, "default", "team-a", "team-b");
    await home.untilMinding("default", "team-a", "team-b");
    await ctlOk(container, ["stop", "team-b"]);
    const before = await untilUp(container, "team-a");
    const left = (profile: string) => `${profile}: left stopped; to start it, name it\n`;
    for (const args of [["--all"], ["team-*"]]) {
      const said = await ctlOk(container, ["restart", ...args]);
      assert(said.endsWith(left("team-b") + left("team-c")), said);
      assertMatch(said, /^team-a: up, pid/m);
    }
    assert(await untilUp(container, "team-a") !== before);
    await staysDown(container, "gateway-team-b", "gateway-team-c");
    // What is down without that being recorded is not left.
    await ctlOk(container, ["restart", "team-b", "team-c"]);
    await container.sh(`s6-svc -d ${SCANDIR}/gateway-team-b`, { user: "hermes" });
    await untilParked(container, "gateway-team-b");
    await ctlOk(container, ["restart", "--all"]);
    await untilAllUp(container, "team-b", "team-c");
  },
);

async function assertRefused(container: Container, command: string, words: RegExp) {
  const { code, stdout, stderr } = await ctl(container, [command, "coder"]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, words);
}

for (
  const [what, env, words] of [
    [
      "the selection",
      { HERMES_GATEWAY_PROFILES: "team-*" },
      /HERMES_GATEWAY_PROFILES is "team-\*"/,
    ],
    [
      "the shard",
      { HERMES_GATEWAY_SHARD: "1/2" },
      /member 2 of 2 has it.*HERMES_GATEWAY_SHARD is 1\/2 here: the container with 2\/2 has/,
    ],
    [
      "the topology",
      { HERMES_GATEWAY_PROFILES: "team-*", HERMES_GATEWAY_TOPOLOGY: "one" },
      /the root profile's gateway serves it, elsewhere|HERMES_GATEWAY_PROFILES is "team-\*"/,
    ],
  ] as const
) {
  liveTest(
    `register and start refuse what ${what} gives to somebody else, but for --force`,
    async (boot) => {
      const { container } = await boot({ coder: RUNNING }, { env });
      await assertRefused(container, "register", words);
      assertEquals((await container.sh(`test -e ${SCANDIR}/gateway-coder`)).code, 1);
      const registered = await ctlOk(container, ["register", "coder", "--force", "--down"]);
      assertMatch(registered, /^coder: registered, down/);
      if (what === "the topology") return; // nobody here would run it
      await assertRefused(container, "start", words);
      await assertRefused(container, "restart", words);
      assertEquals((await status(container, "gateway-coder")).up, false);
      assertMatch(await ctlOk(container, ["start", "coder", "--force"]), /^coder: up/);
      // What runs here can be restarted here.
      assertMatch(await ctlOk(container, ["restart", "coder"]), /^coder: up/);
    },
  );
}

liveTest("start sees an orphan supervisor before it would make a second gateway", async (boot) => {
  const { container, pid } = await bootHanging(boot);
  // Somebody removes the slot and puts another in its place: the gateway runs on.
  const slot = `${SCANDIR}/gateway-coder`;
  const files = ["status", "lock", "death_tally"].flatMap((file) => {
    return ["", "log/"].map((half) => `/tmp/slot/${half}supervise/${file}`);
  });
  const script = `cp -a ${slot} /tmp/slot && rm -f ${files.join(" ")} && touch /tmp/slot/down && ` +
    `rm -rf ${slot} && mv /tmp/slot ${slot} && s6-svscanctl -a ${SCANDIR}`;
  const made = await container.sh(script, { user: "hermes" });
  assertEquals(made, { code: 0, stdout: "", stderr: "" });
  await until("another supervisor", async () => {
    return (await container.sh(`s6-svok ${slot}`)).code === 0;
  });
  const { code, stdout, stderr } = await ctl(container, ["start", "coder", "--timeout", "1"]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /coder: .*not left by its former supervisor within 1000 ms/);
  const gateways = async () => {
    const commands = [...(await processes(container)).values()];
    return commands.filter((command) => /hermes -p coder gateway run/.test(command)).length;
  };
  assertEquals(await gateways(), 1);
  await container.sh(`kill -KILL ${pid}`);
  await until("a start that works", async () => {
    return (await ctl(container, ["start", "coder"])).code === 0;
  }, 30_000);
  assertEquals(await gateways(), 1);
});

async function environment(container: Container, home: Home): Promise<void> {
  const register = (...args: string[]) => ctlOk(container, ["register", "coder", ...args]);
  const token = async () => /^TOKEN=.*$/m.exec(await environOf(container, "coder"))?.[0];
  await ctlOk(container, ["unregister", "coder"]);
  await register("--env", "TOKEN=a b");
  assertEquals(await token(), "TOKEN=a b");
  await home.untilMinding("coder");
  await ctlOk(container, ["unregister", "coder"]);
  const { stdout } = await container.sh(`stat -c %a:%U ${SCANDIR}/.hermes/run-gateway-coder`);
  assertEquals(stdout, "600:hermes\n");
  await register();
  assertEquals(await token(), "TOKEN=a b");
  await home.untilMinding("coder");
  assertEquals((await container.sh(`ls ${SCANDIR}/.hermes/run-*`)).stdout, "");
  await ctlOk(container, ["unregister", "coder"]);
  await ctlOk(container, ["sync"]);
  assertEquals(await token(), "TOKEN=a b");
  await home.untilMinding("coder");
  await ctlOk(container, ["unregister", "coder"]);
  await register("--env", "OTHER=1");
  assertEquals(await token(), undefined);
}

liveTest("unregister and register keep --env, and register --env replaces it", async (boot) => {
  const { container, home } = await boot({ default: STOPPED, coder: RUNNING });
  await home.untilMinding("coder");
  const startedAt = performance.now();
  await environment(container, home);
  assertLess(performance.now() - startedAt, 60_000);
});
