import { assert, assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { HERMES, liveTest, status, THREE, untilStatus } from "./_live.ts";
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

/** Kills the s6-supervise of a service. */
async function killSupervisor(container: Container, service: string): Promise<void> {
  const [pid] = await find(container, new RegExp(`^s6-supervise ${service}$`), {
    anybody: true,
  });
  assert(pid !== undefined, service);
  await container.sh(`kill -9 ${pid}`);
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
