import { assertEquals, assertMatch } from "@std/assert";
import { type Container, type ExecResult, until } from "../container/container.ts";
import {
  type Boot,
  type BootOptions,
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  type Scene,
  THREE,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";

const COMMAND_ARG0 = "/opt/hermes-boot/libexec/container-command";
const RC_INIT = "/run/s6/basedir/scripts/rc.init";

// What s6-overlay's does once the services are up, with nothing of the container in its environment.
const COMMAND_STAGE = `set +e
shift
until [ -e /run/s6/up ]; do sleep 0.1; done
$(cat /run/s6/container_environment/S6_CMD_ARG0) "$@"
echo $? >/run/s6/exitcode
`;

interface CommandScene extends BootOptions {
  /** The container's command. */
  command: readonly string[];
}

/** Boots a container that has a command, as s6-overlay 3 does. */
async function bootWithCommand(
  boot: Boot,
  profiles: Parameters<Boot>[0],
  { command, env, ...options }: CommandScene,
): Promise<{ container: Container; home: Home; hooks: Map<string, ExecResult> }> {
  const { container, home } = await boot(profiles, {
    ...{ ...options, hooks: false },
    env: { S6_CMD_ARG0: COMMAND_ARG0, HERMES_HOME: "/opt/data", ...env },
  });
  const words = command.map((word) => `'${word}'`).join(" ");
  await container.sh(`mkdir -p ${RC_INIT.slice(0, RC_INIT.lastIndexOf("/"))}
printf %s '${COMMAND_STAGE}' >${RC_INIT}
sh -e ${RC_INIT} top ${words} >/run/s6/output 2>&1 &`);
  const hooks = await container.boot();
  await container.sh("echo >/run/s6/up");
  return { container, home, hooks };
}

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

async function output(container: Container): Promise<string> {
  return (await container.sh("cat /run/s6/output")).stdout;
}

const isAlive = async (container: Container) =>
  (await container.sh("test -e /run/s6/exitcode")).code !== 0;

/** Waits until the command has said something. */
function untilSaid(container: Container, text: string): Promise<boolean> {
  return until(text, async () => (await output(container)).includes(text), 30_000);
}

/** Waits until the command has ended; returns its exit code. */
function untilEnded(container: Container): Promise<string> {
  return until(
    "the command's exit code",
    async () => (await container.sh("cat /run/s6/exitcode")).stdout.trim(),
    30_000,
  );
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
    await untilSaid(container, "gateway default: left to s6\n");
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

liveTest('the command "-p coder gateway run" reaches hermes, as hermes', async (boot) => {
  const command = ["-p", "coder", "gateway", "run"];
  const { container } = await bootWithCommand(boot, { coder: {} }, { command });
  await until("what it says, or its end", async () => {
    return (await output(container)).includes("\n") || !await isAlive(container);
  }, 30_000);
  assertEquals(await output(container), "gateway coder: left to s6\n");
  await untilSleeper(container);
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

liveTest("another command runs as it is, with the container's environment", async (boot) => {
  const command = ["sh", "-c", 'id -u; echo "$GREETING $1"; exit 7', "sh", "a  b"];
  const { container } = await bootWithCommand(boot, {}, { command, env: { GREETING: "hi" } });
  assertEquals([await untilEnded(container), await output(container)], ["7", "0\nhi a  b\n"]);
});

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
