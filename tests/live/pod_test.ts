import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { Decision } from "../../lib/cluster/decision.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { renderCluster } from "../../lib/cluster/render.ts";
import { readShards } from "../_deploy.ts";
import type { Json } from "../_kubernetes.ts";
import { runSync } from "../_temp.ts";
import { until } from "../container/until.ts";
import { Home, liveTest, RUNNING, STOPPED, untilStatus, untilUp } from "./_live.ts";
import { Pod } from "./_pod.ts";

function rendered(profiles: readonly string[], policy = ""): Json[] {
  const decisions = profiles.map((profile): Decision => ({
    profile,
    wanted: "running",
    topology: "per-profile",
  }));
  return renderCluster(decisions, parsePolicy(policy));
}

/** Boots pods at once; every hook must succeed. Returns what 02 and the others said. */
async function bootAll(pods: readonly Pod[]): Promise<string[]> {
  return await Promise.all(pods.map(async ({ container }) => {
    const hooks = [...await container.boot()];
    for (const [name, { code, stdout, stderr }] of hooks) {
      assertEquals(code, 0, `${name}: ${stdout}${stderr}`);
    }
    return hooks.map(([, { stdout, stderr }]) => stdout + stderr).join("");
  }));
}

/** The gateways that a pod has slots of. */
async function gatewaysOf({ container }: Pod): Promise<string[]> {
  const { stdout } = await container.sh("cd /run/service && ls -d gateway-*");
  return stdout.trim().split("\n").map((name) => name.slice("gateway-".length));
}

liveTest("two pods of two profiles on one home run their one gateway each", async () => {
  await using home = await Home.make({
    default: RUNNING,
    coder: RUNNING,
    my_bot: { ...RUNNING, stub: "talk 3000" },
    writer: STOPPED,
  });
  const [coder, bot] = rendered(["coder", "my_bot"]);
  await using first = await Pod.start(coder, home.path);
  await using second = await Pod.start(bot, home.path);
  const pods = [first, second];
  const { stdout } = await first.container.sh(
    "stat -c '%u:%g %a %n' /run /tmp; id -u; id -g; touch /etc/x 2>&1; " +
      "grep -E '^(CapPrm|CapEff|CapBnd|NoNewPrivs)' /proc/1/status; ls -d /run/service/gateway-*",
  );
  assertEquals(
    stdout.replaceAll("\t", " "),
    `0:10000 2777 /run
0:10000 2777 /tmp
10000
10000
touch: cannot touch '/etc/x': Read-only file system
CapPrm: 0000000000000000
CapEff: 0000000000000000
CapBnd: 0000000000000000
NoNewPrivs: 1
`,
  );
  await bootAll(pods);
  assertEquals(await Promise.all(pods.map(gatewaysOf)), [["coder"], ["my_bot"]]);
  await untilUp(first.container, "coder");
  await untilUp(second.container, "my_bot");
  await home.untilMinding("coder", "my_bot");
  const { code, stdout: doctor } = await first.container.sh("gatewayctl doctor 2>&1");
  assertEquals(code, 0, doctor);
  await second.container.sh("gatewayctl restart my_bot");
  await home.untilMinding("my_bot");
  for (const { container } of pods) assertNotMatch(await container.log(), /s6-log: /);
  assertEquals(await Promise.all(pods.map(({ container }) => container.stop(30_000))), [
    true,
    true,
  ]);
  const log = (await home.log("my_bot")).split("\n").map((line) => line.replace(/^\S+ \S+ +/, ""));
  const words = Array.from({ length: 3000 }, (_, i) => `last words ${i + 1}`);
  const up = (line = "") => assertMatch(line, /^gateway my_bot: up as hermes, pid \d+$/);
  up(log[0]);
  assertEquals(log.slice(1, 3002), [...words, "gateway my_bot: stopped"]);
  up(log[3002]);
  assertEquals(log.slice(3003), [...words, "gateway my_bot: stopped", ""]);
  assertMatch(
    await home.log("coder"),
    /^\S+ \S+ +gateway coder: up as hermes, pid \d+\n\S+ \S+ +gateway coder: stopped\n$/,
  );
  assertEquals([await home.log("default"), await home.log("writer")], ["", ""]);
  // Its time and container are first: no line is of two.
  const boots = (await Deno.readTextFile(`${home.path}/logs/container-boot.log`)).trimEnd();
  for (const line of boots.split("\n")) assertMatch(line, /^\d{4}-\S+ container=\S+ profile=\S+ /);
});

liveTest(
  "a pod with a claim of its own has its profile's directory of the shared home, and no other",
  async () => {
    await using home = await Home.make({ coder: RUNNING, writer: RUNNING });
    const [coder] = rendered(["coder"], "defaults: { volume: { storage: 1Gi } }");
    await using pod = await Pod.start(coder, home.path);
    await bootAll([pod]);
    await untilUp(pod.container, "coder");
    await home.untilMinding("coder");
    assertEquals((await pod.container.sh("ls /opt/data/profiles")).stdout, "coder\n");
    assertMatch((await pod.container.sh("ls /opt/data/logs/gateways")).stdout, /^coder\n$/);
    assertEquals(await home.log("coder"), "");
    await pod.container.sh("gatewayctl stop coder");
    const state = JSON.parse(await Deno.readTextFile(`${home.dir("coder")}/gateway_state.json`));
    assertEquals(state.desired_state, "stopped");
  },
);

liveTest(
  "a pod boots on a new volume, which is of the kubelet's group and not hermes's",
  async () => {
    await using home = await Home.make({});
    runSync("chown", "0:10000", home.path);
    await Deno.chmod(home.path, 0o2775);
    const [root] = rendered(["default"]);
    await using pod = await Pod.start(root, home.path);
    const [said = ""] = await bootAll([pod]);
    assertMatch(said, /^01-hermes-setup: info: \/opt\/data: made profiles, logs, logs\/gateways\n/);
    assertEquals(await gatewaysOf(pod), ["default"]);
    const { code, stdout } = await pod.container.sh("gatewayctl start default 2>&1");
    assertEquals(code, 0, stdout);
  },
);

liveTest("the dashboard's pod runs the dashboard and no gateway", async () => {
  await using home = await Home.make({ coder: RUNNING });
  const [dashboard] = rendered([]);
  const login = (name: string) => [`HERMES_DASHBOARD_BASIC_AUTH_${name}`, "x"];
  await using pod = await Pod.start(
    dashboard,
    home.path,
    Object.fromEntries([login("USERNAME"), login("PASSWORD")]),
  );
  await bootAll([pod]);
  await untilStatus(pod.container, "dashboard", "up", ({ up }) => up);
  assertEquals(await gatewaysOf(pod), [""]);
});

liveTest("a pod of shards runs the gateways of its share", async () => {
  const names = ["default", "a", "b", "c", "d", "e", "f", "g"];
  await using home = await Home.make(Object.fromEntries(names.map((name) => [name, RUNNING])));
  await using pod = await Pod.start(readShards(), home.path);
  const [said = ""] = await bootAll([pod]);
  const here = [...said.matchAll(/profile=(\S+) .*action=started/g)].map(([, name = ""]) => name);
  assert(here.length > 0 && here.length < names.length, said);
  for (const name of here) {
    await until(`gateway-${name} is up`, async () => {
      const asked = await pod.container.sh(`s6-svstat -o up /run/hermes/service/gateway-${name}`);
      return asked.stdout === "true\n";
    });
  }
});
