import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctl, ctlJson, ctlOk, pids } from "./_gatewayctl.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  status,
  staysDown,
  STOPPED,
  untilParked,
  untilUp,
} from "./_live.ts";
import { inventory, processes, processesOf, untilQuiet, untilReady } from "./_tree.ts";

const SLOT = "gateway-coder";

/** What gatewayctl says when it has unregistered it. */
const GONE = "coder: unregistered\n";

/** The processes of a coder that is up. */
const UP = [
  "/bin/sh /usr/local/bin/hermes -p coder gateway run --replace",
  "s6-log pcoder: T 1 p n10 s1000000 T /opt/data/logs/gateways/coder",
  "s6-supervise gateway-coder",
  "s6-supervise gateway-coder/log",
];

/** Asserts that the coder is up: to s6-svstat, to gatewayctl and in the process table; returns its PID. */
async function assertUp(container: Container, home: Home): Promise<number> {
  assertEquals(await untilReady(container, home, "coder"), UP);
  const { up, wantedUp, pid } = await status(container, SLOT, { user: "hermes" });
  assertEquals({ up, wantedUp }, { up: true, wantedUp: true });
  assertEquals((await processes(container)).get(pid), UP[0]);
  const [said] = await ctlJson(container, ["status", "coder"]);
  assertEquals([said?.["up"], said?.["pid"]], [true, pid]);
  return pid;
}

/** The names in the dot directory of the scandir, but for what is noted of an unregister. */
async function dotEntries(container: Container): Promise<string[]> {
  return (await container.sh(`ls -A -I "unregistered-*" -I "restarts-*" ${SCANDIR}/.hermes`)).stdout
    .trim().split(
      "\n",
    );
}

liveTest("gatewayctl takes a gateway through its life and leaves no trace", async (boot) => {
  const { container, home } = await boot({});
  await home.add("coder");
  const before = await untilQuiet(container);
  // 1. Three times: a name is free again at once.
  for (let round = 1; round <= 3; round++) {
    const said = await ctlOk(container, ["register", "coder"]);
    assertMatch(said, /^coder: registered, up, pid \d+\n$/);
    if (round < 3) assertEquals(await ctlOk(container, ["unregister", "coder"]), GONE);
  }
  const registered = await assertUp(container, home);
  // 2. Down, to s6-svstat and in the process table.
  assertEquals(await ctlOk(container, ["stop", "coder"]), "coder: down\n");
  const { up, wantedUp } = await status(container, SLOT, { user: "hermes" });
  assertEquals({ up, wantedUp }, { up: false, wantedUp: false });
  assertEquals(await processesOf(container, "coder"), UP.slice(1));
  // 3. Up again, as another process.
  const said = await ctlOk(container, ["start", "coder"]);
  const started = await assertUp(container, home);
  assertEquals(said, `coder: up, pid ${started}\n`);
  assertNotEquals(started, registered);
  // 4. A gateway that exits 0 on SIGTERM comes back, and so does one that is down.
  await ctlOk(container, ["restart", "coder"]);
  const restarted = await assertUp(container, home);
  assert(restarted !== started && !(await processes(container)).has(started));
  assertMatch(await home.log("coder"), /coder: stopped\n.*coder: up as hermes.*\n$/);
  await ctlOk(container, ["stop", "coder"]);
  await ctlOk(container, ["restart", "coder"]);
  await assertUp(container, home);
  // 5. Nothing of it is left.
  assertEquals(await ctlOk(container, ["unregister", "coder"]), GONE);
  assertEquals((await ctl(container, ["unregister", "coder"])).code, 3);
  assertEquals(await inventory(container), before);
  // 6. Nor of one that no s6-svscan has picked up yet.
  await home.add("coder", RUNNING);
  assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 0);
  assertEquals(await ctlOk(container, ["unregister", "coder"]), GONE);
  assertEquals(await inventory(container), before);
  // 7. A name that is not legal, or that nobody has registered, changes nothing.
  const names = ["../x", "Coder", "", "a".repeat(244), "absent"];
  for (const command of ["start", "stop", "restart", "status", "register", "unregister"]) {
    const { code, stdout, stderr } = await ctl(container, [command, ...names]);
    assertEquals([code, stdout, stderr.split("\n").length], [3, "", names.length + 1], stderr);
  }
  assertEquals(await inventory(container), before);
});

liveTest("gatewayctl register needs a profile, and its environment arrives", async (boot) => {
  const { container, home } = await boot({ nosoul: { soul: false } });
  for (const profile of ["nope", "nosoul"]) {
    const { code, stdout, stderr } = await ctl(container, ["register", profile]);
    assertEquals([code, stdout, stderr.trimEnd().split("\n").length], [3, "", 1]);
    assertEquals((await container.sh(`ls -d ${SCANDIR}/gateway-${profile}`)).code, 2);
  }
  await home.add("coder", { ...RUNNING, stub: "environ" });
  await home.add("writer", RUNNING);
  const env = [
    "SINGLE=it's '' 'quoted''",
    'DOUBLE="quoted" "',
    "LINES=\na\n\nb\r\n\n",
    "COMMAND=$(touch /tmp/pwned) ${HOME} $HOME $$ `touch /tmp/pwned`",
    "ESCAPE='; touch /tmp/pwned; '",
    "CHARACTERS=# \\ \\n %s !! ~ * ? [a] {a,b} & | < > ( )\t\v\f\x1b[31m\x07\x7f\x01",
    "UNICODE=gr\u00fc\u00df \u202e \u{1f600} \u65e5\u672c e\u0301 \ufeff",
    "EMPTY=",
    "DASH=-n --help",
    "BACKSLASH=\\",
  ];
  const options = env.flatMap((entry) => ["--env", entry]);
  await ctlOk(container, ["register", "coder", ...options]);
  const environ = await home.untilEnviron("coder");
  for (const entry of env) {
    const [name] = entry.split("=");
    assertEquals(environ.filter((one) => one.startsWith(`${name}=`)), [entry]);
  }
  const evil = await ctl(container, ["register", "writer", "--env", "A$(touch /tmp/pwned)=x"]);
  assertEquals(evil.code, 2);
  assertEquals((await container.sh("test -e /tmp/pwned")).code, 1);
  // A slot that exists is left as it is.
  await untilQuiet(container);
  await untilReady(container, home, "coder");
  const look = async () => [
    ...await inventory(container),
    (await container.sh(`cat ${SCANDIR}/${SLOT}/run`)).stdout,
    await untilUp(container, "coder"),
  ];
  const before = await look();
  for (const profile of ["coder", "default"]) {
    const again = await ctl(container, ["register", profile, "--env", "A=2", "--down"]);
    assertEquals([again.code, again.stdout], [1, ""]);
    assertMatch(
      again.stderr,
      /^gatewayctl: error: \w+: .*registered already; for another environment "gatewayctl unregister \w+" first\n$/,
    );
  }
  assertEquals(await look(), before);
  // One that is not to start stays down until it is told to.
  const said = await ctlOk(container, ["register", "writer", "--down"]);
  assertEquals(said, "writer: registered, down\n");
  const down = `${SCANDIR}/gateway-writer/down`;
  assertEquals((await container.sh(`stat -c '%U %a %s' ${down}`)).stdout, "hermes 644 0\n");
  await staysDown(container, "gateway-writer");
  await ctlOk(container, ["start", "writer"]);
  assertEquals((await status(container, "gateway-writer")).up, true);
  assertEquals((await container.sh(`test -e ${down}`)).code, 1, "the down file outlived start");
  // All of them at once.
  const both = await ctlOk(container, ["unregister", "coder", "writer"]);
  assertEquals(both, `${GONE}writer: unregistered\n`);
  const all = await ctlJson(container, ["register", "--all"]);
  assertEquals(all.map(({ profile, up }) => [profile, up]), [["coder", true], ["writer", true]]);
});

liveTest("gatewayctl waits for a gateway that hangs until --timeout, and tells", async (boot) => {
  const { container, home } = await boot({ coder: { ...RUNNING, stub: "hang" } });
  await untilReady(container, home, "coder");
  const timed = async (...args: string[]) => {
    const startedAt = performance.now();
    const { code, stdout, stderr } = await ctl(container, args);
    assert(performance.now() - startedAt < 9000);
    return { code, stdout, lines: stderr.trimEnd().split("\n") };
  };
  // 1. Stop and restart give up.
  const { lines: [progress, ...lines], ...gaveUp } = await timed(
    ...["stop", "coder", "--timeout", "2.5"],
  );
  assertEquals(gaveUp, { code: 4, stdout: "" });
  assertEquals(progress, "gatewayctl: info: stop coder: still at it after 2 s");
  const late =
    /^gatewayctl: error: coder: still stopping after (2\.5|0\.3) s: it has until [\d:]{8}, then s6 kills it(; then it starts again)?$/;
  assertMatch(lines.join("\n"), late);
  const restart = await timed("restart", "coder", "--timeout", "0.3");
  assertEquals([restart.code, restart.stdout], [4, ""]);
  assertMatch(restart.lines.join("\n"), late);
  // 2. Unregister kills it; its child, which ignores SIGTERM like it, has a second.
  const { lines: [_, ...warnings], ...unregistered } = await timed(
    ...["unregister", "coder", "--timeout", "2.4"],
  );
  assertEquals(unregistered, { code: 0, stdout: GONE });
  assertEquals(warnings, [
    "gatewayctl: warning: profile=coder: not down within 2400 ms: killing it",
  ]);
  assertEquals(await processesOf(container, "coder"), []);
  assertEquals(await dotEntries(container), ["last-boot.json", "lock"]);
  assertEquals(Object.keys(await pids(container)), []);
});

liveTest("gatewayctl ends what a killed unregister has left behind", async (boot) => {
  const hang = { ...RUNNING, stub: "hang" };
  const { container, home } = await boot({
    default: STOPPED,
    coder: RUNNING,
    hang,
    writer: STOPPED,
  });
  for (
    const [profile, command] of [
      ["coder", ["unregister", "writer"]],
      ["hang", ["sync", "--prune", "--timeout", "3"]],
    ] as const
  ) {
    await untilReady(container, home, profile);
    await Deno.remove(`${home.dir(profile)}/SOUL.md`);
    const retire = `cd ${SCANDIR} && mv gateway-${profile} .hermes/retired-x`;
    assertEquals((await container.sh(retire, { user: "hermes" })).code, 0);
    const { code, stderr } = await ctl(container, command);
    assertEquals(code, 0, stderr); // it says so when that takes more than two seconds
    assertEquals(await processesOf(container, profile), []);
    assertEquals(await dotEntries(container), ["last-boot.json", "lock"]);
  }
});

liveTest("gatewayctl says when the gateway that it started ended at once", async (boot) => {
  const { container, home } = await boot({});
  await home.add("broken", { ...RUNNING, stub: "exit 78" });
  await home.add("crash", { ...RUNNING, stub: "exit 1" });
  for (const command of ["register", "start", "restart"]) {
    let result = await ctl(container, [command, "broken"]);
    // On a busy machine it may take longer to get as far as its exit, or as the end of finish.
    const early = () => result.code === 0 || result.stderr.includes("; s6 starts it again; ");
    for (let tries = 0; early() && tries < 10; tries++) {
      result = await ctl(container, ["restart", "broken"]);
    }
    assertEquals(result, {
      ...{ code: 1, stdout: "" },
      stderr: "gatewayctl: error: broken: ended at once, with exit code 78; " +
        'see "gatewayctl why broken"\n',
    });
  }
  let crash = await ctl(container, ["register", "crash"]);
  for (let tries = 0; crash.code === 0 && tries < 10; tries++) {
    crash = await ctl(container, ["restart", "crash"]);
  }
  assertMatch(crash.stderr, /crash: ended at once, with exit code 1; s6 starts it again; see/);
});

liveTest("a gateway killed ten times is parked, and start begins a new tally", async (boot) => {
  const { container } = await boot({ coder: RUNNING });
  const ask = async () => {
    const [{ up, pid, exitCode, signal, deaths } = {}] = await ctlJson(container, [
      ...["status", "coder"],
    ]);
    const measured = await ctlJson(container, ["metrics"]);
    assertEquals(measured.find(({ profile }) => profile === "coder")?.["deaths"], deaths);
    return { up, pid, exitCode, signal, deaths };
  };
  let last = await untilUp(container, "coder");
  assertEquals((await ask()).deaths, 0);
  const die = async (last: number) => {
    await container.exec(["s6-svc", "-k", `${SCANDIR}/${SLOT}`], { user: "hermes" });
    return await untilUp(container, "coder", last);
  };
  for (let death = 1; death <= 9; death++) last = await die(last);
  assertEquals((await ask()).deaths, 9);
  await container.exec(["s6-svc", "-k", `${SCANDIR}/${SLOT}`], { user: "hermes" });
  await untilParked(container, SLOT);
  const parked = { up: false, pid: null, exitCode: null, signal: "SIGKILL", deaths: 10 };
  assertEquals(await ask(), parked);
  await ctlOk(container, ["start", "coder"]);
  assertEquals((await ask()).deaths, 0);
  await die(await untilUp(container, "coder"));
  assertEquals((await ask()).deaths, 1);
  await ctlOk(container, ["restart", "coder"]);
  assertEquals((await ask()).deaths, 0);
});
