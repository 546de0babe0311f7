import { assert, assertEquals, assertGreater } from "@std/assert";
import type { Container } from "../container/container.ts";
import {
  bootSettled,
  type Call,
  drive,
  type DriveOptions,
  drives,
  inventory,
  observe,
  type Outcome,
  processesOf,
} from "./_drive.ts";
import { Home, liveTest, untilStatus } from "./_live.ts";

// Long enough for as many processes to start as are raced against each other.
const startIn = (processes: number) => ({ startAt: Date.now() + 100 + 60 * processes });

/** Makes each list of calls in a process of its own, all at once; returns what each did. */
function race(
  container: Container,
  lists: Call[][],
  options: DriveOptions = startIn(lists.length),
): Promise<Outcome[][]> {
  return Promise.all(lists.map((calls) => drive(container, calls, options)));
}

/** The names of the errors that were thrown, `ok` for none, in order. */
function verdicts(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ error }) => error?.name ?? "ok").sort();
}

liveTest("of two processes that register the same profile one wins, ten times", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  for (let round = 1; round <= 10; round++) {
    const register: Call[] = [["registerProfileGateway", "coder"]];
    const outcomes = (await race(container, [register, register])).flat();
    assertEquals(verdicts(outcomes), ["GatewayRegisteredError", "ok"], `round ${round}`);
    await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    await drives(container, [["unregisterProfileGateway", "coder"]]);
  }
  assertEquals(await inventory(container), before);
});

liveTest("ten processes register ten profiles at once, and unregister them at once", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  const profiles = Array.from({ length: 10 }, (_, index) => `p${index}`);
  const registered = await race(
    container,
    profiles.map((profile) => [["registerProfileGateway", profile]]),
  );
  assertEquals(verdicts(registered.flat()), profiles.map(() => "ok"));
  for (const profile of profiles) {
    await untilStatus(container, `gateway-${profile}`, "up", ({ up }) => up);
    await untilStatus(container, `gateway-${profile}/log`, "up", ({ up }) => up);
  }
  assertEquals(await drives(container, [["listProfileGateways"]]), [["default", ...profiles]]);
  const unregistered = await race(
    container,
    profiles.map((profile) => [["unregisterProfileGateway", profile]]),
  );
  assertEquals(verdicts(unregistered.flat()), profiles.map(() => "ok"));
  assertEquals(await inventory(container), before);
});

liveTest("processes that unregister the same profile all succeed", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  for (let round = 1; round <= 5; round++) {
    await drives(container, [["registerProfileGateway", "coder"]]);
    const unregister: Call[] = [["unregisterProfileGateway", "coder"]];
    const outcomes = (await race(container, [unregister, unregister, unregister])).flat();
    assertEquals(outcomes.map(({ error }) => error), outcomes.map(() => undefined));
    assertEquals(await inventory(container), before);
  }
});

liveTest(
  "nobody sees half a slot while reconcile, register, start and unregister run at once",
  async () => {
    await using home = await Home.make({});
    await using container = await bootSettled(home);
    const before = await inventory(container);
    for (const profile of ["kept", "p1", "p2"]) {
      await home.put(profile, { state: { desired_state: "running" } });
    }
    await container.sh("chown -R hermes:hermes /opt/data/profiles");
    await drives(container, [["registerProfileGateway", "kept"]]);
    const { pid } = await untilStatus(container, "gateway-kept", "up", ({ up }) => up);

    const forMs = 4000;
    let reconciles = 0;
    const reconcile = async () => {
      const end = performance.now() + forMs;
      for (; performance.now() < end; reconciles++) {
        const { code, stdout, stderr } = await container.exec([
          "/etc/cont-init.d/02-reconcile-profiles",
        ]);
        assertEquals(code, 0, stdout + stderr);
      }
    };
    const churn = (profile: string): Call[] => [
      ["registerProfileGateway", profile],
      ["start", profile],
      ["unregisterProfileGateway", profile],
    ];
    const [seen, outcomes] = await Promise.all([
      observe(container, forMs),
      race(container, [churn("p1"), churn("p2"), churn("p2"), churn("p3")], { repeatMs: forMs }),
      reconcile(),
    ]);
    assertEquals(seen.missing, []);
    assertGreater(seen.rounds, 10);
    // More than default and kept and one each of the others: some came back.
    assertGreater(seen.slots, 5);
    assertGreater(reconciles, 1);
    const allowed: Record<string, string[]> = {
      registerProfileGateway: ["ok", "GatewayRegisteredError", "GatewayNotRegisteredError"],
      // The last: its slot went, and somebody else's of the same name came.
      start: ["ok", "GatewayNotRegisteredError", "S6CommandError"],
      unregisterProfileGateway: ["ok"],
    };
    for (const { method, error } of outcomes.flat()) {
      const verdict = error?.name ?? "ok";
      assert(allowed[method]?.includes(verdict), `${method}: ${JSON.stringify(error)}`);
    }
    const now = await untilStatus(container, "gateway-kept", "up", ({ up }) => up);
    assertEquals(now.pid, pid, "a gateway that nobody touched was restarted");
    const profiles = ["kept", "p1", "p2", "p3"];
    await drives(
      container,
      profiles.map((profile): Call => ["unregisterProfileGateway", profile]),
    );
    for (const profile of profiles) assertEquals(await processesOf(container, profile), []);
    assertEquals(await inventory(container), before);
  },
);
