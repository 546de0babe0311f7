import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import {
  liveTest,
  RUNNING,
  SCANDIRS,
  type Status,
  status,
  STOPPED,
  THREE,
  tryAsHermes,
  untilParked,
  untilStatus,
} from "./_live.ts";

const ISOLATED = { env: { HERMES_SUPERVISION: "isolated" } };
const SCANDIR = SCANDIRS.isolated;
/** Services of root's that the gateways are no business of. */
const ROOTS = ["s6rc-oneshot-runner", "s6rc-fdholder", "s6-linux-init-shutdownd"];

function untilUp(container: Container, profile: string, before = -1): Promise<number> {
  const isUp = ({ up, pid }: Status) => up && pid !== before;
  return untilStatus(container, `${SCANDIR}/gateway-${profile}`, "up", isUp).then(({ pid }) => pid);
}

/** Lists the users that own processes with a given name. */
async function usersOf(container: Container, name: string): Promise<string[]> {
  const { stdout } = await container.sh(
    `for dir in /proc/[0-9]*; do read -r comm <$dir/comm && [ "$comm" = ${name} ] && stat -c %U $dir; done`,
  );
  return stdout.trim().split("\n").sort();
}

liveTest("isolated: hermes has all of its gateways and nothing of root's", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING }, ISOLATED);
  await untilUp(container, "default");
  await untilUp(container, "coder");
  // 1. What supervises and logs them is hermes, and not in root's scandir.
  assertEquals(await usersOf(container, "s6-svscan"), ["hermes", "root"]);
  assertEquals(await usersOf(container, "s6-log"), ["hermes", "hermes"]);
  const { stdout } = await container.sh("cd /run/service && ls -d gateway-*; stat -c '%U %a' .");
  assertEquals(stdout, "root 755\n", "root's scandir is not root's alone");
  // 2. It controls them, and may ask about what concerns it.
  await tryAsHermes(container, [
    ["s6-svc", "-wD", "-T20000", "-d", `${SCANDIR}/gateway-coder`],
    ["s6-svc", "-wu", "-T20000", "-u", `${SCANDIR}/gateway-coder`],
    ["s6-svscanctl", "-a", SCANDIR],
    ["s6-svstat", "/run/service/dashboard"],
    ["s6-svstat", "/run/service/gateways"],
  ]);
  const refused = [
    ["s6-svscanctl", "-a", "/run/service"],
    ["s6-svstat", "/run/service/s6rc-oneshot-runner"],
    ["mkdir", "/run/service/evil"],
    // Into what is there s6-supervise would write.
    ["touch", "/run/service/dashboard/event/x"],
  ];
  await tryAsHermes(container, refused, /Permission denied/);
  // 3. 015 by hand leaves a live tree alone.
  const pid = await untilUp(container, "coder");
  const hook = await container.exec(["/etc/cont-init.d/015-supervise-perms"]);
  assertEquals(hook.code, 0, hook.stderr);
  assertEquals(await untilUp(container, "coder"), pid);
  // 4. The container's stop reaches them.
  await home.untilMinding("coder");
  const down = ["s6-svc", "-wD", "-T20000", "-d", "/run/service/gateways"];
  assertEquals((await container.exec(down)).code, 0);
  const lifecycle = `${home.dir("coder")}/state/gateway.lifecycle.json`;
  assertEquals(await Deno.readTextFile(lifecycle), '{"phase":"exited"}\n');
});

liveTest("isolated: what a restart has left in the scandir is not supervised", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { hooks: false, ...ISOLATED });
  await container.sh(
    `mkdir -p ${SCANDIR}/gateway-gone && cd ${SCANDIR}/gateway-gone &&
printf '#!/bin/sh\nexec sleep 1000\n' >run && chmod 755 run && chown -R hermes: /run/hermes`,
  );
  for (const [name, { code, stderr }] of await container.boot()) {
    assertEquals(code, 0, name + stderr);
  }
  await untilUp(container, "coder");
  const { stdout } = await container.sh(`cd ${SCANDIR} && ls -d gateway-*`);
  assertEquals(stdout, "gateway-coder\ngateway-default\n");
});

liveTest("isolated: a killed inner s6-svscan comes back with its gateways", async (boot) => {
  const env = { ...ISOLATED.env, HERMES_DASHBOARD: "1" };
  const { container, home } = await boot({
    coder: { ...RUNNING, stub: "slow 1" },
    stubborn: { ...RUNNING, stub: "hang" },
    writer: STOPPED,
  }, { env });
  const before = await untilUp(container, "coder");
  await home.untilMinding("coder");
  const hanging = await untilUp(container, "stubborn");
  await untilStatus(container, "dashboard", "up", ({ up }) => up);
  const others = async () =>
    await Promise.all(
      ["dashboard", ...ROOTS].map(async (name) => (await status(container, name)).pid),
    );
  const untouched = await others();
  const tree = (await container.sh("s6-svstat -o pid /run/service/gateways")).stdout.trim();
  await container.sh(`kill -9 ${tree}`);
  await untilUp(container, "coder", before);
  await untilUp(container, "stubborn", hanging);
  assertEquals(await others(), untouched, "what root supervises was restarted");
  await untilParked(container, `${SCANDIR}/gateway-writer`);
  // Its end was a clean one, and it is in its log.
  const twice = /gateway coder: stopped\n.*gateway coder: up as hermes/;
  await until("both starts are logged", async () => twice.test(await home.log("coder")), 30_000);
  // A fork of the stub's has the stub's command line until it is something else.
  await until("one process of each", async () => {
    const { stdout } = await container.sh(
      `for dir in /proc/[0-9]*; do tr '\\0' ' ' <$dir/cmdline; echo; done | sort | uniq -c |
      grep -E '^ *[0-9]+ (s6-supervise gateway|s6-log|/bin/sh /usr/local/bin/hermes)' | sed 's/^ *//'`,
    );
    const lines = stdout.trim().split("\n");
    return lines.length >= 10 && lines.every((line) => line.startsWith("1 "));
  }, 30_000);
  // The new s6-svscan owns all of them: what is renamed away, it ends.
  const { code, stderr } = await container.sh(
    `cd ${SCANDIR} && s6-svc -wD -T20000 -d gateway-coder && mv gateway-coder .gone &&
      s6-svscanctl -an . && i=0 && while s6-svok .gone; do
      [ $((i += 1)) -lt 100 ] || exit 1
      sleep 0.2
    done`,
    { user: "hermes" },
  );
  assertEquals(code, 0, stderr);
});

liveTest("with only SETUID, SETGID and CHOWN supervision is isolated by itself", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, {
    hooks: false,
    env: { HERMES_DASHBOARD: "1" },
    capabilities: THREE,
  });
  const hooks = await container.boot();
  assertMatch(
    hooks.get("015-supervise-perms")?.stdout ?? "",
    /info: isolated supervision: root lacks CAP_DAC_OVERRIDE and CAP_KILL$/m,
  );
  for (const [name, { code, stderr }] of hooks) assertEquals(code, 0, `${name}: ${stderr}`);
  const pid = await untilUp(container, "coder");
  await tryAsHermes(container, [
    ["s6-svc", "-wD", "-T20000", "-d", `${SCANDIR}/gateway-coder`],
    ["s6-svc", "-wu", "-T20000", "-u", `${SCANDIR}/gateway-coder`],
  ]);
  await untilUp(container, "coder", pid);
  const { code } = await container.exec([
    ...["s6-svc", "-wD", "-T20000", "-d", "/run/service/gateways"],
  ]);
  assertEquals(code, 0, "root without CAP_KILL cannot stop the gateways");
});

liveTest("shared supervision says which capabilities it lacks", async (boot) => {
  const { container } = await boot({}, {
    hooks: false,
    env: { HERMES_SUPERVISION: "shared" },
    capabilities: THREE,
  });
  const { stderr } = await container.exec(["/etc/cont-init.d/015-supervise-perms"]);
  assertMatch(
    stderr,
    /warning: shared supervision cannot work: root lacks CAP_DAC_OVERRIDE and CAP_KILL/,
  );
});

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
  const pid = await untilUp(container, "coder");
  const child = await childOf(container, "gateways");
  await killParent(container, "gateways");
  assert((await container.sh(`test -d /proc/${child}`)).code !== 0, "it is still there");
  await untilUp(container, "coder", pid);
  const { stdout } = await container.sh(
    `pgrep -fc 's6-supervise gateway-coder$'; s6-svstat -o ready /run/service/gateways`,
  );
  assertEquals(stdout, "1\ntrue\n");
});
