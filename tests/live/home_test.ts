import { assert, assertEquals, assertMatch } from "@std/assert";
import { SWAPPER } from "../hostile/_race.ts";
import { runSync } from "../_temp.ts";
import { bootContainer, Home, liveTest, RUNNING, startContainer, untilStatus } from "./_live.ts";

const SCRIPT = "/etc/cont-init.d/01-hermes-setup";

function ownerOf(path: string): string {
  const { uid, gid } = Deno.lstatSync(path);
  return `${uid}:${gid}`;
}

/** Makes files of root's in a home, as a command does that root has run. */
function leave(home: Home, ...paths: string[]): void {
  for (const path of paths) {
    const dir = `${home.path}/${path}`.replace(/\/[^/]*$/, "");
    Deno.mkdirSync(dir, { recursive: true });
    Deno.writeTextFileSync(`${home.path}/${path}`, "{}", { mode: 0o600 });
  }
}

liveTest(
  "what root has left in a home is hermes's after a boot, and no secret is open",
  async () => {
    await using home = await Home.make({ coder: RUNNING });
    const left = [".env", "cron/jobs.json", "profiles/coder/.env", "profiles/coder/a/b/state.json"];
    leave(home, ...left, "workspace/x");
    await Deno.chmod(`${home.path}/profiles/coder/.env`, 0o644);
    await using container = await bootContainer(home);
    for (const path of [...left, "cron", "profiles/coder/a", "profiles/coder/a/b", "workspace"]) {
      assertEquals(ownerOf(`${home.path}/${path}`), "10000:10000", path);
    }
    assertEquals(ownerOf(`${home.path}/workspace/x`), "0:0");
    assertEquals((Deno.lstatSync(`${home.path}/profiles/coder/.env`).mode ?? 0) & 0o777, 0o600);
    await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    const check = async () => (await container.sh("gatewayctl doctor | grep 'is hermes'")).stdout;
    assertMatch(await check(), /^ok /);
    leave(home, "profiles/coder/again");
    assertMatch(await check(), /^FAIL .*profiles\/coder\/again/);
  },
);

liveTest("a home that HERMES_HOME's symlink leads to is the home", async () => {
  await using home = await Home.make({ coder: RUNNING });
  leave(home, ".env");
  await using container = await startContainer(home, { env: { HERMES_HOME: "/data/link/" } });
  await container.sh("mkdir /data && ln -s ../opt/./data /data/link");
  const hooks = await container.boot();
  for (const [name, { code, stderr }] of hooks) assertEquals(code, 0, `${name}: ${stderr}`);
  assertEquals(
    (await container.sh("grep ^home= /run/hermes-boot/facts")).stdout,
    "home='/opt/data'\n",
  );
  assertEquals(ownerOf(`${home.path}/.env`), "10000:10000");
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
});

liveTest("root gives nothing away behind a symlink that hermes can change", async () => {
  for (
    const [HERMES_HOME, plant] of [
      ["/opt/data/home", "ln -s /opt/canary /opt/data/home"],
      ["/link/home", "ln -s /opt/data/away /link; ln -s /opt/canary /opt/data/away"],
      ["/link", "ln -s /opt/data/dir/../../canary /link; mkdir /opt/data/dir"],
    ] as const
  ) {
    await using home = await Home.make({});
    await using container = await startContainer(home, { env: { HERMES_HOME } });
    await container.sh(`mkdir -p /opt/canary/home; : >/opt/canary/file; ${plant}`);
    await container.boot();
    const { stdout } = await container.sh("find /opt/canary ! -user root");
    assertEquals(stdout, "", HERMES_HOME);
  }
});

/** Has 01 run without CAP_CHOWN, as where a file system refuses it to root. */
const WITHOUT_CHOWN = `mv ${SCRIPT} /opt/01 && printf '#!/bin/sh\\nexec setpriv ` +
  `--bounding-set=-chown --inh-caps=-chown /opt/01\\n' >${SCRIPT} && chmod 755 ${SCRIPT}`;

liveTest("a home that root may not give away is a warning where hermes can write", async () => {
  for (const mode of [0o777, 0o755]) {
    await using home = await Home.make({ coder: RUNNING }, { uid: 1234, gid: 1234 });
    runSync("chown", "-R", "10000:10000", `${home.path}/profiles`);
    await Deno.chmod(home.path, mode);
    await using container = await startContainer(home);
    await container.sh(WITHOUT_CHOWN);
    const hooks = await container.boot();
    const { code, stderr } = hooks.get("01-hermes-setup") ?? { code: -1, stderr: "" };
    assertMatch(stderr, /^01-hermes-setup: warning: cannot chown [^\n]*CAP_CHOWN/);
    if (mode === 0o777) {
      assertEquals([code, stderr.trim().split("\n").length], [0, 1], stderr);
      assertEquals(ownerOf(`${home.path}/logs/gateways`), "10000:10000");
      await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    } else {
      assertEquals(code, 1);
      assertMatch(
        stderr,
        /\n01-hermes-setup: error: hermes cannot write to \/opt\/data: [^\n]*\n$/,
      );
    }
  }
});

liveTest("files that root may not give away are a warning, and the gateways run", async () => {
  await using home = await Home.make({ coder: RUNNING });
  leave(home, "logs/gateways/x");
  runSync("chown", "-R", "10000:10000", home.path);
  leave(home, ".env", "profiles/coder/x");
  await using container = await startContainer(home);
  await container.sh(WITHOUT_CHOWN);
  const { code, stderr } = (await container.boot()).get("01-hermes-setup") ?? { code: -1 };
  assertEquals(code, 0);
  assertMatch(stderr ?? "", /^01-hermes-setup: warning: changing ownership of [^\n]*\n$/);
  await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
});

liveTest(
  "PUID=0 and a PGID that is no number are a warning, and hermes is the image's",
  async () => {
    await using home = await Home.make({ coder: RUNNING });
    await using container = await startContainer(home, { env: { PUID: "0", PGID: "staff" } });
    const { code, stderr } = (await container.boot()).get("01-hermes-setup") ?? { code: -1 };
    assertEquals(code, 0);
    assertMatch(stderr ?? "", /^(01-hermes-setup: warning: (PUID|PGID): [^\n]*, 10000\n){2}$/);
    const { pid } = await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
    assert(pid > 0);
    assertEquals((await container.sh("id -u hermes")).stdout, "10000\n");
  },
);

liveTest("no hook has root run a program of hermes's, whatever PATH begins with", async () => {
  await using home = await Home.make({ coder: {} });
  leave(home, ".env");
  const names = [
    ..."sh env timeout find stat chown chmod readlink id mkdir mktemp mv rm tr sed grep".split(" "),
    ..."cp cat hermes deno s6-svscanctl s6-setuidgid with-contenv".split(" "),
  ];
  await Deno.mkdir(`${home.path}/bin`);
  for (const name of names) {
    await Deno.writeTextFile(
      `${home.path}/bin/${name}`,
      `#!/bin/sh\n[ "$(/usr/bin/id -u)" -ne 0 ] || echo $0 >>/opt/data/as-root\nPATH=/command:` +
        `/usr/local/bin:/usr/bin:/bin exec ${name} "$@"\n`,
      { mode: 0o755 },
    );
  }
  await Deno.writeTextFile(`${home.path}/as-root`, "");
  runSync("chown", "-R", "10000:10000", `${home.path}/bin`);
  const PATH = "/opt/data/bin:/command:/usr/local/bin:/usr/bin:/bin:/usr/lib/execline/bin";
  await using _ = await bootContainer(home, { env: { PATH, HERMES_UID: "10001" } });
  assertEquals(await Deno.readTextFile(`${home.path}/as-root`), "");
});

liveTest(
  "a second container on the home cannot have root give away what is not the home's",
  async () => {
    await using home = await Home.make({ coder: {}, writer: {} });
    const inHome = (path: string) => `/opt/data/profiles/coder/${path}`;
    leave(
      home,
      "profiles/coder/file",
      "profiles/coder/dir/file",
      "aside/host/of-root",
      "aside/host/sub/of-root",
    );
    for (const dir of ["coder/deep/mount", "coder/deep.decoy"]) {
      Deno.mkdirSync(`${home.path}/profiles/${dir}`, { recursive: true });
    }
    Deno.symlinkSync("/opt/canary/file", `${home.dir("coder")}/file.decoy`);
    Deno.symlinkSync("/opt/data/aside/host/sub", `${home.dir("coder")}/dir.decoy`);
    runSync("chown", "-hR", "10000:10000", home.dir("coder"));
    await using first = await startContainer(home);
    await using second = await startContainer(home);
    const made = await first.sh(`mkdir /opt/canary && : >/opt/canary/file
    mount --bind /opt/data/aside/host ${inHome("deep/mount")}`);
    assertEquals([made.code, made.stderr], [0, ""]);
    const swapping = second.exec(
      ["/usr/local/bin/deno", "eval", "--no-config", "--ext=js", SWAPPER, "5000"]
        .concat(["file", "dir", "deep"].map(inHome)),
      { user: "hermes", env: { DENO_DIR: "/tmp/deno_dir" } },
    );
    const { stdout } = await first.sh(`rounds=0 given=0
    end=$(($(date +%s) + 5))
    while [ "$(date +%s)" -lt $end ]; do
      chown -h 0:0 ${inHome("file")} ${inHome("dir")} ${inHome("dir/file")} 2>/dev/null
      said=$(/opt/hermes-boot/libexec/give-back prog 10000:10000 /opt/data)
      rounds=$((rounds + 1))
      [ -z "$said" ] || given=$((given + 1))
    done
    echo $rounds $given`);
    const swaps = await swapping;
    const [rounds = 0, given = 0] = stdout.split(" ").map(Number);
    assert(rounds > 20 && given > 5 && Number(swaps.stdout) > 100, `${stdout} ${swaps.stdout}`);
    const { stdout: lost } = await first.sh("find /opt/canary /opt/data/aside/host ! -user root");
    assertEquals(lost, "");
  },
);

liveTest("an image without hermes boots with one warning, from 02", async () => {
  await using home = await Home.make({ coder: {} });
  await using container = await startContainer(home);
  await container.sh("rm /usr/local/bin/hermes");
  const hooks = await container.boot();
  assertEquals([...hooks.values()].map(({ code }) => code), [0, 0, 0]);
  const said = [...hooks.values()].map(({ stderr }) => stderr).join("");
  assertEquals(
    said.match(/^02-reconcile-profiles: warning: this image has no hermes/gm)?.length,
    1,
  );
  await untilStatus(container, "gateway-coder", "down", ({ up, wantedUp }) => !up && !wantedUp);
});

liveTest(
  "where root may chown nothing at all gateways run, and what is not shared is said",
  async (boot) => {
    const { container, home } = await boot({ coder: RUNNING }, {
      hooks: false,
      capabilities: ["setuid", "setgid", "dac_override", "kill", "fowner"],
    });
    leave(home, "left");
    const hooks = await container.boot();
    assertEquals([...hooks.values()].map(({ code }) => code), [0, 0, 0]);
    assertMatch(hooks.get("01-hermes-setup")?.stderr ?? "", /^01-hermes-setup: warning: /);
    assertMatch(
      hooks.get("015-supervise-perms")?.stderr ?? "",
      /^015-supervise-perms: warning: root lacks CAP_CHOWN: [^\n]+\n$/,
    );
    await untilStatus(container, "/run/hermes/service/gateway-coder", "up", ({ up }) => up);
    const { code, stdout } = await container.exec(["gatewayctl", "stop", "coder"]);
    assertEquals([code, stdout], [0, "coder: down\n"]);
  },
);
