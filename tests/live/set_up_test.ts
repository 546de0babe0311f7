import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { Container, type ContainerOptions, until } from "../container/container.ts";
import { composed } from "../_deploy.ts";
import { clockTick, runSync } from "../_temp.ts";
import {
  bootContainer,
  HERMES,
  Home,
  liveTest,
  RUNNING,
  STOPPED,
  THREE,
  untilStatus,
  untilUp,
} from "./_live.ts";

const FOLDERS = ["", "/profiles", "/logs", "/logs/gateways"];

function ownerOf(path: string): string {
  const { uid, gid } = Deno.lstatSync(path);
  return `${uid}:${gid}`;
}

/** Inodes, owners and times of all under a home but what a boot writes. */
function settledInodes(home: Home): string[] {
  return runSync("find", home.path, "-printf", "%P %i %U:%G %m %C@\n").split("\n")
    .filter((line) => !/^logs\/(container-boot\.log|gateways\/)/.test(line)).sort();
}

const ROOTS = { owner: { uid: 0, gid: 0 } };

for (
  const [how, options] of [["", {}], [" by three capabilities", { capabilities: THREE }]] as const
) {
  liveTest(`the first boot makes an empty home of root's hermes's${how}`, async (boot) => {
    const { container, home } = await boot({}, { ...ROOTS, ...options });
    for (const folder of FOLDERS) assertEquals(ownerOf(home.path + folder), "10000:10000", folder);
    const { code } = await container.sh("echo >/opt/data/mine", { user: "hermes" });
    assertEquals(code, 0);
  });
}

liveTest("HERMES_UID and HERMES_GID make hermes who owns the home", async (boot) => {
  const env = { HERMES_UID: "1000", HERMES_GID: "100" };
  const owner = { uid: 1000, gid: 100 };
  const { container, home } = await boot({ coder: RUNNING }, { owner, env });
  assertEquals((await container.sh("id", { user: "hermes" })).stdout.split(" ").slice(0, 2), [
    ...["uid=1000(hermes)", "gid=100(hermes)"],
  ]);
  const pid = await untilUp(container, "coder");
  // It is up as soon as its run script is, which root runs until it drops.
  await until("the gateway is hermes's", async () => {
    return (await container.sh(`stat -c %u:%g /proc/${pid}`)).stdout === "1000:100\n";
  });
  await home.untilLogged("coder");
  for (const folder of [...FOLDERS, "/logs/gateways/coder"]) {
    assertEquals(ownerOf(home.path + folder), "1000:100", folder);
  }
});

liveTest("a second boot changes no owner and no time of what it need not", async () => {
  await using home = await Home.make({ default: STOPPED, coder: STOPPED });
  {
    await using _ = await bootContainer(home);
    for (const profile of ["default", "coder"]) {
      await until(`the log of ${profile}`, () => {
        const path = `${home.path}/logs/gateways/${profile}/current`;
        return Deno.lstat(path).then(() => true, () => false);
      });
    }
  }
  await clockTick();
  const before = settledInodes(home);
  await using container = await Container.start({ data: home.path });
  const hook = (await container.boot()).get("01-hermes-setup");
  assertMatch(hook?.stdout ?? "", /nothing to do\n$/);
  assertEquals(settledInodes(home), before);
});

liveTest("root changes nothing behind the symlinks that hermes has planted", async () => {
  for (
    const [name, target] of [
      ["logs", "dir"],
      ["profiles", "dir"],
      ["profiles/x/gateway_state.json", "file"],
      [".env", "file"],
      ["gateway_state.json", "file"],
    ] as const
  ) {
    await using home = await Home.make({ x: RUNNING });
    const canary = `/opt/canary-${name.replaceAll("/", "-")}`;
    await using container = await Container.start({ data: home.path });
    const look = async () =>
      (await container.sh(`find ${canary} -printf '%p %U:%G %m %C@\\n'`)).stdout;
    await container.sh(`mkdir -p ${canary}/dir/gateways ${canary}/dir/x; echo >${canary}/file`);
    await Deno.remove(`${home.path}/${name}`, { recursive: true }).catch(() => {});
    await Deno.symlink(`${canary}/${target}`, `${home.path}/${name}`);
    runSync("chown", "-h", `${HERMES.uid}:${HERMES.gid}`, `${home.path}/${name}`);
    runSync("chown", "0:0", home.path); // so that there is something to give away
    const before = await look();
    await container.boot();
    assertEquals(await look(), before, name);
    assertEquals(ownerOf(home.path), "10000:10000");
  }
});

/** Boots containers on one home and returns which of them have each gateway up. */
async function bootTogether(
  home: Home,
  containers: readonly Omit<ContainerOptions, "data">[],
  profiles: readonly string[],
): Promise<Record<string, number[]>> {
  const up: Record<string, number[]> = Object.fromEntries(profiles.map((name) => [name, []]));
  await using stack = new AsyncDisposableStack();
  const started: Container[] = [];
  for (const [i, options] of containers.entries()) {
    const container = stack.use(await bootContainer(home, options));
    started.push(container);
    const { stdout } = await container.sh("cd /run/service && ls -d gateway-*");
    for (const slot of stdout.split("\n").filter((line) => line !== "")) {
      await untilStatus(container, slot, "up", ({ up }) => up);
      up[slot.slice("gateway-".length)]?.push(i);
    }
  }
  for (const profile of profiles) {
    await home.untilLogged(profile);
    const log = await home.log(profile);
    assertEquals(log.match(/: up as hermes/g)?.length, up[profile]?.length, log);
  }
  for (const container of started) assertNotMatch(await container.log(), /s6-log: /);
  return up;
}

liveTest("two containers on one home share its gateways out, each up in exactly one", async () => {
  const profiles = ["default", "a", "b", "c", "d", "e"];
  await using home = await Home.make(Object.fromEntries(profiles.map((name) => [name, RUNNING])));
  const shards = ["1/2", "2/2"].map((shard) => ({ env: { HERMES_GATEWAY_SHARD: shard } }));
  const up = await bootTogether(home, shards, profiles);
  for (const [profile, containers] of Object.entries(up)) {
    assertEquals(containers.length, 1, profile);
  }
  assertEquals(new Set(Object.values(up).flat()), new Set([0, 1]));
});

liveTest("a dashboard container beside a gateway container starts no gateway", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  const beside = { env: { HERMES_GATEWAY_PROFILES: "none", HERMES_DASHBOARD: "1" } };
  const up = await bootTogether(home, [{}, beside], ["default", "coder"]);
  assertEquals(up, { default: [0], coder: [0] });
});

/** Has a process look like s6-overlay's rc.init while cont-init.d runs. */
async function pretendCommand(container: Container, command: string): Promise<void> {
  await container.sh(
    'mkdir /run/s6/bin && printf "sleep infinity\\n" >/run/s6/bin/rc.init && ' +
      `{ sh -e /run/s6/bin/rc.init top ${command} >/dev/null 2>&1 & }`,
  );
}

liveTest("a container whose command is the dashboard has no slots", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { hooks: false });
  await pretendCommand(container, "hermes dashboard --port 9119");
  const hook = (await container.boot()).get("02-reconcile-profiles");
  assertEquals([hook?.code, hook?.stderr], [0, ""]);
  assertMatch(hook?.stdout ?? "", /dashboard/);
  assertEquals((await container.sh("ls -d /run/service/gateway-*")).stdout, "");
});

liveTest("an upgraded container's gateway comes up, by its command alone", async (boot) => {
  const { container, home } = await boot({}, { hooks: false });
  await pretendCommand(container, "hermes gateway run");
  await container.boot();
  await untilUp(container, "default");
  const state = JSON.parse(await Deno.readTextFile(`${home.path}/gateway_state.json`));
  assertEquals(state.migrated_from, "legacy-container-cmd");
  assertEquals(ownerOf(`${home.path}/gateway_state.json`), "10000:10000");
});

for (const { name, env, capabilities, readOnly } of composed()) {
  liveTest(`${name} of deploy/ boots in exactly its environment`, async (boot) => {
    const { container, home } = await boot({ coder: RUNNING }, {
      ...{ ...ROOTS, env, readOnly },
      capabilities: capabilities.map((one) => one.toLowerCase()),
    });
    for (const folder of FOLDERS) assertEquals(ownerOf(home.path + folder), "10000:10000", folder);
    if (env.HERMES_DASHBOARD !== undefined) {
      await untilStatus(container, "dashboard", "up", ({ up }) => up);
    }
    assertEquals((await container.sh("stat -c '%U %a' /run/service")).stdout, "root 755\n");
  });
}
