import { assert, assertEquals, assertLess } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import {
  HERMES,
  type Home,
  liveTest,
  RUNNING,
  SCANDIRS,
  type Scene,
  status,
  SUPERVISIONS,
  THREE,
  untilStatus,
} from "./_live.ts";
import { processes } from "./_tree.ts";

/** The PIDs of hermes's processes whose command line matches, of anybody's if that is asked for. */
async function find(
  container: Container,
  command: RegExp,
  { anybody = false } = {},
): Promise<number[]> {
  const { stdout } = await container.sh("stat -c %u:%n /proc/[0-9]* 2>&1");
  const isHermes = (pid: number) => stdout.includes(`\n${HERMES.uid}:/proc/${pid}\n`);
  return [...await processes(container)]
    .filter(([pid, line]) => command.test(line) && (anybody || isHermes(pid)))
    .map(([pid]) => pid);
}

/** Waits until a service is up with another PID, and its stub minds its signals; returns the PID. */
async function untilUp(
  container: Container,
  home: Home,
  slot: string,
  before = -1,
): Promise<number> {
  const { pid } = await untilStatus(container, slot, "up", ({ up, pid }) => up && pid !== before);
  const profile = slot.slice(slot.indexOf("gateway-") + 8);
  await until(`${profile} minds its signals`, async () => {
    const text = await Deno.readTextFile(`${home.dir(profile)}/gateway.pid`).catch(() => "");
    return text === `${pid}\n`;
  }, 30_000);
  return pid;
}

/** Kills the s6-supervise of a service. */
async function killSupervisor(container: Container, service: string): Promise<void> {
  const [pid] = await find(container, new RegExp(`^s6-supervise ${service}$`), {
    anybody: true,
  });
  assert(pid !== undefined, service);
  await container.sh(`kill -9 ${pid}`);
}

const LOGGER = /^s6-log .*\/coder$/;

for (const mode of SUPERVISIONS) {
  const options = { env: { HERMES_SUPERVISION: mode } };
  const slot = `${SCANDIRS[mode]}/gateway-coder`;
  const scene = (stub: string) => ({ coder: { ...RUNNING, stub } });

  liveTest(
    `${mode}: a gateway that is killed leaves no child, and the next one has its port at once`,
    async (boot) => {
      const { container, home } = await boot(scene("port"), options);
      const first = await untilUp(container, home, slot);
      await container.sh(`kill -9 ${first}`);
      await untilUp(container, home, slot, first);
      assertEquals((await home.log("coder")).includes("already in use"), false);
      assertEquals((await find(container, /^sleep infinity$/)).length, 1);
    },
  );

  liveTest(
    `${mode}: a child in a session of its own that holds the log does not delay the next gateway`,
    async (boot) => {
      const { container, home } = await boot(scene("agent"), options);
      const first = await untilUp(container, home, slot);
      const agent = () => Deno.readTextFile(`${home.dir("coder")}/stub.group`).catch(() => "");
      const held = await until("the agent", agent);
      const start = performance.now();
      await container.sh(`kill -9 ${first}`);
      await untilUp(container, home, slot, first);
      assertLess(performance.now() - start, 5000);
      assertEquals((await container.sh(`[ -d /proc/${held.trim()} ]`)).code, 0);
      await until("the log of the second", async () => {
        return (await home.log("coder")).split("up as hermes").length === 3;
      });
    },
  );

  for (const stub of ["port", "hang"]) {
    const what = stub === "hang" ? ", not even where the first ignores SIGTERM" : "";
    liveTest(
      `${mode}: kill -9 of a gateway's s6-supervise does not end in two gateways${what}`,
      async (boot) => {
        const { container, home } = await boot(scene(stub), options);
        const first = await untilUp(container, home, slot);
        await killSupervisor(container, "gateway-coder");
        const second = await untilUp(container, home, slot, first);
        assertEquals(await find(container, /hermes -p coder gateway run/), [second]);
        assertEquals((await status(container, slot)).pid, second);
      },
    );
  }

  liveTest(
    `${mode}: kill -9 of a logger's s6-supervise does not end in two loggers`,
    async (boot) => {
      const { container, home } = await boot(scene("port"), options);
      await untilUp(container, home, slot);
      await home.untilLogged("coder");
      const { pid: first } = await status(container, `${slot}/log`);
      await killSupervisor(container, "gateway-coder/log");
      const { pid } = await untilStatus(container, `${slot}/log`, "up", ({ up, pid }) => {
        return up && pid !== first;
      });
      await until("one logger, the supervised one", async () => {
        return String(await find(container, LOGGER)) === String(pid);
      });
    },
  );

  liveTest(`${mode}: 200 deaths of gateways leave no zombie and no orphan`, async (boot) => {
    const names = Array.from({ length: 25 }, (_, index) => `p${index}`);
    const scenes: [string, Scene][] = names.map((name) => [name, { ...RUNNING, stub: "port" }]);
    const { container, home } = await boot(Object.fromEntries(scenes), options);
    const pids = new Map<string, number>();
    for (let round = 0; round <= 8; round++) {
      for (const name of names) {
        const dir = `${SCANDIRS[mode]}/gateway-${name}`;
        pids.set(name, await untilUp(container, home, dir, pids.get(name)));
      }
      if (round < 8) await container.sh(`kill -9 ${[...pids.values()].join(" ")}`);
    }
    assertEquals(
      (await find(container, /hermes -p p\d+ gateway run/)).sort(),
      [...pids.values()]
        .sort(),
    );
    assertEquals((await find(container, /^sleep infinity$/)).length, names.length);
    await until("no zombie", async () => {
      const { stdout } = await container.sh("cat /proc/[0-9]*/stat | grep -c ') Z '");
      return stdout === "0\n";
    });
  });

  liveTest(
    `${mode}: a log directory that cannot be written is tried in growing pauses, while the gateway runs`,
    async (boot) => {
      const { container, home } = await boot(scene("agent"), options);
      const pid = await untilUp(container, home, slot);
      await home.untilLogged("coder");
      const dir = `${home.path}/logs/gateways/coder`;
      const tries = async () => (await container.log()).match(/next try in \d+ s/g) ?? [];
      await Deno.chown(dir, 0, 0);
      await container.exec(["s6-svc", "-k", `${slot}/log`]);
      // More than a pipe holds.
      await Deno.writeTextFile(`${home.dir("coder")}/big.sh`, "seq 50000\n: >big.done\n");
      await Deno.writeTextFile(`${home.dir("coder")}/stub.do`, "sh big.sh\n");
      const done = `${home.dir("coder")}/big.done`;
      await until("all is said", () => Deno.stat(done).then(() => true, () => false), 20_000);
      await until("two tries", async () => (await tries()).length === 2);
      assertEquals(await tries(), ["next try in 2 s", "next try in 4 s"]);
      await Deno.chown(dir, 10000, 10000);
      await until("the logger", async () => (await find(container, LOGGER)).length === 1);
      await container.sh(`kill -9 ${pid}`);
      const second = await untilUp(container, home, slot, pid);
      await until("a log again", async () => (await home.log("coder")).includes(`pid ${second}`));
      assertLess((await tries()).length, 4);
    },
  );
}

for (const capabilities of [undefined, THREE]) {
  const how = capabilities === undefined ? "" : ", with three capabilities";
  const env = { HERMES_DASHBOARD: "1" };
  const bootDashboard = { env, ...capabilities && { capabilities } };
  // What the stub becomes, and its child.
  const DASHBOARD = /^sleep infinity$/;
  const CHILD = /^sleep 1000000$/;

  for (const victim of ["service", "dashboard"]) {
    if (victim === "dashboard" && capabilities === undefined) continue; // it is the service
    liveTest(
      `a dashboard whose ${victim} is killed leaves no child${how}`,
      async (boot) => {
        const { container, home } = await boot({}, { ...bootDashboard, hooks: false });
        await Deno.writeTextFile(`${home.path}/stub.dashboard`, "child\n");
        await container.boot();
        const ready = () =>
          until("a dashboard", async () => {
            const [pid, second] = await find(container, DASHBOARD);
            return second === undefined && pid;
          }, 30_000);
        const first = await ready();
        const [child] = await find(container, CHILD);
        const { pid } = await status(container, "dashboard");
        await container.sh(`kill -9 ${victim === "service" ? pid : first}`, { user: "root" });
        await container.sh(`kill -9 ${victim === "service" ? pid : first}`, { user: "hermes" });
        await untilStatus(container, "dashboard", "back", ({ up, pid: now }) => up && now !== pid);
        const second = await ready();
        const [one, ...more] = await find(container, CHILD);
        assert(one !== child && first !== second);
        assertEquals(more, []);
      },
    );
  }

  liveTest(
    `kill -9 of the dashboard's s6-supervise does not end in two dashboards${how}`,
    async (boot) => {
      const { container } = await boot({}, bootDashboard);
      const [first] = await until("a dashboard", async () => {
        const pids = await find(container, DASHBOARD);
        return pids.length === 1 && pids;
      }, 30_000);
      const { pid } = await untilStatus(container, "dashboard", "up", ({ up }) => up);
      await killSupervisor(container, "dashboard");
      await untilStatus(container, "dashboard", "back", ({ up, pid: now }) => up && now !== pid);
      await until("one dashboard, the second", async () => {
        const [only, ...more] = await find(container, DASHBOARD);
        return only !== undefined && only !== first && more.length === 0;
      });
      // With three capabilities that was its parent's PID.
      await until("the end of the first", async () => {
        return (await container.sh(`[ -d /proc/${pid} ]`)).code !== 0;
      });
    },
  );
}
