import { assert, assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlJson, ctlOk, pids } from "./_gatewayctl.ts";
import {
  liveTest,
  RUNNING,
  SCANDIR,
  status,
  STOPPED,
  untilAllUp,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";

liveTest("gatewayctl sync brings up a profile made while the tree runs", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "coder", "default");
  await home.untilMinding("coder");
  const pidFile = `${home.dir("coder")}/gateway.pid`;
  await Deno.writeTextFile(pidFile, "4711");
  const before = await pids(container);
  await home.add("late", RUNNING);
  await home.add("writer", STOPPED);

  const dry = await ctlOk(container, ["sync", "--dry-run"]);
  assertEquals(
    dry,
    "default: unchanged\ncoder: unchanged\nlate: created, starts\nwriter: created, down\n",
  );
  assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-late`)).code, 2);
  assertEquals(await ctlOk(container, ["sync"]), dry);
  await untilUp(container, "late");
  await untilParked(container, "gateway-writer");
  const { late, ...others } = await pids(container);
  assert(late !== undefined);
  assertEquals(others, before);
  assertEquals(await Deno.readTextFile(pidFile), "4711");
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  assertEquals(log.includes("profile=late"), false);
  assertMatch(await ctlOk(container, ["sync"]), /^(\S+: unchanged\n){4}$/);
});

liveTest("gatewayctl sync starts and stops nothing, not even in a refreshed slot", async (boot) => {
  const { container, home } = await boot({
    ...{ default: RUNNING, writer: STOPPED, coder: { ...RUNNING, stub: "environ" } },
  });
  // 1. A slot is refreshed under a gateway that runs on.
  await ctlOk(container, ["unregister", "coder"]);
  await ctlOk(container, ["register", "coder", "--env", "TOKEN=it's"]);
  // 2. What the operator has stopped or started stays so, whatever the state file says by now.
  await ctlOk(container, ["stop", "default"]);
  await ctlOk(container, ["start", "writer"]);
  await home.put("writer", STOPPED);
  const before = await pids(container);
  const finish = `${SCANDIR}/gateway-coder/finish`;
  await container.sh(`echo old >${finish}`, { user: "hermes" });
  assertEquals(
    await ctlOk(container, ["sync"]),
    "default: unchanged\ncoder: refreshed\nwriter: unchanged\n",
  );
  assertEquals(await pids(container), before);
  assertEquals(Object.keys(before), ["coder", "writer"]);
  assertMatch((await container.sh(`cat ${finish}`)).stdout, /s6-permafailon/);
  await Deno.remove(`${home.dir("coder")}/stub.environ`);
  await ctlOk(container, ["restart", "coder"]);
  const environ = await home.untilEnviron("coder");
  assert(environ.includes("TOKEN=it's"), "the registered environment was lost");
});

liveTest("gatewayctl sync --prune unregisters a gateway whose profile is gone", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING, gone: RUNNING });
  await untilAllUp(container, "coder", "gone", "default");
  await Deno.mkdir(`${home.path}/profiles/default`);
  await Deno.writeTextFile(`${home.path}/profiles/default/SOUL.md`, "");
  const { gone, ...others } = await pids(container);
  await Deno.remove(`${home.dir("gone")}/SOUL.md`);

  const kept = await ctlOk(container, ["sync"]);
  assertMatch(kept, /^gone: skipped: no such profile; --prune unregisters it$/m);
  const dry = await ctlOk(container, ["sync", "--prune", "--dry-run"]);
  assertMatch(dry, /^gone: pruned: no such profile$/m);
  assertEquals((await pids(container))["gone"], gone);

  const entries = await ctlJson(container, ["sync", "--prune"]);
  const pruned = entries.filter(({ action }) => action === "pruned");
  assertEquals(pruned.map(({ profile }) => profile), ["gone"]);
  assertEquals(await pids(container), others);
  const { stdout } = await container.sh(
    `ls -d ${SCANDIR}/gateway-* ${SCANDIR}/.hermes/retired-* 2>/dev/null;` +
      " grep -al gateway-[g]one /proc/[0-9]*/cmdline",
  );
  assertEquals(stdout, `${SCANDIR}/gateway-coder\n${SCANDIR}/gateway-default\n`);
});

liveTest("gatewayctl sync --prune prunes nothing that it cannot read", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING });
  await untilUp(container, "coder");
  await container.sh("chmod 000 /opt/data/profiles");
  const { code, stdout, stderr } = await ctl(container, ["sync", "--prune"]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(
    stderr,
    /^gatewayctl: error: cannot read \/opt\/data\/profiles: Permission denied; [^\n]+\n$/,
  );
  await container.sh("chmod 755 /opt/data/profiles; chmod 000 /opt/data/profiles/coder");
  const { code: second, stdout: said } = await ctl(container, ["sync", "--prune"]);
  assertEquals(second, 1);
  assertMatch(said, /^coder: skipped: cannot list the directory: Permission denied$/m);
  assertEquals((await status(container, "gateway-coder")).up, true);
  await container.sh("chmod 755 /opt/data/profiles/coder");
});

const SELECTED = { HERMES_GATEWAY_PROFILES: "writer" };

liveTest("gatewayctl sync and why know the container's selection", async (boot) => {
  const { container } = await boot({ coder: RUNNING, writer: RUNNING }, { env: SELECTED });
  await untilUp(container, "writer");
  const { code, stdout } = await ctl(container, ["sync"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^coder: skipped: not selected/m);
  assertMatch(stdout, /^writer: unchanged$/m);
  const slots = await container.sh(`ls -d ${SCANDIR}/gateway-*`);
  assertEquals(slots.stdout, `${SCANDIR}/gateway-writer\n`);
  const why = await ctl(container, ["why", "coder"]);
  assertEquals(why.code, 0, why.stderr);
  assertMatch(
    why.stdout,
    /^coder: not in HERMES_GATEWAY_PROFILES\n[^]*outside: +HERMES_GATEWAY_PROFILES is "writer"/,
  );
  assertMatch(why.stdout, /boot log: .*action=skipped .*reason="not selected/);
});

liveTest(
  "a selection that is malformed is one line of gatewayctl's, and list works",
  async (boot) => {
    const { container } = await boot({}, { hooks: false, env: { HERMES_GATEWAY_SHARD: "6/5" } });
    assertEquals((await container.boot()).get("02-reconcile-profiles")?.code, 2);
    for (const args of [["sync"], ["why", "default"]]) {
      const { code, stdout, stderr } = await ctl(container, args);
      assertEquals({ code, stdout }, { code: 2, stdout: "" });
      assertMatch(stderr, /^gatewayctl: [^\n]*HERMES_GATEWAY_SHARD[^\n]*\n$/);
    }
    assert((await ctlJson(container, ["list"])).length > 0);
  },
);

liveTest("gatewayctl why knows that the root profile's gateway serves a profile", async (boot) => {
  const env = { GATEWAY_MULTIPLEX_PROFILES: "1" };
  const { container } = await boot({ default: RUNNING, coder: RUNNING }, { env });
  await untilStatus(container, "gateway-coder", "supervised", () => true);
  const { stdout } = await ctl(container, ["why", "coder"]);
  assertMatch(stdout, /^coder: the root profile's gateway serves it\n/);
});
