import { assert, assertEquals, assertMatch } from "@std/assert";
import { type ExecResult, until } from "../container/container.ts";
import { runSync } from "../_temp.ts";
import {
  HERMES,
  Home,
  liveTest,
  RUNNING,
  SCANDIR,
  startContainer,
  type Status,
  STOPPED,
  untilStatus,
  untilUp,
} from "./_live.ts";

const STRANGER = { uid: 1234, gid: 1234 };

/** All that is in a home, with owners, modes, sizes and times. */
function everything(home: Home): string {
  return runSync("find", home.path, "-printf", "%P %i %U:%G %m %s %T@ %C@\n");
}

function said(hooks: ReadonlyMap<string, ExecResult>): string {
  return [...hooks.values()].map(({ stdout, stderr }) => stdout + stderr).join("");
}

const REFUSAL =
  /^(\S+): error: the container runs as UID 1234, [^\n]*: drop --user [^\n]*HERMES_UID=1234 and HERMES_GID=1234 \(or PUID and PGID\)[^\n]*\n$/;

liveTest("with a --user that is neither root nor hermes a boot is one message", async () => {
  for (const owner of [HERMES, STRANGER]) {
    await using home = await Home.make({ coder: RUNNING }, owner);
    const before = everything(home);
    const env = { HERMES_DASHBOARD: "1" };
    await using container = await startContainer(home, { user: STRANGER, env });
    const hooks = await container.boot();
    assertEquals([...hooks.values()].map(({ code }) => code), [2, 2, 2]);
    assertMatch(said(hooks), REFUSAL);
    // By then s6-supervise has looked at all that a boot has left, and at what rests.
    for (const service of ["dashboard", "gateways"]) {
      const isDown = ({ up, seconds }: Status) => !up && seconds > 0;
      await untilStatus(container, service, "down", isDown);
    }
    assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-*`)).stdout, "");
    assertEquals(everything(home), before);
    assertEquals(await container.log(), "");
  }
});

liveTest("with such a --user and another 01 it is 015 that has the message", async (boot) => {
  const { container } = await boot({}, { hooks: false, user: STRANGER });
  await container.sh(
    "printf '#!/bin/sh\necho mine\n' >/etc/cont-init.d/01-hermes-setup",
    { user: "root" },
  );
  const hooks = await container.boot();
  assertEquals(hooks.get("01-hermes-setup")?.stdout, "mine\n");
  hooks.delete("01-hermes-setup");
  assertMatch(said(hooks), REFUSAL);
});

liveTest("with --user of hermes's own gateways run, are controlled and stop", async (boot) => {
  const options = { user: HERMES, env: { HERMES_DASHBOARD: "1" } };
  const { container, home } = await boot({ coder: RUNNING, writer: STOPPED }, options);
  await untilUp(container, "coder");
  await untilStatus(container, "dashboard", "up", ({ up }) => up);
  const { code, stdout, stderr } = await container.sh(
    "gatewayctl doctor && gatewayctl start writer && gatewayctl restart coder && " +
      "gatewayctl stop writer && gatewayctl health",
  );
  assertEquals([code, stderr], [0, ""], stdout);
  await untilStatus(container, "gateway-writer", "down", ({ up }) => !up);
  const pid = await untilUp(container, "coder");
  assertEquals((await container.sh(`stat -c %u:%g /proc/${pid}`)).stdout, "10000:10000\n");
  await until("the gateway minds its signals", async () => {
    const minding = await Deno.readTextFile(`${home.dir("coder")}/gateway.pid`).catch(() => "");
    return minding === `${pid}\n`;
  }, 30_000);
  assert(await container.stop(30_000), "it had to be killed");
  const lifecycle = `${home.dir("coder")}/state/gateway.lifecycle.json`;
  assertEquals(await Deno.readTextFile(lifecycle), '{"phase":"exited"}\n');
});

liveTest("with --user of hermes's own a home of root's is refused, with advice", async (boot) => {
  const { container } = await boot({}, { owner: { uid: 0, gid: 0 }, hooks: false, user: HERMES });
  const { code, stderr } = (await container.boot()).get("01-hermes-setup") ?? { code: 0 };
  assertEquals(code, 1);
  assertMatch(
    stderr ?? "",
    /^01-hermes-setup: error: cannot make \/opt\/data\/\w+: permission denied: give \/opt\/data to hermes, or start the container as root\n$/,
  );
});

liveTest("a gateway and its logger are hermes, with all of its groups", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { hooks: false });
  await container.sh("echo docker:x:998:me,hermes >>/etc/group", { user: "root" });
  for (const { code } of (await container.boot()).values()) assertEquals(code, 0);
  const gateway = await untilUp(container, "coder");
  const { pid: logger } = await untilStatus(container, "gateway-coder/log", "up", ({ up }) => up);
  for (const pid of [gateway, logger]) {
    const { stdout } = await container.sh(`grep -E '^(Uid|Gid|Groups):' /proc/${pid}/status`);
    const [uids, gids, groups] = stdout.trim().split("\n").map((line) =>
      line.split(/\s+/).slice(1).filter((word) => word !== "")
    );
    assertEquals([uids, gids], [Array(4).fill("10000"), Array(4).fill("10000")]);
    assertEquals(groups, ["998", "10000"]);
  }
});
