import { assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import {
  bootWithCommand,
  COMMAND_ARG0,
  IMAGE_ENV,
  isAlive,
  KINDS,
  output,
  runCommand,
  untilEnded,
  untilSaid,
} from "./_command.ts";
import {
  liveTest,
  RUNNING,
  SCANDIR,
  type Scene,
  startContainer,
  STOPPED,
  THREE,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";

interface Running {
  user: string;
  words: string;
}

/** The processes that a program of hermes has become, in no particular order. */
async function processes(container: Container, words: RegExp): Promise<Running[]> {
  const { stdout } = await container.sh(`for dir in /proc/[0-9]*; do
  words=$(tr '\\0' ' ' <"$dir/cmdline") && echo "$(stat -c %u "$dir") $words"
done 2>/dev/null`);
  return stdout.split("\n").map((line) => /^(\d+) (.*?) *$/.exec(line) ?? [])
    .filter(([, , line]) => line !== undefined && words.test(line))
    .map(([, user = "", line = ""]) => ({ user, words: line }));
}

// The stub is a shell script; rc.init and s6-setuidgid show the same words behind their own.
const GATEWAY = /^\/bin\/sh \/usr\/local\/bin\/hermes gateway run/;

/** Waits until what the stub becomes is hermes's. */
function untilSleeper(container: Container): Promise<boolean> {
  return until("what it becomes", async () => {
    const found = await processes(container, /^sleep infinity$/);
    return found.some(({ user }) => user === "10000");
  }, 30_000);
}

const SHAPES: readonly (readonly string[])[] = [
  ["hermes", "gateway", "run"],
  ["gateway", "run"],
  ["/usr/local/bin/hermes", "gateway", "run", "--replace"],
];

for (const command of SHAPES) {
  liveTest(`upgraded, "${command.join(" ")}" has one gateway, s6's, and stays`, async (boot) => {
    const { container, hooks, home } = await bootWithCommand(boot, {}, { command });
    assertEquals(hooks.get("02-reconcile-profiles")?.code, 0);
    await untilSaid(container, "info: s6 supervises the gateway of default, ");
    await untilUp(container, "default");
    await home.untilMinding("default");
    // A fork of the stub's has the stub's command line until it is something else.
    const [gateway] = await until("one gateway and its child", async () => {
      const found = await processes(container, GATEWAY);
      const sleepers = (await processes(container, /^sleep infinity$/))
        .filter(({ user }) => user === "10000");
      // The gateway's child, and what the command has become.
      return found.length === 1 && sleepers.length === 2 && found;
    }, 30_000);
    assertEquals(gateway, {
      user: "10000",
      words: "/bin/sh /usr/local/bin/hermes gateway run --replace",
    });
    assertEquals(await isAlive(container), true);
  });
}

for (
  const [how, args, env, state] of [
    ["--no-supervise", ["--no-supervise"], {}, undefined],
    ["HERMES_GATEWAY_NO_SUPERVISE=1, also at the second start,", [], {
      HERMES_GATEWAY_NO_SUPERVISE: "1",
    }, '{"gateway_state":"running"}'],
  ] as const
) {
  liveTest(
    `"gateway run" with ${how} has one gateway, its own, and s6 starts none`,
    async (boot) => {
      const command = ["hermes", "gateway", "run", ...args];
      const scenes: Record<string, Scene> = state === undefined ? {} : { default: { state } };
      const { container, home } = await bootWithCommand(boot, scenes, { command, env });
      await untilSaid(container, "gateway default: up as hermes");
      await untilParked(container, "gateway-default");
      await home.untilMinding("default");
      const found = await until("one gateway", async () => {
        const found = await processes(container, GATEWAY);
        return found.length === 1 && found;
      }, 30_000);
      assertEquals(found, [
        { user: "10000", words: ["/bin/sh /usr/local/bin/hermes gateway run", ...args].join(" ") },
      ]);
      const file = `${home.path}/gateway_state.json`;
      assertEquals(await Deno.readTextFile(file).catch(() => undefined), state);
    },
  );
}

for (const [kind, scandir, options] of KINDS) {
  liveTest(
    `with ${kind} "gateway run" brings the gateway up, also one that was stopped, at each start`,
    async (boot) => {
      const scene = { command: ["gateway", "run"], ...options };
      const { container, home } = await bootWithCommand(boot, { default: STOPPED }, scene);
      const slot = `${scandir}/gateway-default`;
      await untilSaid(container, "default: up, pid ");
      assertEquals(await isAlive(container), true);
      assertMatch(await Deno.readTextFile(`${home.path}/gateway_state.json`), /"running"/);
      await container.stop();
      const env = { ...IMAGE_ENV, ...options.env };
      await using next = await startContainer(home, { ...options, env });
      await runCommand(next, ["gateway", "run"]);
      await untilStatus(next, slot, "up", ({ up }) => up);
      await untilSaid(next, "s6 supervises");
      assertEquals(await isAlive(next), true);
    },
  );
}

for (const code of [0, 78]) {
  liveTest(`"gateway run" outlives a gateway that exits ${code}`, async (boot) => {
    const profiles = { default: { stub: `exit ${code}` } };
    const { container } = await bootWithCommand(boot, profiles, { command: ["gateway", "run"] });
    await untilSaid(container, "this command only stays");
    await untilParked(container, "gateway-default");
    assertEquals(await isAlive(container), true);
  });
}

liveTest(
  '"gateway run" stays and says why where its gateway is for another container',
  async (boot) => {
    const { container } = await bootWithCommand(boot, { coder: RUNNING }, {
      command: ["gateway", "run"],
      env: { HERMES_GATEWAY_PROFILES: "coder" },
    });
    await untilSaid(container, "this command only stays");
    assertMatch(await output(container), /^default: not in HERMES_GATEWAY_PROFILES$/m);
    assertEquals(await isAlive(container), true);
  },
);

liveTest('the command "-p coder gateway run" is for the gateway of coder', async (boot) => {
  const command = ["-p", "coder", "gateway", "run"];
  const profiles = { default: STOPPED, coder: STOPPED };
  const { container } = await bootWithCommand(boot, profiles, { command });
  await untilSaid(container, "coder: up, pid ");
  await untilParked(container, "gateway-default");
  assertEquals(await isAlive(container), true);
});

liveTest("the dashboard as a command runs as hermes, with the home for HOME", async (boot) => {
  const command = ["dashboard", "--port", "9200"];
  const { container } = await bootWithCommand(boot, { default: RUNNING }, { command });
  await untilSleeper(container);
  const { stdout } = await container.sh(`for dir in /proc/[0-9]*; do
  [ "$(stat -c %u "$dir")" = 10000 ] && tr '\\0' '\\n' <"$dir/environ" | grep '^HOME='
done 2>/dev/null`);
  assertEquals(stdout, "HOME=/opt/data\n");
  assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-*`)).stdout, "");
});

for (const [user, uid, home] of [["hermes", 10000, "/opt/data"], ["root", 0, ""]] as const) {
  liveTest(`another command runs as ${user}, with the container's environment`, async (boot) => {
    const command = ["sh", "-c", 'id -u; echo "$GREETING $HOME $1"; exit 7', "sh", "a  b"];
    const env = { GREETING: "hi", HERMES_COMMAND_USER: user };
    const { container } = await bootWithCommand(boot, {}, { command, env });
    assertEquals(await untilEnded(container), "7");
    assertEquals(await output(container), `${uid}\nhi ${home} a  b\n`);
  });
}

for (const signal of ["TERM", "HUP"]) {
  liveTest(
    `root without CAP_KILL passes SIGTERM on to hermes's command, after SIG${signal} too`,
    async (boot) => {
      const { container, home } = await bootWithCommand(boot, {}, {
        command: ["gateway", "run", "--no-supervise"],
        capabilities: THREE,
      });
      await home.untilMinding("default");
      // As s6-linux-init does at a container's stop, to everything that it may.
      await container.sh(`for dir in /proc/[0-9]*; do
  case $(tr '\\0' ' ' <"$dir/cmdline") in
    *"/become-hermes ${COMMAND_ARG0} "*) kill -${signal} "\${dir#/proc/}"; kill -TERM "\${dir#/proc/}" ;;
  esac
done`);
      assertEquals(await untilEnded(container), "0");
      assertMatch(await output(container), /gateway default: stopped\n$/);
    },
  );
}

liveTest("hermes as a command does not run for who is neither root nor hermes", async (boot) => {
  const { container } = await bootWithCommand(boot, {}, {
    command: ["hermes", "gateway", "run"],
    user: { uid: 1234, gid: 1234 },
  });
  assertEquals([await untilEnded(container), await output(container)], ["2", ""]);
  assertMatch((await container.sh("ls -A /opt/data")).stdout, /^$/);
});

for (
  const [what, command, env] of [
    ["the command is the dashboard", ["dashboard"], {}],
    ["the rules make no sense", ["sleep", "infinity"], { HERMES_GATEWAY_SHARD: "9/3" }],
  ] as [string, string[], Record<string, string>][]
) {
  liveTest(`the service gateways is ready also where ${what}`, async (boot) => {
    const isolated = { HERMES_SUPERVISION: "isolated", ...env };
    const { container, hooks } = await bootWithCommand(boot, {}, { command, env: isolated });
    assertMatch(hooks.get("02-reconcile-profiles")?.stdout ?? "", /^(?!.*action=)/s);
    await untilStatus(container, "gateways", "up for long", ({ up, seconds }) => {
      return up && seconds >= 2;
    }, 30_000);
    assertEquals((await container.sh("s6-svstat -o ready /run/service/gateways")).stdout, "true\n");
  });
}
