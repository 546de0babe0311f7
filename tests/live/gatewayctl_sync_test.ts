import { assert, assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk, pids } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, status, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const STOPPED = { state: { desired_state: "stopped" } };

liveTest("gatewayctl sync brings up a profile made while the tree runs", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
  await untilStatus(container, "gateway-default", "up", ({ up }) => up);
  const pidFile = `${home.dir("coder")}/gateway.pid`;
  await until(
    "the gateway has written its gateway.pid",
    () => Deno.readTextFile(pidFile).catch(() => ""),
  );
  await Deno.writeTextFile(pidFile, "4711");
  const before = await pids(container);
  await home.put("late", RUNNING);
  await home.put("writer", STOPPED);
  await container.sh("chown -R hermes: /opt/data/profiles");

  const dry = await ctlOk(container, ["sync", "--dry-run"]);
  assertEquals(
    dry,
    "default: unchanged\ncoder: unchanged\nlate: created, starts\nwriter: created, down\n",
  );
  assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-late`)).code, 2);
  assertEquals(await ctlOk(container, ["sync"]), dry);
  await untilStatus(container, "gateway-late", "up", ({ up }) => up);
  const writer = await untilStatus(container, "gateway-writer", "supervised", () => true);
  assertEquals(writer.wantedUp, false);
  const { late, ...others } = await pids(container);
  assert(late !== undefined);
  assertEquals(others, before);
  assertEquals(await Deno.readTextFile(pidFile), "4711");
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  assertEquals(log.includes("profile=late"), false);
  assertMatch(await ctlOk(container, ["sync"]), /^(\S+: unchanged\n){4}$/);
});

liveTest(
  "gatewayctl sync refreshes a slot under a running gateway, which keeps its PID",
  async () => {
    await using home = await Home.make({
      default: STOPPED,
      coder: { ...RUNNING, stub: "environ" },
    });
    await using container = await bootContainer(home);
    await ctlOk(container, ["unregister", "coder"]);
    await ctlOk(container, ["register", "coder", "--env", "TOKEN=it's"]);
    const before = await pids(container);
    const finish = `${SCANDIR}/gateway-coder/finish`;
    await container.sh(`echo old >${finish}`, { user: "hermes" });
    assertEquals(
      await ctlOk(container, ["sync"]),
      "default: unchanged\ncoder: refreshed\n",
    );
    assertEquals(await pids(container), before);
    assertMatch((await container.sh(`cat ${finish}`)).stdout, /s6-permafailon/);
    await Deno.remove(`${home.dir("coder")}/stub.environ`);
    await ctlOk(container, ["restart", "coder"]);
    const environ = await until("the environment", async () => {
      const text = await Deno.readTextFile(`${home.dir("coder")}/stub.environ`).catch(() => "");
      return text.endsWith("\0") && text.split("\0");
    });
    assert(environ.includes("TOKEN=it's"), "the registered environment was lost");
  },
);

liveTest("gatewayctl sync leaves a stopped gateway down and a started one up", async () => {
  await using home = await Home.make({ default: RUNNING, coder: STOPPED });
  await using container = await bootContainer(home);
  await ctlOk(container, ["stop", "default"]);
  await ctlOk(container, ["start", "coder"]);
  const before = await pids(container);
  await home.put("coder", STOPPED);
  assertMatch(await ctlOk(container, ["sync"]), /^(\S+: unchanged\n){2}$/);
  assertEquals(await pids(container), before);
});

liveTest("gatewayctl sync --prune unregisters a gateway whose profile is gone", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
  await using container = await bootContainer(home);
  for (const name of ["coder", "gone", "default"]) {
    await untilStatus(container, `gateway-${name}`, "up", ({ up }) => up);
  }
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
  assertEquals(entries.filter(({ action }) => action === "pruned").map((e) => e["profile"]), [
    "gone",
  ]);
  assertEquals(await pids(container), others);
  const { stdout } = await container.sh(
    `ls -d ${SCANDIR}/gateway-* ${SCANDIR}/.hermes/retired-* 2>/dev/null;` +
      " grep -al gateway-[g]one /proc/[0-9]*/cmdline",
  );
  assertEquals(stdout, `${SCANDIR}/gateway-coder\n${SCANDIR}/gateway-default\n`);
});

liveTest("gatewayctl sync --prune prunes nothing while the profiles cannot be read", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home);
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
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

liveTest("two syncs and ten registers at once leave every gateway up, once", async () => {
  await using home = await Home.make({ default: RUNNING });
  await using container = await bootContainer(home);
  const names = Array.from({ length: 10 }, (_, i) => `p${i}`);
  for (const name of names) await home.put(name, RUNNING);
  await container.sh("chown -R hermes: /opt/data/profiles");
  const results = await Promise.all([
    ctl(container, ["sync"]),
    ...names.map((name) => ctl(container, ["register", name])),
    ctl(container, ["sync", "--prune"]),
  ]);
  for (const { code, stderr } of results) {
    assert(code === 0 || /registered already/.test(stderr), stderr);
  }
  // A sync that was first does not wait until what it has made is up.
  await until("all of them are up", async () => {
    return Object.keys(await pids(container)).sort().join() === ["default", ...names].sort().join();
  }, 30_000);
  assertMatch(await ctlOk(container, ["sync"]), /^(\S+: unchanged\n){11}$/);
  assertMatch(await ctlOk(container, ["doctor"]), /^ok +no supervisor without its slot +none$/m);
});
