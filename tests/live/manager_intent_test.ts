import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Container } from "../container/container.ts";
import { addProfile, drive, drives, untilReady } from "./_drive.ts";
import { bootContainer, Home, liveTest, SCANDIR, status, untilStatus } from "./_live.ts";

const SLOT = "gateway-coder";
const KEPT = { gateway_state: "running", pid: 4711, nested: { list: [1, null, "x"] } };

/** What stands in a profile's gateway_state.json. */
async function state(home: Home, profile: string): Promise<Record<string, unknown>> {
  return JSON.parse(await Deno.readTextFile(`${home.dir(profile)}/gateway_state.json`));
}

/** Does what a gateway does: changes its own keys of gateway_state.json. */
async function leave(home: Home, profile: string, gatewayState: string): Promise<void> {
  const text = JSON.stringify({ ...await state(home, profile), gateway_state: gatewayState });
  await Deno.writeTextFile(`${home.dir(profile)}/gateway_state.json`, text);
}

/** Watches a service for 2 s, in which s6 would have started it. */
async function staysDown(container: Container): Promise<void> {
  await untilStatus(container, SLOT, "supervised", () => true);
  const end = performance.now() + 2000;
  while (performance.now() < end) {
    const { up, wantedUp } = await status(container, SLOT);
    assertEquals({ up, wantedUp }, { up: false, wantedUp: false });
  }
}

liveTest("a gateway that was stopped stays down in the next container", async () => {
  await using home = await Home.make({ coder: { state: { gateway_state: "running" } } });
  for (const graceMs of [30_000, 0]) {
    await using container = await bootContainer(home);
    if (graceMs > 0) {
      await untilReady(container, home, "coder");
      await drives(container, [["stop", "coder"]]);
    } else {
      await staysDown(container);
      await drives(container, [["start", "coder"], ["stop", "coder"]]);
    }
    await leave(home, "coder", "running");
    await container.stop(graceMs);
  }
  await using container = await bootContainer(home);
  await staysDown(container);
});

for (
  const [how, graceMs, left] of [
    ["stopped with its container", 30_000, "stopped"],
    ["killed with its container while running", 0, "running"],
    ["killed with its container and left draining", 0, "draining"],
    ["killed with its container and left stopped", 0, "stopped"],
  ] as const
) {
  liveTest(`a gateway that was started and then ${how} comes back`, async () => {
    await using home = await Home.make({ coder: { state: { desired_state: "stopped" } } });
    {
      await using container = await bootContainer(home);
      await drives(container, [["start", "coder"]]);
      await untilReady(container, home, "coder");
      await leave(home, "coder", left);
      await container.stop(graceMs);
    }
    await using container = await bootContainer(home);
    await untilStatus(container, SLOT, "up again", ({ up }) => up);
  });
}

liveTest("start, stop and restart record the intent and keep the rest of the file", async () => {
  await using home = await Home.make({
    default: { state: KEPT },
    coder: { state: KEPT },
  });
  await using container = await bootContainer(home);
  for (const profile of ["coder", "default"]) {
    const file = `${home.dir(profile)}/gateway_state.json`;
    await Deno.chmod(file, 0o640);
    for (
      const [method, desired] of [["stop", "stopped"], ["start", "running"], [
        "stop",
        "stopped",
      ], ["restart", "running"]] as const
    ) {
      const from = Math.floor(Date.now() / 1000);
      await drives(container, [[method, profile]]);
      const { updated_at: updatedAt, ...rest } = await state(home, profile);
      assertEquals(rest, { ...KEPT, desired_state: desired }, method);
      assert(Number.isInteger(updatedAt), `${method}: updated_at is ${updatedAt}`);
      const seconds = updatedAt as number;
      assert(from <= seconds && seconds <= Date.now() / 1000, `${method}: ${from}, ${seconds}`);
      const { mode, uid, gid } = await Deno.lstat(file);
      assertEquals([(mode ?? 0) & 0o7777, uid, gid], [0o640, 10000, 10000], method);
    }
    const names = [...Deno.readDirSync(home.dir(profile))].map(({ name }) => name);
    assertEquals(names.filter((name) => name.startsWith("gateway_state")), ["gateway_state.json"]);
  }
});

liveTest(
  "an intent that cannot be recorded is a warning, and s6 is told all the same",
  async () => {
    await using home = await Home.make({});
    await using container = await bootContainer(home);
    await addProfile(home, "sealed", { state: KEPT });
    await Deno.chmod(home.dir("sealed"), 0o555);
    try {
      for (const profile of ["sealed", "absent"]) {
        await drives(container, [["registerProfileGateway", profile, { startNow: false }]]);
        const service = `gateway-${profile}`;
        for (
          const [method, desired, up] of [
            ["start", "running", true],
            ["restart", "running", true],
            ["stop", "stopped", false],
          ] as const
        ) {
          const [outcome] = await drive(container, [[method, profile]]);
          assertEquals(outcome?.error, undefined);
          assertEquals(outcome?.warnings.length, 1);
          assertMatch(
            outcome?.warnings[0] ?? "",
            new RegExp(`^profile=${profile}: cannot record ${desired}: [A-Z]`),
          );
          assertEquals((await status(container, service)).up, up, method);
          const { code } = await container.sh(`test -e ${SCANDIR}/${service}/down`);
          assertEquals(code === 0, !up, `the down file after ${method}`);
        }
      }
      assertEquals(await state(home, "sealed"), KEPT);
      assertEquals((await container.sh("ls /opt/data/profiles")).stdout, "sealed\n");
    } finally {
      await Deno.chmod(home.dir("sealed"), 0o755);
    }
  },
);
