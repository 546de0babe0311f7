import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, type ContainerOptions, until } from "../container/container.ts";
import { bootContainer, Home, liveTest, RUNNING } from "./_live.ts";

/** SIGTERM, which is 15, in the masks of proc(5). */
const SIGTERM_BIT = 1n << 14n;

/** What takes a gateway three seconds to stop. */
const SLOW = { ...RUNNING, stub: "slow 3" };

/** What each container is: its name, and how it is started. */
const CONTAINERS: Readonly<Record<string, Omit<ContainerOptions, "data">>> = {
  "shared supervision": { env: { HERMES_SUPERVISION: "shared" } },
  "isolated supervision": { env: { HERMES_SUPERVISION: "isolated" } },
  "root with only SETUID, SETGID and CHOWN": { capabilities: ["setuid", "setgid", "chown"] },
};

/** Waits until gateways mind their signals and have said so in their logs. */
async function untilLogged(home: Home, profiles: readonly string[]): Promise<void> {
  for (const profile of profiles) {
    await until(`the gateway ${profile}`, async () => {
      const pid = await Deno.readTextFile(`${home.dir(profile)}/gateway.pid`).catch(() => "");
      return pid !== "" && (await home.log(profile)).includes("up as hermes");
    }, 30_000);
  }
}

async function phase(home: Home, profile: string): Promise<string> {
  const text = await Deno.readTextFile(`${home.dir(profile)}/state/gateway.lifecycle.json`);
  return JSON.parse(text).phase;
}

/** Waits until the dashboard is what it becomes, and ignores SIGTERM. */
async function untilIgnored(container: Container): Promise<void> {
  await until("the dashboard ignores SIGTERM", async () => {
    const { stdout } = await container.sh(`for dir in /proc/[0-9]*; do
  read -r comm <"$dir/comm" && [ "$comm $(stat -c %u "$dir")" = "sleep 10000" ] &&
    grep -h ^SigIgn: "$dir/status"
done 2>/dev/null`);
    const masks = [...stdout.matchAll(/^SigIgn:\s*([0-9a-f]+)$/gm)];
    return masks.some(([, mask]) => (BigInt(`0x${mask}`) & SIGTERM_BIT) !== 0n);
  }, 30_000);
}

/** Stops a container; an engine gives it 10 s by default, a busy machine needs more. */
async function stop(container: Container): Promise<number> {
  const start = performance.now();
  assert(await container.stop(20_000), "it had to be killed");
  return performance.now() - start;
}

for (const [what, options] of Object.entries(CONTAINERS)) {
  liveTest(
    `at the stop of a container, ${what}, gateways have 3 s and their last word`,
    async (boot) => {
      const names = ["default", "slow", "talker"];
      const talker = { ...RUNNING, stub: "talk 2000" };
      const { container, home } = await boot({ default: RUNNING, slow: SLOW, talker }, options);
      await untilLogged(home, names);
      const tookMs = await stop(container);
      assert(tookMs >= 3000, `${tookMs} ms`);
      for (const name of names) {
        assertEquals(await phase(home, name), "exited", name);
        assertMatch(await home.log(name), new RegExp(`gateway ${name}: stopped\n$`), name);
      }
      const talk = [...(await home.log("talker")).matchAll(/ {2}last words (\d+)\n/g)];
      assertEquals(talk.map(([, n]) => Number(n)), Array.from({ length: 2000 }, (_, i) => i + 1));
    },
  );

  liveTest(`at the stop of a container, ${what}, a gateway that hangs is killed`, async (boot) => {
    const hang = { ...RUNNING, stub: "hang" };
    const { container, home } = await boot({ hang, slow: SLOW }, options);
    await untilLogged(home, ["hang", "slow"]);
    const tookMs = await stop(container);
    // It has had its 5 s, and with the 3 s of s6-overlay it is less than an engine's 10.
    assert(tookMs >= 5000, `${tookMs} ms`);
    assertEquals([await phase(home, "hang"), await phase(home, "slow")], ["running", "exited"]);
    assertMatch(await home.log("slow"), /gateway slow: stopped\n$/);
    assertMatch(await home.log("hang"), /gateway hang: up as hermes, pid \d+\n$/);
  });
  liveTest(
    `at the stop of a container, ${what}, gateways have their stop beside a dashboard that hangs`,
    async () => {
      await using home = await Home.make({ default: RUNNING, slow: SLOW });
      await Deno.writeTextFile(`${home.path}/stub.dashboard`, "hang\n");
      const env = { ...options.env, HERMES_DASHBOARD: "1" };
      await using container = await bootContainer(home, { ...options, env });
      await untilLogged(home, ["default", "slow"]);
      await untilIgnored(container);
      await stop(container);
      for (const name of ["default", "slow"]) {
        assertEquals(await phase(home, name), "exited", name);
        assertMatch(await home.log(name), new RegExp(`gateway ${name}: stopped\n$`), name);
      }
    },
  );
}

liveTest(
  "a stop does not wait for what s6 could not write down of a static service",
  async (boot) => {
    const { container } = await boot({ default: RUNNING });
    // As a full /run leaves it: it is down, and its status says that it is up.
    const STALE =
      `cd /run/s6-rc/servicedirs/status/supervise && cp ../../gateways/supervise/status .`;
    assertEquals((await container.sh(STALE)).stderr, "");
    assert(await stop(container) < 10_000);
  },
);
