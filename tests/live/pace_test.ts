import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { permissionFlags, type Permissions, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { bundled, DENO, INSTALL_DIR } from "../../lib/image/scripts.ts";
import { START_GATEWAYS } from "../../lib/image/stages.ts";
import { FACTS_FILE } from "../../lib/rules/facts.ts";
import { droppedGrants, lies } from "../permissions/_audit.ts";
import { NOWHERE } from "../_facts.ts";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import {
  type BootOptions,
  HERMES,
  liveTest,
  RUNNING,
  SCANDIR,
  status,
  STOPPED,
  THREE,
  untilAllUp,
  untilParked,
  untilRested,
  untilStatus,
  untilUp,
} from "./_live.ts";

const SERVICE = `${SHARED_SCANDIR}/start-gateways`;

/** A container that starts so many gateways at a time. */
function paced(parallel: string, env: Readonly<Record<string, string>> = {}): BootOptions {
  return { env: { HERMES_START_PARALLEL: parallel, ...env } };
}

/** A service that is not one of the suite's keeps the queue where it is: nobody is started by itself. */
async function hold(container: Container): Promise<void> {
  // Who is killed right after default's start has not written down yet that its turn is over.
  const isOver = async () => !/default/.test(await marks(container));
  await until("default waits no longer", isOver, 30_000);
  await container.sh(`s6-svc -wD -T20000 -d ${SERVICE}`);
}

/** What is wrong with each gateway that is not up, by profile. */
async function causes(container: Container): Promise<Record<string, string>> {
  const rows = await ctlJson<{ profile: string; cause: string }[]>(container, ["list"]);
  return Object.fromEntries(rows.map(({ profile, cause }) => [profile, cause]));
}

/** The clock ticks since the machine's start at which a gateway was started. */
async function startedAt(container: Container, profile: string): Promise<number> {
  const pid = await untilUp(container, profile);
  const { stdout } = await container.sh(`cut -d ' ' -f 22 /proc/${pid}/stat; getconf CLK_TCK`);
  const [ticks, perSecond] = stdout.trim().split("\n").map(Number);
  return ticks! / perSecond!;
}

async function marks(container: Container): Promise<string> {
  const { stdout } = await container.sh(
    `cd ${SCANDIR} && for file in gateway-*/waits gateway-*/down; do [ ! -e $file ] || echo $file; done`,
  );
  return stdout;
}

const FIVE = { default: RUNNING, a: RUNNING, b: RUNNING, c: RUNNING, z: RUNNING };

liveTest(
  "with HERMES_START_PARALLEL default comes first, then by name, each batch a second after the last",
  async (boot) => {
    const { container } = await boot({ ...FIVE, still: STOPPED }, paced("2"));
    await untilAllUp(container, ...Object.keys(FIVE));
    const at = new Map<string, number>();
    for (const profile of Object.keys(FIVE)) {
      at.set(profile, await startedAt(container, profile));
    }
    const batches = [["default", "a"], ["b", "c"], ["z"]];
    for (const [index, batch] of batches.slice(1).entries()) {
      const last = Math.max(...batches[index]!.map((profile) => at.get(profile)!));
      const next = Math.min(...batch.map((profile) => at.get(profile)!));
      assert(next - last > 0.9, `${batch} ${next - last} s after ${batches[index]}`);
      assert(next - last < 5, `${batch} ${next - last} s after ${batches[index]}`);
    }
    await untilRested(container, SERVICE);
    assertMatch(
      await container.log(),
      /^start-gateways: info: 5 started, 2 at a time, in \d+\.\d s$/m,
    );
    assertEquals(await marks(container), "gateway-still/down\n");
    // What was waiting once comes back when its supervisor is killed.
    const pid = await untilUp(container, "z");
    await container.sh("kill -s KILL $(pgrep -f '^s6-supervise gateway-z$')");
    await untilUp(container, "z", pid);
  },
);

liveTest(
  "one that fails holds nobody up, and one that hangs before it is ready neither",
  async (boot) => {
    const { container } = await boot({
      ...{ a: { ...RUNNING, stub: "exit 78" }, b: { ...RUNNING, stub: "exit 1" } },
      ...{ c: { ...RUNNING, stub: "exit 0" }, d: { ...RUNNING, stub: "hang" }, e: RUNNING },
    }, paced("1"));
    await untilAllUp(container, "d", "e");
    await untilParked(container, "gateway-a");
    assertEquals((await causes(container))["a"], "wrong-configuration");
    assertEquals(/warning/.exec(await container.log()), null);
  },
);

liveTest(
  "those that wait are waiting to list, why, health and metrics, and s6 does not start them",
  async (boot) => {
    const { container } = await boot(FIVE, paced("1"));
    await untilUp(container, "default");
    await hold(container);
    const { default: first, z: last } = await causes(container);
    assertEquals([first, last], ["running", "waiting"]);
    assertMatch(await ctlOk(container, ["list"]), /^z +waiting /m);
    assertMatch(await ctlOk(container, ["list"]), /\d starting$/m);
    assertMatch(
      await ctlOk(container, ["metrics"]),
      /^hermes_gateway_state\{.*"z".*"waiting"\} 1$/m,
    );
    const why = await ctl(container, ["why", "z"]);
    assertMatch(why.stdout, /^z: it waits for its turn [^]*try: +gatewayctl start z$/m);
    for (const probe of [["--ready"], []]) {
      const { code, stderr } = await ctl(container, ["health", ...probe]);
      assertEquals(code, 1);
      assertMatch(stderr, /error: z: it waits for its turn/);
    }
    assertEquals((await ctl(container, ["health", "--live"])).code, 0);
    // A killed supervisor starts none of them before its turn.
    await container.sh("kill -s KILL $(pgrep -f '^s6-supervise gateway-z$')");
    await until("another supervisor", async () => {
      return (await container.sh("pgrep -f '^s6-supervise gateway-z$'")).stdout;
    });
    assertEquals((await untilStatus(container, "gateway-z", "there", () => true)).up, false);
    await container.sh(`s6-svc -u ${SERVICE}`);
    await untilAllUp(container, ...Object.keys(FIVE));
    await until("health", async () => (await ctl(container, ["health", "--ready"])).code === 0);
  },
);

liveTest(
  "an operator's start, stop and unregister of one that waits count, and a sync changes nothing",
  async (boot) => {
    const profiles = { ...FIVE, d: RUNNING, e: RUNNING, f: RUNNING };
    const { container, home } = await boot(profiles, paced("1"));
    await untilUp(container, "default");
    await hold(container);
    const before = await marks(container);
    assertEquals(
      await ctlOk(container, ["sync"]).then((text) => /created|refreshed/.test(text)),
      false,
    );
    assertEquals(await marks(container), before);
    const waiting = (await ctlOk(container, ["list"])).match(/^\S+(?= +waiting )/gm) ?? [];
    assertEquals(waiting.slice(-4), ["d", "e", "f", "z"]);
    await ctlOk(container, ["start", "z"]);
    const pid = await untilUp(container, "z");
    await ctlOk(container, ["stop", "d"]);
    await ctlOk(container, ["unregister", "e"]);
    // hermes's own stop and start know nothing of waiting.
    await container.sh(`s6-svc -d ${SCANDIR}/gateway-f`);
    const now = Math.floor(Date.now() / 1000) + 1;
    await home.add("f", { state: { desired_state: "stopped", updated_at: now } });
    const { d, e, f } = await causes(container);
    assertEquals([d, e, f], ["stopped", "unregistered", "waiting"]);
    await container.sh(`s6-svc -u ${SERVICE}`);
    await untilAllUp(container, "a", "b", "c");
    await untilRested(container, SERVICE);
    const after = await causes(container);
    assertEquals([after["d"], after["e"], after["f"], after["z"]], [
      ...["stopped", "unregistered", "stopped", "running"],
    ]);
    assertEquals(await untilUp(container, "z"), pid);
    assertEquals(await marks(container), "gateway-d/down\ngateway-f/down\n");
  },
);

liveTest(
  "the watcher starts nobody before its turn, and 02 run again neither",
  async (boot) => {
    const env = paced("1", { HERMES_PROFILE_WATCH: "1" });
    const { container, home } = await boot(FIVE, env);
    await untilUp(container, "default");
    await hold(container);
    await home.add("new", STOPPED);
    await until(
      "a look of the watcher",
      async () => /^profile-watch: info: new: created/m.test(await container.log()),
      30_000,
    );
    const before = await marks(container);
    assertMatch(before, /^gateway-z\/waits$/m);
    assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 0);
    assertEquals(await marks(container), before);
    await container.sh(`s6-svc -u ${SERVICE}`);
    await untilAllUp(container, ...Object.keys(FIVE));
    await untilRested(container, SERVICE);
    assertEquals(await marks(container), "gateway-new/down\n");
    // Those that run go on without a mark, too.
    assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 0);
    assertEquals(await marks(container), "gateway-new/down\n");
  },
);

liveTest("who starts them goes on where it was when it is killed", async (boot) => {
  const { container } = await boot(FIVE, paced("1"));
  await untilUp(container, "a");
  await container.sh("kill -s KILL $(pgrep -f '[s]tart_gateways')");
  await untilAllUp(container, ...Object.keys(FIVE));
  await untilRested(container, SERVICE);
  assertEquals(await marks(container), "");
});

liveTest(
  "a stop of the container while they wait ends promptly and starts nobody",
  async (boot) => {
    for (const capabilities of [undefined, THREE]) {
      const options = capabilities === undefined ? {} : { capabilities };
      const { container, home } = await boot(FIVE, { ...paced("1"), ...options });
      await until("the first gateway", async () => (await home.log("default")).includes("up as"));
      const start = performance.now();
      assert(await container.stop(20_000), "it had to be killed");
      assert(performance.now() - start < 8000, `it took ${performance.now() - start} ms`);
      assertEquals(await home.log("z"), "");
    }
  },
);

liveTest("with only three capabilities hermes starts them, a few at a time", async (boot) => {
  const { container } = await boot(FIVE, { ...paced("2"), capabilities: THREE });
  const { stdout } = await until("the starter", async () => {
    const found = await container.sh(
      "ps -o uid= -p $(pgrep -f '^/usr/local/bin/deno .*[s]tart_gateways')",
    );
    return found.code === 0 && found;
  });
  assertEquals(Number(stdout), HERMES.uid);
  await until("all are up", async () => {
    const all = await causes(container);
    return Object.keys(FIVE).every((profile) => all[profile] === "running");
  }, 30_000);
});

liveTest("a number that makes no sense is one line, and all start at once", async (boot) => {
  const { container } = await boot(FIVE, { ...paced("two"), hooks: false });
  const hooks = await container.boot();
  assertEquals(
    [...hooks.values()].map(({ stderr }) => stderr).join(""),
    "015-supervise-perms: warning: HERMES_START_PARALLEL: expected a number from 1 to 10000: taken " +
      "for not set\n",
  );
  assertEquals(await marks(container), "");
  await untilAllUp(container, ...Object.keys(FIVE));
  await untilRested(container, SERVICE);
  assertEquals((await status(container, SERVICE)).exitCode, 0);
});

liveTest("who starts them needs each of its permissions, and no other", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING }, paced("2"));
  await untilAllUp(container, "default", "coder");
  await untilRested(container, SERVICE);
  const places = { ...NOWHERE, facts: FACTS_FILE, home: "/opt/data", scandir: SCANDIR };
  const permissions = START_GATEWAYS.permissions(places);
  const run = async (granted: Permissions) => {
    await container.sh(`cd ${SCANDIR} && touch gateway-default/waits gateway-coder/waits`, {
      user: "hermes",
    });
    return await container.exec([
      ...[DENO, "run", ...RUN_FLAGS, ...permissionFlags(granted)],
      `${INSTALL_DIR}/${bundled(START_GATEWAYS.entry)}`,
    ], {
      user: "hermes",
      env: { DENO_DIR: `${INSTALL_DIR}/deno_dir`, DENO_AUDIT_PERMISSIONS: "/tmp/audit" },
    });
  };
  for (const [kind, grant, rest] of droppedGrants(permissions)) {
    const { code, stderr } = await run(rest);
    assertEquals(code, 1, `it does without ${kind} of ${grant}: ${stderr}`);
    assertMatch(stderr, new RegExp(`^start-gateways: error: .*--allow-${kind}.*\n$`));
  }
  await container.sh("rm /tmp/audit");
  const { code, stdout, stderr } = await run(permissions);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^start-gateways: info: 2 started/);
  for (const line of (await container.sh("cat /tmp/audit")).stdout.trim().split("\n")) {
    const { permission: kind, value } = JSON.parse(line);
    assert(lies({ kind, value: String(value) }, permissions), `${kind} of ${value} is not granted`);
  }
});
