import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Container, type ContainerOptions, until } from "../container/container.ts";
import {
  type Boot,
  type Home,
  liveTest,
  RUNNING,
  SCANDIRS,
  status,
  STOPPED,
  THREE,
  untilRested,
  untilStatus,
} from "./_live.ts";
import { processes } from "./_tree.ts";

const SCANDIR = SCANDIRS.isolated;
const GATEWAYS = "/run/service/gateways";

/** What isolated supervision comes with. */
const ISOLATED: Readonly<Record<string, Omit<ContainerOptions, "data">>> = {
  "isolated supervision": { env: { HERMES_SUPERVISION: "isolated" } },
  "root with only SETUID, SETGID and CHOWN": { capabilities: THREE },
};

/** Waits until gateways run once each, as the service's own; none with a PID of before. */
async function untilSettled(
  container: Container,
  profiles: readonly string[],
  before: readonly number[] = [],
): Promise<number[]> {
  const pids: number[] = [];
  for (const profile of profiles) {
    const slot = `${SCANDIR}/gateway-${profile}`;
    const { pid } = await untilStatus(
      container,
      slot,
      "up again",
      ({ up, pid }) => up && !before.includes(pid),
    );
    pids.push(pid);
  }
  await until("one s6-svscan of hermes's, and one supervisor a service", async () => {
    const commands = [...(await processes(container)).values()];
    const count = (text: string) => commands.filter((command) => command === text).length;
    const svscans = commands.filter((command) => command.includes(`8000 -d3 -- ${SCANDIR}`))
      .filter((command) => command.startsWith("s6-svscan"));
    return svscans.length === 1 &&
      profiles.every((profile) =>
        count(`s6-supervise gateway-${profile}`) === 1 &&
        count(`s6-supervise gateway-${profile}/log`) === 1
      );
  }, 30_000);
  await untilStatus(container, GATEWAYS, "up", ({ up }) => up);
  return pids;
}

/** Stops a container as an engine does, and tells how long that took. */
async function stopMs(container: Container): Promise<number> {
  const start = performance.now();
  assert(await container.stop(10_000), "it had to be killed");
  return performance.now() - start;
}

/** Has a container's hooks end with some lines of shell, as hermes, before the static services are brought up. */
async function bootBroken(
  boot: Boot,
  options: Omit<ContainerOptions, "data">,
  lines: string,
): Promise<Container> {
  const { container } = await boot({ coder: RUNNING }, { hooks: false, ...options });
  await container.sh(
    `printf '%s\n' '#!/opt/hermes-boot/libexec/become-hermes sh' '${lines}' >/etc/cont-init.d/03-break; chmod 755 /etc/cont-init.d/03-break`,
  );
  const start = performance.now();
  assertEquals((await container.boot()).get("03-break")?.code, 0);
  assert(performance.now() - start < 15_000, "the boot did not go on");
  return container;
}

function starts(log: string): number {
  return [...log.matchAll(/up as hermes/g)].length;
}

/** Starts a gateway that leaves a process of another session behind, which holds its log pipe. */
async function untilLeft(home: Home, profile: string): Promise<void> {
  const group = `${home.dir(profile)}/stub.group`;
  await until("the child's group", () => Deno.readTextFile(group).catch(() => ""), 30_000);
  await home.untilMinding(profile);
  await Deno.writeTextFile(`${home.dir(profile)}/stub.do`, "exec sleep 10000\n");
  await until("the child", async () => {
    const line = await Deno.readTextFile(`${home.dir(profile)}/stub.do`).catch(() => "");
    return line === "";
  }, 30_000);
  await Deno.remove(group); // else the stub would end it
}

for (const [what, options] of Object.entries(ISOLATED)) {
  liveTest(
    `${what}: root's killed supervisor of gateways restarts each gateway once`,
    async (boot) => {
      const profiles = ["coder", "scout"];
      const { container, home } = await boot(
        { coder: RUNNING, scout: RUNNING, writer: STOPPED },
        options,
      );
      const before = await untilSettled(container, profiles);
      await home.untilMinding(...profiles);
      await container.sh("kill -9 $(pgrep -fx 's6-supervise gateways')");
      await untilSettled(container, profiles, before);
      await home.untilMinding(...profiles);
      for (const profile of profiles) {
        await until("both starts are logged", async () => starts(await home.log(profile)) === 2);
        assertMatch(await home.log(profile), /stopped\n.*up as hermes/, "it was not a clean stop");
      }
      assert((await stopMs(container)) < 6000);
    },
  );

  liveTest(
    `${what}: a stop right after root's supervisor of gateways was killed takes its time`,
    async (boot) => {
      const { container, home } = await boot({ coder: RUNNING }, options);
      await untilSettled(container, ["coder"]);
      await home.untilMinding("coder");
      await container.sh("kill -9 $(pgrep -fx 's6-supervise gateways')");
      assert((await stopMs(container)) < 8000);
      const lifecycle = `${home.dir("coder")}/state/gateway.lifecycle.json`;
      assertEquals(await Deno.readTextFile(lifecycle), '{"phase":"exited"}\n');
    },
  );

  liveTest(
    `${what}: a stop goes on where root's supervisor of gateways is frozen`,
    async (boot) => {
      const { container, home } = await boot({ coder: RUNNING }, options);
      await untilSettled(container, ["coder"]);
      await home.untilMinding("coder");
      await container.sh("kill -STOP $(pgrep -fx 's6-supervise gateways')");
      await stopMs(container);
      const lifecycle = `${home.dir("coder")}/state/gateway.lifecycle.json`;
      assertEquals(await Deno.readTextFile(lifecycle), '{"phase":"exited"}\n');
    },
  );

  liveTest(`${what}: an s6-svscan that hermes started has to leave`, async (boot) => {
    const { container, home } = await boot({ coder: RUNNING, scout: RUNNING }, options);
    const profiles = ["coder", "scout"];
    const before = await untilSettled(container, profiles);
    await home.untilMinding(...profiles);
    await container.sh(
      `kill -9 $(pgrep -u hermes -x s6-svscan); cd /; exec setsid s6-svscan ${SCANDIR} >/dev/null 2>&1 &`,
      { user: "hermes" },
    );
    await untilSettled(container, profiles, before);
    assert((await stopMs(container)) < 10_000);
  });

  liveTest(
    `${what}: at a stop what a gateway has left behind holds its logger for half a second`,
    async (boot) => {
      const { container, home } = await boot({
        coder: { ...RUNNING, stub: "agent" },
        scout: RUNNING,
      }, options);
      await untilSettled(container, ["coder", "scout"]);
      await untilLeft(home, "coder");
      const tookMs = await stopMs(container);
      // Without CAP_KILL the stop hook gives what is left 2 s.
      assert(tookMs < (options.capabilities === undefined ? 5000 : 7000), `${tookMs} ms`);
      assertMatch(await home.log("coder"), /gateway coder: stopped\n$/);
    },
  );

  liveTest(`${what}: gateways gives up what keeps failing, and says so`, async (boot) => {
    const hide = `cd /run/hermes && mv service away && : >service`;
    const container = await bootBroken(boot, options, hide);
    const { up, wantedUp } = await status(container, GATEWAYS);
    assertEquals([up, wantedUp], [false, false]);
    assertMatch(await container.log(), /PERMANENT FAILURE triggered after 5 events/);
    await container.sh("cd /run/hermes && rm service && mv away service", { user: "hermes" });
    const { code, stdout } = await container.sh("gatewayctl doctor");
    assertEquals(code, 1);
    assertMatch(
      stdout,
      /FAIL +the service gateways .*given up.*\n *try: s6-svc -u \/run\/service\/gateways\n/,
    );
    // The command that it names helps.
    await container.exec(["s6-svc", "-u", GATEWAYS], { user: "hermes" });
    await untilSettled(container, ["coder"]);
    assertStringIncludes(
      (await container.sh("gatewayctl doctor")).stdout,
      "ok  the service gateways",
    );
    await stopMs(container);
  });
}

liveTest("isolated: gateways that cannot have its scandir ends nobody's gateways", async (boot) => {
  const { container, home } = await boot({ coder: RUNNING }, ISOLATED["isolated supervision"]);
  await untilSettled(container, ["coder"]);
  await home.untilMinding("coder");
  // The lock is held, and nothing that is asked to leave does.
  await container.sh(
    `kill -9 $(pgrep -u hermes -x s6-svscan); s6-setlock ${SCANDIR}/.s6-svscan/lock sleep 1000 >/dev/null 2>&1 &`,
    { user: "hermes" },
  );
  await untilRested(container, "gateways");
  const own = `cd ${SCANDIR} && s6-supervise gateway-coder >/dev/null 2>&1 &`;
  await container.sh(own, { user: "hermes" });
  const { pid } = await untilStatus(container, `${SCANDIR}/gateway-coder`, "up", ({ up }) => up);
  await container.exec(["s6-svc", "-wD", "-T20000", "-u", GATEWAYS]);
  await untilRested(container, "gateways");
  assertMatch((await container.sh("gatewayctl doctor")).stdout, /FAIL +the service gateways/);
  assertEquals((await status(container, `${SCANDIR}/gateway-coder`)).pid, pid);
  await stopMs(container);
});

liveTest("shared: at a stop what a gateway has left behind holds nothing up", async (boot) => {
  const { container, home } = await boot({ coder: { ...RUNNING, stub: "agent" } }, {
    env: { HERMES_SUPERVISION: "shared" },
  });
  await untilLeft(home, "coder");
  const tookMs = await stopMs(container);
  assert(tookMs < 7500, `${tookMs} ms`);
  assertMatch(await home.log("coder"), /gateway coder: stopped\n$/);
});
