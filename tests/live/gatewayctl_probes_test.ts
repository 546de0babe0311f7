import { assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { withHangingHome } from "./_hang.ts";
import { liveTest, RUNNING, SCANDIR, SUPERVISION, untilAllUp, untilParked } from "./_live.ts";

/** Runs health; returns the exit code, and what it says on standard error. */
async function probe(container: Container, ...options: string[]): Promise<[number, string]> {
  const { code, stderr } = await ctl(container, ["health", ...options]);
  return [code, stderr];
}

const WELL: [number, string] = [0, ""];

/** Finds the PID of the s6-svscan of the gateways. */
async function findSvscan(container: Container): Promise<string> {
  const { stdout } = await container.sh(`pgrep -xf 's6-svscan .*${SCANDIR}'`);
  return stdout.trim();
}

liveTest(
  "of 40 gateways one has a wrong configuration: health names it, the probes are content",
  async (boot) => {
    const names = Array.from({ length: 38 }, (_, i) => `p${i}`);
    const { container } = await boot({
      ...{ default: RUNNING, broken: { ...RUNNING, stub: "exit 78" } },
      ...Object.fromEntries(names.map((name) => [name, RUNNING])),
    });
    await until("ready", async () => (await probe(container, "--ready"))[0] === 0, 60_000);
    await untilParked(container, "gateway-broken");
    await untilAllUp(container, "default", ...names);
    assertEquals(await probe(container, "--live"), WELL);
    assertEquals(await probe(container, "--ready"), WELL);
    const [code, stderr] = await probe(container);
    assertEquals(code, 1);
    assertMatch(stderr, /^gatewayctl: error: broken: .*exit code 78.*"gatewayctl why broken"\n$/);
    const [{ profile, cause } = {}, ...others] = await ctlJson(container, ["health"]);
    assertEquals([profile, cause, others], ["broken", "wrong-configuration", []]);
  },
);

liveTest("a container is live, and not ready, until its hooks are done", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING }, { hooks: false });
  for (const hook of ["01-hermes-setup", "015-supervise-perms"]) {
    assertEquals((await container.exec([`/etc/cont-init.d/${hook}`])).code, 0);
  }
  // Isolated supervision's s6-svscan is a service: it comes after the hooks.
  if (SUPERVISION === "shared") assertEquals(await probe(container, "--live"), WELL);
  assertMatch((await probe(container, "--ready"))[1], /no boot record/);
  assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 0);
  const [code, stderr] = await probe(container, "--ready");
  assertEquals(code, 1);
  assertMatch(stderr, /^gatewayctl: error: coder: /m);
});

liveTest(
  "a container with a frozen s6-svscan is neither live nor ready nor healthy",
  async (boot) => {
    // The kernel does not freeze PID 1 for anybody in its container.
    if (SUPERVISION === "shared") return;
    const { container } = await boot({ default: RUNNING, coder: RUNNING });
    await untilAllUp(container, "default", "coder");
    const pid = await findSvscan(container);
    await container.sh(`kill -s STOP ${pid}`);
    for (const options of [["--live"], ["--ready"], []]) {
      assertEquals(await probe(container, ...options), [
        1,
        `gatewayctl: error: s6-svscan is frozen (pid ${pid}); see "gatewayctl doctor" and the ` +
        "container's log\n",
      ]);
    }
    await container.sh(`kill -s CONT ${pid}`);
    for (const options of [["--live"], ["--ready"], []]) {
      assertEquals(await probe(container, ...options), WELL);
    }
  },
);

liveTest("a FIFO in place of a state file holds no probe up", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  const file = "/opt/data/profiles/coder/gateway_state.json";
  assertEquals((await container.sh(`rm ${file} && mkfifo ${file}`)).stderr, "");
  for (const options of [["--live"], ["--ready"], []]) {
    assertEquals(await probe(container, ...options), WELL);
  }
  await Deno.remove(`${home.dir("coder")}/gateway_state.json`);
});

liveTest("health --live says that all is well while the volume hangs", async (boot, test) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  await withHangingHome(container, test, async () => {
    const bounded = (command: string) =>
      container.sh(`timeout -s KILL 5 ${command}`, { user: "hermes" });
    assertEquals((await bounded("stat /opt/data")).code, 137, "it does hang");
    const { code, stderr } = await bounded("gatewayctl health --live");
    assertEquals([code, stderr], WELL);
  });
});

liveTest("health takes one of --live, --ready and --profile", async (boot) => {
  const { container } = await boot({ default: RUNNING });
  await untilAllUp(container, "default");
  for (
    const [options, words] of [
      [["--live", "--ready"], "--live and --ready"],
      [["--ready", "--profile", "default"], "--ready and --profile"],
    ] as const
  ) {
    assertEquals(await probe(container, ...options), [
      2,
      `gatewayctl: error: expected one of ${words}; try "gatewayctl health --help"\n`,
    ]);
  }
  await ctlOk(container, ["health", "--profile", "default"]);
});
