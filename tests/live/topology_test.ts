import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, liveTest, RUNNING, staysDown, STOPPED, untilUp } from "./_live.ts";

/** Boots what has not booted yet; every hook must succeed. */
async function bootAll(container: Container): Promise<string> {
  const hooks = await container.boot();
  for (const [name, { code, stderr }] of hooks) assertEquals(code, 0, `${name}: ${stderr}`);
  return hooks.get("02-reconcile-profiles")?.stdout ?? "";
}

liveTest(
  "with hermes 0.21.4 the root profile's gateway runs for whoever was running, and says for whom",
  async (boot) => {
    const root = { ...STOPPED, stub: "environ" };
    const { container, home } = await boot(
      { default: root, coder: RUNNING, writer: STOPPED },
      { hooks: false },
    );
    await container.sh("echo 0.21.4 >/opt/hermes-boot/hermes-version");
    const line = /profile=default prior_state=stopped action=started .*reason="wanted by coder"\n/;
    assertMatch(await bootAll(container), /profile=default .*reason="wanted by coder"\n/);
    assertMatch(await Deno.readTextFile(`${home.path}/logs/container-boot.log`), line);
    const first = await untilUp(container, "default");
    await staysDown(container, "gateway-coder", "gateway-writer");
    assert((await home.untilEnviron("default")).includes("GATEWAY_MULTIPLEX_PROFILES=true"));
    assertMatch(
      await ctlOk(container, ["why", "default"]),
      /^default: running, pid \d+; wanted by coder\n/,
    );
    assertMatch(
      await ctlOk(container, ["why", "coder"]),
      /^coder: the root profile's gateway serves it\n/,
    );
    await ctlOk(container, ["health"]);
    await ctlOk(container, ["health", "--profile", "coder"]);
    // 1. A start of a named profile is one of the root profile's gateway, which is up.
    assertEquals(
      await ctlOk(container, ["start", "writer"]),
      `writer: the root profile's gateway serves it: up, pid ${first}\n`,
    );
    assertMatch(await ctlOk(container, ["why", "default"]), /wanted by coder, writer\n/);
    // 2. A restart of two is one restart.
    const restarted = await ctlOk(container, ["restart", "coder", "writer"]);
    const second = await untilUp(container, "default", first);
    const served = `the root profile's gateway serves it: up, pid ${second}`;
    assertEquals(restarted, `coder: ${served}\nwriter: ${served}\n`);
    // 3. A stop of a named profile leaves it up; when all are stopped it is not started.
    assertMatch(
      await ctlOk(container, ["stop", "coder"]),
      /^coder: down; as long as it is up, the ro/,
    );
    assertEquals(await untilUp(container, "default"), second);
    await ctlOk(container, ["stop", "default"]);
    assertMatch(
      await ctlOk(container, ["why", "default"]),
      /container start it is wanted by writer\n/,
    );
    await ctlOk(container, ["start", "writer"]);
    assertNotEquals(await untilUp(container, "default"), second);
    await ctlOk(container, ["stop", "--all"]);
    assert(await container.stop(30_000));
    await using next = await bootContainer(home, { env: { HERMES_GATEWAY_TOPOLOGY: "one" } });
    await staysDown(next, "gateway-default", "gateway-coder", "gateway-writer");
  },
);

liveTest(
  "the container without the root profile runs nothing, and says who serves",
  async (boot) => {
    const env = { HERMES_GATEWAY_TOPOLOGY: "one", HERMES_GATEWAY_PROFILES: "coder" };
    const { container } = await boot({ default: RUNNING, coder: RUNNING }, { env });
    const { code, stderr } = await ctl(container, ["start", "coder"]);
    assertEquals([code, stderr], [
      3,
      'gatewayctl: error: coder: no such gateway is registered; see "gatewayctl why coder"\n',
    ]);
    const words =
      /^coder: the root profile's gateway serves it, elsewhere: [^]*outside: +HERMES_GATEWAY_PROF/;
    assertMatch(await ctlOk(container, ["why", "coder"]), words);
  },
);

liveTest("HERMES_GATEWAY_BOOTSTRAP_STATE=running starts a new root profile, once", async (boot) => {
  const env = { HERMES_GATEWAY_BOOTSTRAP_STATE: "running" };
  const { container, home } = await boot({ coder: {} }, { env });
  await untilUp(container, "default");
  const file = `${home.path}/gateway_state.json`;
  assertEquals(await Deno.readTextFile(file), '{"gateway_state":"running"}\n');
  assertEquals(((await Deno.lstat(file)).mode ?? 0) & 0o777, 0o644);
  await staysDown(container, "gateway-coder");
  await ctlOk(container, ["stop", "default"]);
  assert(await container.stop(30_000));
  await using next = await bootContainer(home, { env });
  await staysDown(next, "gateway-default");
});
