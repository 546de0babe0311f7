import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { liveTest, RUNNING, SCANDIR, status, untilStatus, untilUp } from "./_live.ts";
import { makeCgroup } from "./_cgroup.ts";

const EATER = { ...RUNNING, stub: "eat" };

/** The oom_score_adj of a process. */
async function score(container: Container, pid: number | string): Promise<number> {
  const { stdout } = await container.sh(`cat /proc/${pid}/oom_score_adj`);
  assert(stdout !== "", `no process ${pid}`);
  return Number(stdout);
}

/** The PIDs of what must live: PID 1's supervisors, the other gateway, and every logger. */
async function others(container: Container): Promise<string> {
  const { stdout } = await container.sh(
    `pgrep -x 's6-svscan|s6-supervise|s6-log' && s6-svstat -o pid ${SCANDIR}/gateway-default`,
  );
  assert(stdout !== "");
  return stdout;
}

liveTest(
  "gateways have a higher oom_score_adj than s6 and their loggers, at every start the same",
  async (boot) => {
    const { container } = await boot({ coder: RUNNING });
    const slot = `${SCANDIR}/gateway-coder`;
    const own = await score(container, 1);
    const pid = await untilUp(container, "coder");
    const raised = Math.min(own + 500, 1000);
    await until("a raised score", async () => await score(container, pid) === raised);
    const { stdout } = await container.sh(`s6-svstat -o pid ${slot}/log`);
    assertEquals(await score(container, Number(stdout)), own);
    const supervisors = await container.sh("pgrep -x s6-supervise");
    for (const one of supervisors.stdout.trim().split("\n")) {
      assertEquals(await score(container, one), own);
    }
    await container.sh(`s6-svc -k ${slot}`);
    const again = await untilUp(container, "coder", pid);
    await until("the same score again", async () => await score(container, again) === raised);
  },
);

liveTest(
  "a gateway that takes more than HERMES_GATEWAY_MEMORY_MAX fails by itself; it is as nice as told",
  async (boot) => {
    const env = { HERMES_GATEWAY_MEMORY_MAX: "64M", HERMES_GATEWAY_NICE: "7" };
    const { container, home } = await boot({ default: RUNNING, eater: EATER }, { env });
    await home.untilMinding("default", "eater");
    const pid = await untilUp(container, "eater");
    const { stdout } = await container.sh(
      `grep 'Max data' /proc/${pid}/limits; ps -o ni= -p ${pid}; s6-svstat -o pid ${SCANDIR}/gateway-eater/log |
      xargs ps -o ni= -p`,
    );
    assertMatch(stdout, /^Max data size +67108864 +.*\n +7\n +0\n$/);
    const before = await others(container);
    await Deno.writeTextFile(`${home.dir("eater")}/stub.do`, "");
    await untilUp(container, "eater", pid);
    assertMatch(await home.log("eater"), /Out of memory/);
    assertEquals(await others(container), before);
  },
);

liveTest(
  "where the memory of a cgroup runs out, the kernel takes a gateway, and not what is larger",
  async (boot, test) => {
    await using cgroup = await makeCgroup(64 << 20);
    if (cgroup.problem !== undefined) {
      await test.step({ name: `skipped: ${cgroup.problem}`, ignore: true, fn: () => {} });
      return;
    }
    const { container: booted, home } = await boot({ default: RUNNING, eater: EATER }, {
      mounts: { "/cgroup": cgroup.path },
    });
    await using container = booted; // it ends before its cgroup can go
    await home.untilMinding("default", "eater");
    const pid = await untilUp(container, "eater");
    const moved = await container.sh(
      "for dir in /proc/[0-9]*; do echo ${dir#/proc/}; done | while read -r pid; do " +
        "echo $pid >/cgroup/cgroup.procs; done 2>/dev/null; grep -cx 1 /cgroup/cgroup.procs",
    );
    assertEquals(moved.stdout, "1\n");
    // Root's own, 36 MiB of 64: without their score the gateways would be smaller.
    await container.sh(
      "echo $$ >/cgroup/cgroup.procs; " +
        "{ { head -c 36M /dev/zero; exec sleep infinity; } | exec tail -c 36M; } >/dev/null 2>&1 &",
    );
    await until("the large process", async () => {
      const { stdout } = await container.sh("grep VmRSS /proc/$(pgrep -x tail)/status");
      return Number(/\d+/.exec(stdout)?.[0]) > 36_000;
    });
    const before = await others(container) + (await container.sh("pgrep -x tail")).stdout;
    await Deno.writeTextFile(`${home.dir("eater")}/stub.do`, "");
    await untilStatus(container, "gateway-eater", "up again", (now) => now.up && now.pid !== pid);
    assertEquals(await others(container) + (await container.sh("pgrep -x tail")).stdout, before);
    const deaths = await container.sh(`s6-svdt ${SCANDIR}/gateway-eater`);
    assertMatch(deaths.stdout, /SIGKILL/);
    assertEquals((await status(container, "gateway-default")).up, true);
  },
);
