import { assert, assertEquals } from "@std/assert";
import type { GatewayStatus } from "../../mod.ts";
import type { Container } from "../container/container.ts";
import {
  bootSettled,
  type Call,
  drive,
  drives,
  fails,
  inventory,
  processesOf,
  untilReady,
} from "./_drive.ts";
import { bootContainer, Home, liveTest, SCANDIR, untilStatus } from "./_live.ts";

const SLOT = "gateway-coder";
const RUNNING = { desired_state: "running" };

/** The names in the dot directory of the scandir. */
async function dotEntries(container: Container): Promise<string[]> {
  return (await container.sh(`ls -A ${SCANDIR}/.hermes`)).stdout.trim().split("\n");
}

liveTest("a gateway that ignores SIGTERM is killed by unregister, in bounded time", async () => {
  await using home = await Home.make({ coder: { state: RUNNING, stub: "hang" } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  const [outcome] = await drive(container, [["unregisterProfileGateway", "coder"]], {
    timeoutMs: 400,
  });
  assertEquals(outcome?.error, undefined);
  assertEquals(outcome?.warnings, ["profile=coder: not down within 400 ms: killing it"]);
  assert(outcome !== undefined && outcome.ms >= 400 && outcome.ms < 9000, `${outcome?.ms} ms`);
  assertEquals(await processesOf(container, "coder"), []);
  assertEquals(await dotEntries(container), ["last-boot.json", "lock"]);
  assertEquals(await drives(container, [["listProfileGateways"]]), [["default"]]);
});

liveTest("stop of a gateway that ignores SIGTERM gives up in bounded time", async () => {
  await using home = await Home.make({ coder: { state: RUNNING, stub: "hang" } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  for (const method of ["stop", "restart"] as const) {
    const { error, ms } = await fails(container, [method, "coder"], { timeoutMs: 300 });
    assertEquals(
      [error.name, error["service"], error["timeoutMs"]],
      ["S6TimeoutError", SLOT, 300],
    );
    assert(ms >= 300 && ms < 9000, `${method} took ${ms} ms`);
  }
});

for (
  const [stub, call] of [
    ["", ["unregisterProfileGateway", "absent"]],
    ["", ["reapRetired"]],
    ["hang", ["unregisterProfileGateway", "absent"]],
  ] satisfies [string, Call][]
) {
  liveTest(
    `${call[0]} ends what a killed unregister left behind${
      stub && ", even a gateway that ignores SIGTERM"
    }`,
    async () => {
      await using home = await Home.make({ coder: { state: RUNNING, stub } });
      await using container = await bootContainer(home);
      await untilReady(container, home, "coder");
      const { code } = await container.sh(`cd ${SCANDIR} && mv ${SLOT} .hermes/retired-x`, {
        user: "hermes",
      });
      assertEquals(code, 0);
      await drives(container, [call], { timeoutMs: 3000 });
      assertEquals(await processesOf(container, "coder"), []);
      assertEquals(await dotEntries(container), ["last-boot.json", "lock"]);
    },
  );
}

liveTest("a slot that no s6-svscan has picked up yet can be unregistered", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  await home.put("coder", { state: RUNNING });
  const { code } = await container.exec(["/etc/cont-init.d/02-reconcile-profiles"]);
  assertEquals(code, 0);
  await drives(container, [["unregisterProfileGateway", "coder"]]);
  assertEquals(await inventory(container), before);
});

liveTest("a gateway parked after ten deaths gets a fresh tally from start", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  await using container = await bootContainer(home);
  const die = async (last: number) => {
    const { pid } = await untilStatus(container, SLOT, "up again", ({ up, pid }) => {
      return up && pid !== last;
    });
    await container.exec(["s6-svc", "-k", `${SCANDIR}/${SLOT}`], { user: "hermes" });
    return pid;
  };
  let last = -1;
  for (let death = 1; death <= 10; death++) last = await die(last);
  await untilStatus(container, SLOT, "parked", ({ up, wantedUp }) => !up && !wantedUp);
  const ask = async () => (await drives(container, [["status", "coder"]]))[0] as GatewayStatus;
  const { profile, up, pid: none, exitCode, signal, deaths } = await ask();
  assertEquals({ profile, up, pid: none, exitCode, signal, deaths }, {
    profile: "coder",
    up: false,
    pid: null,
    exitCode: null,
    signal: "SIGKILL",
    deaths: 10,
  });
  await drives(container, [["start", "coder"]]);
  assertEquals((await ask()).deaths, 0);
  const pid = await die(last);
  await untilStatus(
    container,
    SLOT,
    "up after its first death",
    (now) => now.up && now.pid !== pid,
  );
  assertEquals((await ask()).deaths, 1);
});

liveTest("an illegal name is refused by every method, and nothing is touched", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  const one = async (name: string, methods: Call[0][]) =>
    (await drive(container, methods.map((method): Call => [method, name])))
      .map(({ method, error }) => [method, error?.name, error?.["profile"]]);
  const each = ["start", "stop", "restart", "status"] as const;
  const all = [...each, "registerProfileGateway", "unregisterProfileGateway"] as const;
  for (const name of ["../x", "Coder", "", "a".repeat(244)]) {
    const expected = all.map((method) => [method, "InvalidProfileNameError", name]);
    assertEquals(await one(name, [...all]), expected);
  }
  const expected = each.map((method) => [method, "GatewayNotRegisteredError", "absent"]);
  assertEquals(await one("absent", [...each]), expected);
  assertEquals(await inventory(container), before);
});
