import { assert, assertEquals, assertMatch } from "@std/assert";
import { Container, until } from "../container/container.ts";
import {
  Home,
  liveTest,
  RUNNING,
  SCANDIRS,
  status,
  SUPERVISIONS,
  tryAsHermes,
  untilParked,
  untilStatus,
  untilUp,
} from "./_live.ts";

const SLOTS = ["gateway-coder", "gateway-coder/log", "gateway-default", "gateway-default/log"];

liveTest("hermes can ask, tell and await every slot and its logger", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING });
  for (const slot of SLOTS) {
    const dir = `/run/service/${slot}`;
    await untilStatus(container, slot, "up", ({ up }) => up);
    await tryAsHermes(container, [
      ["s6-svstat", dir],
      ["s6-svc", "-wd", "-T20000", "-d", dir],
      ["s6-svwait", "-d", "-t20000", dir],
      ["s6-svc", "-wu", "-T20000", "-u", dir],
      ["s6-svwait", "-u", "-t20000", dir],
    ]);
  }
});

liveTest("hermes is refused on the dashboard before 015 and served after it", async (boot) => {
  const { container } = await boot({}, { hooks: false, env: { HERMES_DASHBOARD: "TRUE" } });
  const dir = "/run/service/dashboard";
  const commands = [
    ["s6-svstat", dir],
    ["s6-svc", "-wd", "-T20000", "-d", dir],
    ["s6-svc", "-wu", "-T20000", "-u", dir],
    ["s6-svwait", "-u", "-t20000", dir],
  ];
  await container.sh(`until s6-svok ${dir}; do :; done`);
  await tryAsHermes(container, commands, /Permission denied/);
  await container.boot();
  await untilStatus(container, "dashboard", "up", ({ up }) => up);
  await tryAsHermes(container, commands);
});

liveTest("the hooks change no owner or mode of what is root's own", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { hooks: false });
  const snapshot = async () =>
    (await container.sh(
      "cd /run/service && find s6-linux-init-shutdownd .s6-svscan -mindepth 0 ! -path .s6-svscan/control" +
        " ! -name status -printf '%p %u:%g %m\\n' | sort; cd /run/s6-rc/servicedirs &&" +
        " find s6rc-fdholder s6rc-oneshot-runner ! -name status -printf '%p %u:%g %m\\n' | sort",
    )).stdout;
  for (const name of ["s6-linux-init-shutdownd", "s6rc-fdholder", "s6rc-oneshot-runner"]) {
    await untilStatus(container, name, "up", ({ up }) => up);
  }
  const before = await snapshot();
  assertMatch(before, /^s6rc-fdholder\/supervise root:root 700$/m);
  await container.boot();
  assertEquals(await snapshot(), before);
  const { stdout } = await container.sh(
    "stat -c '%U:%G %a' /run/service /run/service/.s6-svscan/control",
  );
  assertEquals(stdout, "root:hermes 1775\nroot:hermes 660\n");
});

liveTest("hermes has no power over root's entries, nor without a skeleton", async (boot) => {
  const { container } = await boot({});
  const names = ["s6-linux-init-shutdownd", ".s6-svscan", "dashboard"];
  const moves = names.map((name) => ["mv", `/run/service/${name}`, "/run/service/.gone"]);
  await tryAsHermes(container, moves, /not permitted|denied/);
  const dir = "/run/service/bare";
  await container.sh(
    `mkdir ${dir} && printf '#!/bin/sh\\nexec sleep infinity\\n' >${dir}/run && chmod +x ${dir}/run`,
    { user: "hermes" },
  );
  await container.exec(["s6-svscanctl", "-a", "/run/service"], { user: "hermes" });
  await untilStatus(container, "bare", "up", ({ up }) => up);
  const commands = [["s6-svstat", dir], ["s6-svc", "-d", dir], ["s6-svwait", "-u", dir]];
  await tryAsHermes(container, commands, /Permission denied/);
});

liveTest("every profile ends as its state says, at every boot", async () => {
  await using home = await Home.make({
    default: RUNNING,
    running: { state: { gateway_state: "running" } },
    stopped: { state: { gateway_state: "running", desired_state: "stopped" } },
    missing: {},
    draining: { state: { gateway_state: "draining" } },
    corrupt: { state: "{" },
    Illegal: RUNNING,
    nosoul: { ...RUNNING, soul: false },
  });
  const expected = [
    "reconcile: profile=default prior_state=running action=started",
    'reconcile: profile=Illegal prior_state=None action=skipped reason="illegal profile name: expected [a-z0-9][a-z0-9_-]*"',
    "reconcile: profile=corrupt prior_state=None action=registered",
    "reconcile: profile=draining prior_state=running action=started",
    "reconcile: profile=missing prior_state=None action=registered",
    "reconcile: profile=running prior_state=running action=started",
    "reconcile: profile=stopped prior_state=stopped action=registered",
  ];
  for (const boot of ["first", "second"]) {
    await using container = await Container.start({ data: home.path });
    const hook = (await container.boot()).get("02-reconcile-profiles");
    assertEquals(hook?.code, 0, hook?.stderr);
    assertEquals(hook?.stdout.split("\n").slice(0, -2), expected, `${boot} boot`);
    assertMatch(hook?.stderr ?? "", /^reconcile: warning: profile=corrupt: .*not JSON$/m);
    for (const profile of ["default", "running", "draining"]) {
      await untilUp(container, profile);
    }
    for (const profile of ["stopped", "missing", "corrupt"]) {
      await untilParked(container, `gateway-${profile}`);
    }
    const { stdout } = await container.sh(
      "cd /run/service && ls -d gateway-*; ls gateway-*/down",
    );
    assertEquals(
      stdout.trim().split("\n"),
      ["corrupt", "default", "draining", "missing", "running", "stopped"].map((p) => `gateway-${p}`)
        .concat(["corrupt", "missing", "stopped"].map((p) => `gateway-${p}/down`)),
    );
    await container.stop();
  }
});

for (const mode of SUPERVISIONS) {
  liveTest(
    `${mode}: a gateway runs as hermes in its home with the container's environment, and its log too`,
    async (boot) => {
      const { container, home } = await boot({ coder: { ...RUNNING, stub: "environ" } }, {
        env: {
          HERMES_SUPERVISION: mode,
          ...{ HERMES_HOME: "/opt/data", TOKEN: "t", LINES: "one\n two\nthree", EMPTY: "" },
          // Ours win.
          ...{ HOME: "/root", HERMES_SUPERVISED_CHILD: "0", GATEWAY_MULTIPLEX_PROFILES: "off" },
        },
      });
      const entries = await home.untilEnviron("coder");
      for (
        const entry of [
          "HOME=/opt/data",
          "PWD=/opt/data",
          "TOKEN=t",
          "LINES=one\n two\nthree",
          "GATEWAY_MULTIPLEX_PROFILES=false",
          "HERMES_S6_SUPERVISED_CHILD=1",
          "HERMES_SUPERVISED_CHILD=1",
        ]
      ) assert(entries.includes(entry), `${entry} is not in ${JSON.stringify(entries)}`);
      const log = `${home.path}/logs/gateways/coder/current`;
      await until("a log line", async () => (await home.log("coder")).endsWith("\n"));
      assertMatch(
        await home.log("coder"),
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ {2}gateway coder: up as hermes, pid \d+\n$/,
      );
      assertMatch(
        await container.log(),
        /^20\S+ \S+ {2}coder: gateway coder: up as hermes, pid \d+$/m,
      );
      assertEquals((await Deno.stat(log)).uid, 10000);
      const { pid } = await status(container, `${SCANDIRS[mode]}/gateway-coder`);
      const { stdout } = await container.sh(`stat -c %U /proc/${pid}`);
      assertEquals(stdout, "hermes\n");
    },
  );
}

liveTest("a gateway's log keeps as much as the container's environment says", async (boot) => {
  const env = {
    ...{ HERMES_GATEWAY_LOG_FILES: "2", HERMES_GATEWAY_LOG_BYTES: "4096" },
    HOSTNAME: "hermes-1",
  };
  const { container, home } = await boot({ coder: { ...RUNNING, stub: "agent" } }, { env });
  await home.untilLogged("coder");
  const dir = home.dir("coder");
  await Deno.writeTextFile(`${dir}/big.sh`, "seq 9000\n: >big.done\n");
  await Deno.writeTextFile(`${dir}/stub.do`, "sh big.sh\n");
  await until("the last line", async () => {
    return (await container.sh("cat /opt/data/logs/gateways/coder/*")).stdout.includes("  9000\n");
  }, 20_000);
  const files = await Array.fromAsync(Deno.readDir(`${home.path}/logs/gateways/coder`));
  assertEquals(files.filter(({ name }) => name.startsWith("@")).length, 2);
  const log = await Deno.readTextFile(`${home.path}/logs/container-boot.log`);
  assertMatch(
    log,
    /^\S+ container=hermes-1 profile=default .*\n\S+ container=hermes-1 profile=coder /,
  );
});

liveTest(
  "a container that makes no sense is refused by 015, with one line, and nothing is done",
  async (boot) => {
    for (
      const [variable, value] of [
        ["HERMES_HOME", "data"],
        ["S6_PROFILE_GATEWAY_SCANDIR", "/run/a,b"],
        ["HERMES_SUPERVISION", "mixed"],
      ] as const
    ) {
      const env = { [variable]: value, HERMES_DASHBOARD: "1", HERMES_PROFILE_WATCH: "1" };
      const { container } = await boot({ coder: RUNNING }, { hooks: false, env });
      const hooks = await container.boot();
      assertEquals(hooks.get("015-supervise-perms")?.code, 2);
      assertEquals(hooks.get("02-reconcile-profiles"), { code: 2, stdout: "", stderr: "" });
      const said = [...hooks.values()].map(({ stderr }) => stderr).join("");
      assertMatch(
        said,
        new RegExp(`^015-supervise-perms: error: ${variable}: expected [^\\n]*\\n$`),
      );
      for (
        const service of ["dashboard", "gateways", "profile-watch", "start-gateways", "status"]
      ) {
        await untilParked(container, service);
      }
      const { code, stderr } = await container.exec(["gatewayctl", "list"]);
      assertEquals(code, 1);
      assertMatch(stderr, new RegExp(`^gatewayctl: error: ${variable}: expected [^\\n]*\\n$`));
      assertEquals(await container.log(), "");
    }
  },
);
