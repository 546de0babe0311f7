import { assert, assertEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { until } from "../container/container.ts";
import { liveTest, RUNNING, status, THREE, untilStatus } from "./_live.ts";

const SLOT = "/run/hermes/service/gateway-coder";

async function childOf(container: Container, service: string): Promise<string> {
  return await until(`the child of ${service}`, async () => {
    const { stdout } = await container.sh(`cat /run/service/${service}/child`);
    return stdout.trim();
  }, 30_000);
}

/** Kills what s6-supervise watches over, which is the parent of what runs as hermes. */
async function killParent(container: Container, service: string): Promise<void> {
  const { pid } = await status(container, service);
  await container.sh(`kill -9 ${pid}`);
  await untilStatus(container, service, "another one", (now) => now.up && now.pid !== pid);
}

liveTest("root without CAP_KILL: a killed dashboard leaves no second one behind", async (boot) => {
  const env = { HERMES_DASHBOARD: "1" };
  const { container } = await boot({}, { capabilities: THREE, env });
  await untilStatus(container, "dashboard", "up", ({ up }) => up);
  const child = await childOf(container, "dashboard");
  await killParent(container, "dashboard");
  assert((await container.sh(`test -d /proc/${child}`)).code !== 0, "it is still there");
  const next = await until("the next one", async () => {
    const now = await childOf(container, "dashboard");
    return now !== child && now;
  }, 30_000);
  assertEquals((await container.sh(`test -d /proc/${next}`)).code, 0);
});

liveTest("root without CAP_KILL: killed gateways are back, each once", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { capabilities: THREE });
  const { pid } = await untilStatus(container, SLOT, "up", ({ up }) => up);
  const child = await childOf(container, "gateways");
  await killParent(container, "gateways");
  assert((await container.sh(`test -d /proc/${child}`)).code !== 0, "it is still there");
  await untilStatus(container, SLOT, "back", (now) => now.up && now.pid !== pid);
  const { stdout } = await container.sh(
    `pgrep -fc 's6-supervise gateway-coder$'; s6-svstat -o ready /run/service/gateways`,
  );
  assertEquals(stdout, "1\ntrue\n");
});
