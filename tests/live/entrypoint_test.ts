import { assertEquals, assertMatch } from "@std/assert";
import type { Container, ExecOptions, ExecResult } from "../container/container.ts";
import { IMAGE_ENV } from "./_command.ts";
import { ctl } from "./_gatewayctl.ts";
import { liveTest, RUNNING, THREE } from "./_live.ts";

const ENTRYPOINT = "/opt/hermes-boot/libexec/entrypoint";
const UNSHARE = ["unshare", "--pid", "--fork", "--mount-proc"];

/** Starts the image under somebody else's PID 1. */
function underInit(
  container: Container,
  command: readonly string[],
  { env, ...options }: ExecOptions = {},
): Promise<ExecResult> {
  const other = ["sh", "-c", '"$@"; exit $?', "sh"];
  return container.exec([...UNSHARE, ...other, ...command], {
    ...options,
    env: { ...IMAGE_ENV, ...env },
  });
}

for (const capabilities of [undefined, THREE]) {
  const root = capabilities === undefined ? "root" : "root with three capabilities";
  liveTest(
    `not PID 1, ${root} sets the home up and runs the command as hermes, without supervision`,
    async (boot) => {
      // unshare needs the capability to mount.
      const options = capabilities && { capabilities: [...capabilities, "sys_admin"] };
      const { container, home } = await boot({ default: { stub: "exit 5" } }, {
        ...{ hooks: false, owner: { uid: 0, gid: 0 } },
        ...options,
      });
      const show = 'id -u; echo "$HOME $GREETING"; exit 7';
      const run = await underInit(container, [ENTRYPOINT, "sh", "-c", show], {
        env: { GREETING: "a\nb" },
      });
      assertEquals([run.code, run.stdout], [7, "10000\n/opt/data a\nb\n"]);
      assertMatch(run.stderr, /^entrypoint: warning: not PID 1, which is sh [^\n]*\n/);
      assertEquals(Deno.lstatSync(`${home.path}/logs/gateways`).uid, 10000);
      // So that the stub does not leave it to s6, which it cannot see.
      const env = { HERMES_S6_SUPERVISED_CHILD: "1" };
      const gateway = await underInit(container, [ENTRYPOINT, "gateway", "run"], { env });
      assertMatch(gateway.stdout, /^gateway default: up as hermes/);
      assertEquals(gateway.code, 5);
      const told = await ctl(container, ["list"]);
      assertEquals([told.code, told.stdout], [1, ""]);
      assertMatch(told.stderr, /nothing is supervised here: the entrypoint was not PID 1\n$/);
    },
  );
}

liveTest(
  "not PID 1, the entrypoint refuses what has no command and what is refused anyway",
  async (boot) => {
    const { container } = await boot({}, { hooks: false });
    const none = await underInit(container, [ENTRYPOINT]);
    assertEquals([none.code, none.stdout, none.stderr.split("\n").length], [1, "", 2]);
    const env = { HERMES_HOME: "relative" };
    const refused = await underInit(container, [ENTRYPOINT, "id"], { env });
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(refused.stderr, /entrypoint: error: HERMES_HOME: expected an absolute path/);
  },
);

liveTest(
  "as PID 1 the entrypoint and tini's old forms become /init, with hermes where there is a terminal",
  async (boot) => {
    const { container } = await boot({}, { hooks: false });
    await container.sh("printf '#!/bin/sh\\necho $$ \"$@\"\\n' >/init; chmod 755 /init");
    const tini = "/opt/hermes-boot/libexec/tini";
    for (
      const [command, expected] of [
        [[ENTRYPOINT], "1"],
        [[ENTRYPOINT, "gateway", "run"], "1 gateway run"],
        [[tini, "-g", "--"], "1"],
        [[tini, "-g", "--", "gateway", "run"], "1 gateway run"],
        [[tini, "-g", "--", "/opt/hermes/docker/entrypoint.sh", "chat"], "1 chat"],
      ] as [string[], string][]
    ) {
      assertEquals((await container.exec([...UNSHARE, ...command])).stdout, `${expected}\n`);
    }
    const terminal = `script -qec '${UNSHARE.join(" ")} ${ENTRYPOINT}' /dev/null`;
    assertMatch((await container.sh(terminal)).stdout, /^1 hermes\r?\n/);
  },
);

liveTest(
  "in a container that is supervised, tini and the entrypoint only run the command",
  async (boot) => {
    const { container } = await boot({ default: RUNNING });
    const facts = (await container.sh("cat /run/hermes-boot/facts")).stdout;
    const run = await container.exec(["/opt/hermes-boot/libexec/tini", "-s", "--", "id", "-u"]);
    assertEquals([run.code, run.stdout, run.stderr], [0, "0\n", ""]);
    assertEquals((await container.sh("cat /run/hermes-boot/facts")).stdout, facts);
  },
);
