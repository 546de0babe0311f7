import { assert, assertEquals, assertMatch } from "@std/assert";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import {
  bootContainer,
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  status,
  staysDown,
  STOPPED,
  untilAllUp,
} from "./_live.ts";

const KEPT = { gateway_state: "running", pid: 4711, nested: { list: [1, null, "x"] } };

/** What stands in a profile's gateway_state.json. */
async function state(home: Home, profile: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(`${home.dir(profile)}/gateway_state.json`));
}

/** Does what a gateway does: changes its own keys of gateway_state.json. */
async function leave(home: Home, profile: string, gatewayState: string): Promise<void> {
  const left = { ...await state(home, profile), gateway_state: gatewayState };
  await home.put(profile, { state: left });
}

for (
  const [how, graceMs, exit] of [["stopped", 30_000, "clean"], ["killed", 0, "unclean"]] as const
) {
  liveTest(
    `gateways are what the operator told them after a container that was ${how}`,
    async (boot) => {
      const [started, stopped] = [["running", "draining", "stopped"], ["resting", "again"]];
      const { container, home } = await boot({
        ...Object.fromEntries(started.map((name) => [name, STOPPED])),
        ...{ resting: { state: { gateway_state: "running" } }, again: RUNNING },
      });
      await untilAllUp(container, ...stopped);
      await ctlOk(container, ["start", ...started]);
      await ctlOk(container, ["stop", ...stopped]);
      await ctlOk(container, ["start", "again"]);
      await ctlOk(container, ["stop", "again"]);
      await home.untilMinding(...started);
      for (const name of started) await leave(home, name, name);
      for (const name of stopped) await leave(home, name, "running");
      assertEquals(await container.stop(graceMs), graceMs > 0);
      await using next = await bootContainer(home);
      await untilAllUp(next, ...started);
      await staysDown(next, ...stopped.map((name) => `gateway-${name}`));
      const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
      const lines = log.split("\n").filter((line) => line.includes("profile=running"));
      const exits = lines.map((line) => / prior_exit=(\w+)$/.exec(line)?.[1]);
      assertEquals(exits, ["unknown", exit]);
    },
  );
}

liveTest("gatewayctl records the intent and keeps the rest of the state file", async (boot) => {
  const profiles = ["coder", "default"];
  const { container, home } = await boot({ default: { state: KEPT }, coder: { state: KEPT } });
  for (const name of profiles) await Deno.chmod(`${home.dir(name)}/gateway_state.json`, 0o640);
  for (
    const [command, desired] of [
      ...[["stop", "stopped"], ["start", "running"], ["stop", "stopped"], ["restart", "running"]],
    ] as [string, string][]
  ) {
    const from = Math.floor(Date.now() / 1000);
    await ctlOk(container, [command, ...profiles]);
    for (const profile of profiles) {
      const { updated_at: updatedAt, ...rest } = await state(home, profile);
      assertEquals(rest, { ...KEPT, desired_state: desired }, command);
      assert(Number.isInteger(updatedAt), `${command}: updated_at is ${updatedAt}`);
      const seconds = updatedAt as number;
      assert(from <= seconds && seconds <= Date.now() / 1000, `${command}: ${from}, ${seconds}`);
      const { mode, uid, gid } = await Deno.lstat(`${home.dir(profile)}/gateway_state.json`);
      assertEquals([(mode ?? 0) & 0o7777, uid, gid], [0o640, 10000, 10000], command);
    }
  }
  for (const profile of profiles) {
    const names = [...Deno.readDirSync(home.dir(profile))].map(({ name }) => name);
    assertEquals(names.filter((name) => name.startsWith("gateway_state")), ["gateway_state.json"]);
  }
});

liveTest(
  "an intent that cannot be recorded is exit 1, and says so; s6 is told it",
  async (boot) => {
    const { container, home } = await boot({ sealed: { state: KEPT }, absent: { state: KEPT } });
    await Deno.chmod(home.dir("sealed"), 0o555);
    await ctlOk(container, ["stop", "absent"]);
    await Deno.remove(home.dir("absent"), { recursive: true });
    for (const profile of ["sealed", "absent"]) {
      const service = `gateway-${profile}`;
      for (
        const [command, desired, up] of [
          ...[["start", "running", true], ["restart", "running", true], ["stop", "stopped", false]],
        ] as [string, string, boolean][]
      ) {
        const { code, stderr } = await ctl(container, [command, profile]);
        assertEquals(code, 1, stderr);
        const then = up ? "does not start" : "may start again";
        const error = `^gatewayctl: error: ${profile}: s6 was told, but "${desired}" is not ` +
          `recorded \\([A-Z].*\\): it ${then} with the next container; see "gatewayctl doctor", ` +
          `then "gatewayctl ${up ? "start" : "stop"} ${profile}" again\n$`;
        assertMatch(
          stderr.replace(/^gatewayctl: warning: .* takes the stop for .*\n/, ""),
          new RegExp(error),
        );
        assertEquals((await status(container, service)).up, up, command);
        const { code: down } = await container.sh(`test -e ${SCANDIR}/${service}/down`);
        assertEquals(down === 0, !up, `the down file after ${command}`);
      }
    }
    assertEquals(await state(home, "sealed"), KEPT);
    assertEquals((await container.sh("ls /opt/data/profiles")).stdout, "sealed\n");
    await Deno.chmod(home.dir("sealed"), 0o755);
  },
);
