import { assertEquals } from "@std/assert";
import { liveTest, RUNNING, untilStatus } from "./_live.ts";

const ISOLATED = { env: { HERMES_SUPERVISION: "isolated" } };
const SCANDIR = "/run/hermes/service";

liveTest("isolated: what a restart has left in the scandir is not supervised", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { hooks: false, ...ISOLATED });
  await container.sh(
    `mkdir -p ${SCANDIR}/gateway-gone && cd ${SCANDIR}/gateway-gone &&
printf '#!/bin/sh\nexec sleep 1000\n' >run && chmod 755 run && chown -R hermes: /run/hermes`,
  );
  for (const [name, { code, stderr }] of await container.boot()) {
    assertEquals(code, 0, name + stderr);
  }
  await untilStatus(container, `${SCANDIR}/gateway-coder`, "up", ({ up }) => up);
  const { stdout } = await container.sh(`cd ${SCANDIR} && ls -d gateway-*`);
  assertEquals(stdout, "gateway-coder\ngateway-default\n");
});

liveTest("isolated: 015 by hand on a live tree leaves it alone", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, ISOLATED);
  const { pid } = await untilStatus(
    container,
    `${SCANDIR}/gateway-coder`,
    "up",
    ({ up }) => up,
  );
  const { code, stderr } = await container.exec(["/etc/cont-init.d/015-supervise-perms"]);
  assertEquals(code, 0, stderr);
  assertEquals(
    (await untilStatus(container, `${SCANDIR}/gateway-coder`, "up", ({ up }) => up)).pid,
    pid,
  );
});
