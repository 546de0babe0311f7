import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DENO, INSTALL_DIR, RUN_FLAGS } from "../../lib/hook.ts";
import { PROFILE_WATCH } from "../../lib/profile_watch_service.ts";
import { permissionFlags, type Permissions } from "../../lib/stages.ts";
import { ISOLATED_SCANDIR, SHARED_SCANDIR } from "../../lib/supervision_mode.ts";
import {
  Container,
  type ContainerOptions,
  type ExecResult,
  until,
} from "../../tasks/_container.ts";
import { droppedGrants, lies } from "../permissions/_audit.ts";
import { bootContainer, Home, liveTest, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const SERVICE = "/run/service/profile-watch";
const PROFILES = "/opt/data/profiles";
const SHARED = SHARED_SCANDIR;
const MODES = [["shared", SHARED], ["isolated", ISOLATED_SCANDIR]] as const;

/** Shell lines that make a profile as hermes does: the state first, then what makes it one. */
const MAKE = `make() {
  mkdir "$1" && echo '{"desired_state":"'"$2"'"}' >"$1/gateway_state.json" && : >"$1/SOUL.md"
}
cd ${PROFILES} && `;

/** Boots a container with the watcher and waits for its first sync. */
async function watched(
  home: Home,
  mode: string,
  options: Omit<ContainerOptions, "data" | "env"> = {},
): Promise<Container> {
  const env = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: mode };
  const container = await bootContainer(home, { ...options, env });
  await until("the first sync", async () => (await said(container, "synced")).length > 0, 30_000);
  return container;
}

/** The watcher's lines that contain some words. */
async function said(container: Container, words: string): Promise<string[]> {
  return (await container.log()).split("\n")
    .filter((line) => line.startsWith("profile-watch: ") && line.includes(words));
}

/** Waits until it has said something, once; it speaks when all of a sync is done. */
async function untilSaidOnce(container: Container, words: string): Promise<void> {
  await until(`it says "${words}"`, async () => (await said(container, words)).length > 0, 30_000);
  assertEquals((await said(container, words)).length, 1, words);
}

/** How many slots each sync so far has made. */
async function created(container: Container): Promise<number[]> {
  return (await said(container, "synced"))
    .map((line) => Number(/(\d+) created/.exec(line)?.[1] ?? 0)).filter((count) => count > 0);
}

async function asHermes(container: Container, script: string): Promise<string> {
  const { code, stdout, stderr } = await container.sh(script, { user: "hermes" });
  assertEquals(code, 0, stderr);
  return stdout;
}

async function pidOf(container: Container, service: string): Promise<string | undefined> {
  const { code, stdout } = await container.sh(`s6-svstat -o pid ${service}`);
  return code === 0 && stdout !== "-1\n" ? stdout.trim() : undefined;
}

function untilUp(container: Container, service: string, not?: string): Promise<string> {
  return until(`${service} is up`, async () => {
    const pid = await pidOf(container, service);
    return pid !== not && pid;
  }, 30_000);
}

/** Waits until a slot and its supervisors are gone. */
function untilGone(container: Container, slot: string): Promise<boolean> {
  const name = slot.slice(slot.lastIndexOf("/") + 1);
  return until(`${slot} is gone`, async () => {
    const { code } = await container.sh(
      `[ ! -e ${slot} ] && ! grep -qa '^s6-supervise.${name}' /proc/[0-9]*/cmdline`,
    );
    return code === 0;
  }, 30_000);
}

for (const [mode, scandir] of MODES) {
  const slot = (profile: string) => `${scandir}/gateway-${profile}`;

  liveTest(
    `${mode}: the watcher brings up a profile made on the disk within 3 s, and takes away one that is removed`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
      await using container = await watched(home, mode);
      const before = await untilUp(container, slot("coder"));
      const times: number[] = [];
      // The fastest of three: the machine may be busy.
      for (const name of ["a", "b", "c"]) {
        const startedAt = performance.now();
        await asHermes(container, `${MAKE} make ${name} running`);
        await untilUp(container, slot(name));
        times.push(Math.round(performance.now() - startedAt));
      }
      console.log(`up after ${times.join(", ")} ms`);
      assert(Math.min(...times) < 3000, `up after ${times} ms`);
      await asHermes(container, `rm -r ${PROFILES}/gone`);
      await untilGone(container, slot("gone"));
      assertEquals(await pidOf(container, slot("coder")), before, "another gateway was touched");
      await untilSaidOnce(container, "a: created, starts");
      await untilSaidOnce(container, "gone: pruned: no such profile");
      assertEquals(await said(container, "warning"), []);
    },
  );

  liveTest(
    `${mode}: after kill -9 the watcher is back, with what came and went meanwhile`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
      await using container = await watched(home, mode);
      const [coder, watcher] = [
        await untilUp(container, slot("coder")),
        await untilUp(container, SERVICE),
      ];
      await untilUp(container, slot("gone"));
      await container.sh(`kill -STOP ${watcher}`);
      await asHermes(container, `${MAKE} make late running && rm -r gone`);
      await container.sh(`kill -9 ${watcher}`);
      await untilUp(container, SERVICE, watcher);
      await untilUp(container, slot("late"));
      await untilGone(container, slot("gone"));
      assertEquals(await pidOf(container, slot("coder")), coder);
    },
  );

  // s6-svscan 2.11 holds no more than 500 services, unless it is told to.
  const many = mode === "isolated" ? 1000 : 400;
  liveTest(`${mode}: the watcher settles a burst of ${many} profiles in one sync`, async () => {
    await using home = await Home.make({ default: RUNNING });
    await using container = await watched(home, mode);
    await asHermes(
      container,
      `${MAKE} i=0; while [ $i -lt ${many} ]; do make p$i stopped; i=$((i + 1)); done`,
    );
    // A busy machine may need a second try for a few.
    await until(`${many} slots`, async () => {
      const last = (await said(container, "synced in")).at(-1) ?? "";
      const counts = [...last.matchAll(/(\d+) (?:unchanged|created)/g)].map(([, n]) => Number(n));
      return counts.reduce((a, b) => a + b, 0) === many + 1;
    }, 240_000);
    const counts = await created(container);
    console.log(
      `syncs that made slots: ${counts}; ${(await said(container, "warning")).join("; ")}`,
    );
    assert(counts.length <= 2, `syncs: ${counts}`);
  });

  liveTest(
    `${mode}: the watcher touches nothing while profiles is away, and prunes when it is emptied`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, writer: RUNNING });
      await using container = await watched(home, mode);
      const names = ["default", "coder", "writer"];
      const before = await Promise.all(names.map((name) => untilUp(container, slot(name))));
      const watcher = await untilUp(container, SERVICE);
      const waits = async (why: string, spoil: string) => {
        const count = (await said(container, why)).length;
        await container.sh(`cd /opt/data && mv profiles away && ${spoil}`);
        await until(why, async () => (await said(container, why)).length > count, 30_000);
        const back = (await said(container, "is back")).length;
        await container.sh("cd /opt/data && rm -f profiles && mv away profiles");
        await until(
          "it is back",
          async () => (await said(container, "is back")).length > back,
          30_000,
        );
      };
      await waits("is missing", ":");
      await waits("is not a directory", "ln -s away profiles");
      await waits("is not a directory", "mkfifo profiles");
      assertEquals(await Promise.all(names.map((name) => pidOf(container, slot(name)))), before);
      assertEquals(await pidOf(container, SERVICE), watcher, "the watcher did not survive");
      assertEquals(await said(container, "pruned"), []);

      await asHermes(container, `rm -r ${PROFILES}/*`);
      await untilGone(container, slot("coder"));
      await untilGone(container, slot("writer"));
      assertEquals(await pidOf(container, slot("default")), before[0]);
    },
  );
}

liveTest("a profile that cannot be read keeps its gateway, with one warning", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await watched(home, "shared");
  const before = await untilUp(container, `${SHARED}/gateway-coder`);
  await container.sh(`chmod 000 ${PROFILES}/coder`);
  const warned = () => said(container, "warning: coder: skipped: cannot list the directory");
  await until("a warning", async () => (await warned()).length > 0, 30_000);
  await until("a second try", async () => (await said(container, "1 failed")).length > 1, 30_000);
  assertEquals((await warned()).length, 1);
  await container.sh(`chmod 755 ${PROFILES}/coder; chmod 000 ${PROFILES}`);
  await until("another", async () => (await said(container, "cannot read")).length > 0, 30_000);
  await container.sh(`chmod 755 ${PROFILES}`);
  await until("the end of it", async () => (await said(container, "is back")).length > 0, 30_000);
  assertEquals(await pidOf(container, `${SHARED}/gateway-coder`), before);
});

liveTest("the watcher goes by the selection and by multiplexing", async () => {
  await using home = await Home.make({ default: RUNNING });
  const env = {
    HERMES_PROFILE_WATCH: "yes",
    HERMES_GATEWAY_PROFILES: "default,team-*",
    GATEWAY_MULTIPLEX_PROFILES: "1",
  };
  await using container = await bootContainer(home, {
    env: { ...env, HERMES_SUPERVISION: "shared" },
  });
  await until("the first sync", async () => (await said(container, "synced")).length > 0, 30_000);
  await asHermes(
    container,
    `${MAKE} make team-a running && make other running && make 'Bad Name' x`,
  );
  await untilStatus(container, `${SHARED}/gateway-team-a`, "supervised", () => true, 30_000);
  await untilSaidOnce(container, "team-a: created, down");
  await untilSaidOnce(container, "info: other: skipped: not selected");
  await untilSaidOnce(container, "info: Bad Name: skipped: illegal profile name");
  assertEquals((await container.sh(`ls -d ${SHARED}/gateway-other`)).code, 2);
});

for (
  const [what, env, command] of [
    ["with HERMES_GATEWAY_PROFILES=none", { HERMES_GATEWAY_PROFILES: " none " }, "true"],
    ["whose command is the dashboard", {}, "hermes dashboard"],
  ] as [string, Record<string, string>, string][]
) {
  liveTest(`in a container ${what} the watcher does nothing but wait`, async () => {
    await using home = await Home.make({ coder: RUNNING });
    const watch = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared" };
    await using container = await Container.start({ data: home.path, env: { ...watch, ...env } });
    await container.sh(
      'mkdir /run/s6/bin && printf "sleep infinity\\n" >/run/s6/bin/rc.init && ' +
        `{ sh -e /run/s6/bin/rc.init top ${command} >/dev/null 2>&1 & }`,
    );
    await container.boot();
    await until("its line", async () => (await said(container, "")).length > 0, 30_000);
    assertMatch((await said(container, "")).join(), /info: [^\n]+: nothing to watch$/);
    assert(await pidOf(container, SERVICE) !== undefined);
    assertEquals((await container.sh(`ls -d ${SHARED}/gateway-*`)).code, 2);
  });
}

for (
  const [what, options] of [
    ["", {}],
    [" also as root without CAP_KILL", { capabilities: ["setuid", "setgid", "chown"] }],
  ] as const
) {
  liveTest(`s6-svc -d ends the watcher at once, and nothing of it is left${what}`, async () => {
    await using home = await Home.make({ default: RUNNING });
    await using container = await watched(home, "isolated", options);
    const startedAt = performance.now();
    const { code } = await container.sh(`s6-svc -wD -T20000 -d ${SERVICE}`);
    assertEquals(code, 0, "it did not end");
    console.log(`ended after ${Math.round(performance.now() - startedAt)} ms`);
    const left = await container.sh("grep -al watch_[p]rofiles /proc/[0-9]*/cmdline");
    assertEquals(left.stdout, "");
  });
}

liveTest("with wrong settings the watcher is parked, after one line", async () => {
  for (
    const [env, line] of [
      [{ HERMES_GATEWAY_SHARD: "9/5" }, /fatal: HERMES_GATEWAY_SHARD: [^\n]+/],
      [{ HERMES_HOME: "data" }, /fatal: HERMES_HOME: expected an absolute path/],
      [{ HERMES_SUPERVISION: "mixed" }, /fatal: HERMES_SUPERVISION: expected shared or isolated/],
    ] as [Record<string, string>, RegExp][]
  ) {
    await using home = await Home.make({});
    const all = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared", ...env };
    await using container = await Container.start({ data: home.path, env: all });
    await container.boot();
    await until("it is parked", async () => {
      const { stdout } = await container.sh(`s6-svstat -o up,wantedup,exitcode ${SERVICE}`);
      return stdout === "false false 2\n";
    }, 30_000);
    const lines = await said(container, "");
    assertEquals(lines.length, 1, lines.join("\n"));
    assertMatch(lines.join(), line);
  }
});

liveTest("the watcher starts although the container's command line has just gone", async () => {
  await using home = await Home.make({ default: RUNNING });
  const env = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared" };
  await using container = await bootContainer(home, { env: { ...env, HERMES_PROFILE_WATCH: "0" } });
  // The very lines of the service, with one that cannot be opened, and one that cannot be read.
  for (const command of ["/proc/0/cmdline", "/tmp"]) {
    const { stdout } = await container.sh(
      `sed 's|^become_hermes env|command=${command}\\n&|' ${SERVICE}/run >/tmp/run
timeout 5 sh /tmp/run 2>&1`,
      { env },
    );
    assertMatch(stdout, /^profile-watch: info: synced in [^\n]+\n$/, command);
  }
});

liveTest("unless it is turned on the watcher rests", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await until("it rests", async () => {
    const { stdout } = await container.sh(`s6-svstat -o up,wantedup,exitcode ${SERVICE}`);
    return stdout === "false false 0\n";
  }, 30_000);
});

/** Runs a watcher of the test's own as hermes until it has synced or ended. */
async function runOnce(container: Container, permissions: Permissions): Promise<ExecResult> {
  const command = [DENO, "run", ...RUN_FLAGS, ...permissionFlags(permissions)];
  const script = `"$@" >/tmp/out 2>/tmp/err & pid=$!
while kill -0 $pid 2>/dev/null && ! grep -q 'synced' /tmp/out; do sleep 0.1; done
kill $pid 2>/dev/null; wait $pid; code=$?; cat /tmp/out; cat /tmp/err >&2; exit $code`;
  return await container.exec([
    ...["sh", "-c", script, "sh", ...command, `${INSTALL_DIR}/${PROFILE_WATCH.entry}`],
  ], {
    user: "hermes",
    env: {
      NO_COLOR: "1",
      DENO_DIR: `${INSTALL_DIR}/deno_dir`,
      HERMES_HOME: "/opt/data",
      S6_PROFILE_GATEWAY_SCANDIR: SHARED,
      DENO_AUDIT_PERMISSIONS: "/tmp/audit",
    },
  });
}

const PERMISSIONS = PROFILE_WATCH.permissions({
  ...{ home: "/opt/data", scandir: SHARED, servicedirs: "", out: "" },
});

liveTest("the watcher needs each of its permissions, and no other", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home, { env: { HERMES_SUPERVISION: "shared" } });
  await untilUp(container, `${SHARED}/gateway-coder`);
  let n = 0;
  // A slot to make and one to take away.
  const prepare = async () => {
    n++;
    const copy = `${SHARED}/.hermes/copy`;
    await asHermes(
      container,
      `${MAKE} make new${n} running
cp -a ${SHARED}/gateway-coder ${copy} && mv ${copy} ${SHARED}/gateway-gone${n} &&
s6-svscanctl -a ${SHARED} && until s6-svok ${SHARED}/gateway-gone${n}/log; do :; done`,
    );
  };
  for (const [kind, grant, rest] of droppedGrants(PERMISSIONS)) {
    await prepare();
    const { code, stderr } = await runOnce(container, rest);
    assert(stderr.includes(`--allow-${kind}`), `it does without ${kind} of ${grant}: ${stderr}`);
    assertEquals(code, 1, `it survived without ${kind} of ${grant}`);
    assertStringIncludes(stderr, "profile-watch: fatal:");
  }
  await container.sh("rm -f /tmp/audit");
  await prepare();
  const { stdout, stderr } = await runOnce(container, PERMISSIONS);
  assertMatch(stdout, /synced in/, stderr);
  const audit = (await container.sh("cat /tmp/audit")).stdout.trim().split("\n");
  assert(audit.length > 10);
  for (const line of audit) {
    const { permission: kind, value } = JSON.parse(line);
    assert(lies({ kind, value: String(value) }, PERMISSIONS), `${kind} of ${value} is not granted`);
  }
});

liveTest("watch_profiles.ts takes --help, and refuses what it does not know", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  const run = (...args: string[]) =>
    container.exec([DENO, "run", ...RUN_FLAGS, `${INSTALL_DIR}/${PROFILE_WATCH.entry}`, ...args], {
      user: "hermes",
      env: { DENO_DIR: `${INSTALL_DIR}/deno_dir` },
    });
  const help = await run("--help");
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /^Usage: [^]*--container-command[^]*Exit code:/);
  for (const args of [["--nope"], ["extra"], ["--help=1"], [""]]) {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^profile-watch: fatal: [\x20-\x7e]+\n$/);
  }
});
