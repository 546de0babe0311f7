import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import {
  addProfile,
  bootSettled,
  type Call,
  drives,
  fails,
  fakePrograms,
  inventory,
  processes,
  processesOf,
  untilReady,
} from "./_drive.ts";
import { bootContainer, Home, liveTest, SCANDIR, status, untilStatus } from "./_live.ts";

const SLOT = "gateway-coder";

/** The processes of a coder that is up. */
const UP = [
  "/bin/sh /usr/local/bin/hermes -p coder gateway run --replace",
  "s6-log 1 n10 s1000000 T /opt/data/logs/gateways/coder",
  "s6-supervise gateway-coder",
  "s6-supervise gateway-coder/log",
];

/** Asserts that the coder is up: to s6-svstat, to the manager and in the process table. */
async function assertUp(container: Container, home: Home): Promise<number> {
  assertEquals(await untilReady(container, home, "coder"), UP);
  const { up, wantedUp, pid } = await status(container, SLOT, { user: "hermes" });
  assertEquals({ up, wantedUp }, { up: true, wantedUp: true });
  assertEquals((await processes(container)).get(pid), UP[0]);
  const [list, said] = await drives(container, [
    ["listProfileGateways"],
    ["status", "coder"],
  ]) as [string[], { pid: number; up: boolean; profile: string }];
  assertEquals(list, ["coder", "default"]);
  assertEquals([said.profile, said.up, said.pid], ["coder", true, pid]);
  return pid;
}

/** Asserts the same of a coder that is down. */
async function assertDown(container: Container): Promise<void> {
  const { up, wantedUp } = await status(container, SLOT, { user: "hermes" });
  assertEquals({ up, wantedUp }, { up: false, wantedUp: false });
  assertEquals(await processesOf(container, "coder"), UP.slice(1));
  const [said] = await drives(container, [["status", "coder"]]) as [{ up: boolean }];
  assertEquals(said.up, false);
}

liveTest("hermes registers, starts, stops, restarts and unregisters a gateway", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  await addProfile(home, "coder");
  const before = await inventory(container);

  await drives(container, [["registerProfileGateway", "coder"]]);
  const registered = await assertUp(container, home);

  await drives(container, [["stop", "coder"]]);
  await assertDown(container);

  await drives(container, [["start", "coder"]]);
  const started = await assertUp(container, home);
  assertNotEquals(started, registered);

  await drives(container, [["restart", "coder"]]);
  const restarted = await assertUp(container, home);
  assertNotEquals(restarted, started);
  assert(!(await processes(container)).has(started));

  await drives(container, [["stop", "coder"], ["restart", "coder"]]);
  await assertUp(container, home);

  await drives(container, [["unregisterProfileGateway", "coder"]]);
  assertEquals(await inventory(container), before);
  assertEquals(await drives(container, [["listProfileGateways"]]), [["default"]]);
});

liveTest("a hundred cycles leave no process and no entry of the scandir behind", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  const calls = Array.from({ length: 100 }, (): Call[] => [
    ["registerProfileGateway", "coder"],
    ["unregisterProfileGateway", "coder"],
  ]);
  await drives(container, calls.flat());
  assertEquals(await inventory(container), before);
});

liveTest("a slot that exists is not registered again, and is left as it is", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  await addProfile(home, "coder");
  await drives(container, [["registerProfileGateway", "coder", { extraEnv: { A: "1" } }]]);
  await untilReady(container, home, "coder");
  const look = async () => [
    ...await inventory(container),
    (await container.sh(`cat ${SCANDIR}/${SLOT}/run`)).stdout,
    (await status(container, SLOT)).pid,
  ];
  const before = await look();
  for (const profile of ["coder", "default"]) {
    const options = { extraEnv: { A: "2" }, startNow: false };
    const { error } = await fails(container, ["registerProfileGateway", profile, options]);
    assertEquals([error.name, error["profile"]], ["GatewayRegisteredError", profile]);
  }
  assertEquals(await look(), before);
});

liveTest("a slot that s6-svscan cannot be told of is taken back", async () => {
  await using home = await Home.make({});
  await using container = await bootSettled(home);
  const before = await inventory(container);
  const bin = await fakePrograms(container, { "s6-svscanctl": "echo no svscan >&2; exit 100" });
  const { error } = await fails(container, ["registerProfileGateway", "coder"], { bin });
  assertEquals(error, {
    name: "S6CommandError",
    message: `${SCANDIR}: no svscan`,
    command: ["s6-svscanctl", "-a", SCANDIR],
    service: SCANDIR,
    exitCode: 100,
    stderr: "no svscan\n",
  });
  assertEquals(await inventory(container), before);
  await drives(container, [["registerProfileGateway", "coder"]]);
});

liveTest("a gateway that is not to start now has a down file and stays down", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await addProfile(home, "coder");
  await drives(container, [["registerProfileGateway", "coder", { startNow: false }]]);
  const { stdout } = await container.sh(`stat -c '%U %a %s' ${SCANDIR}/${SLOT}/down`);
  assertEquals(stdout, "hermes 644 0\n");
  const end = performance.now() + 2000;
  while (performance.now() < end) {
    const { up, wantedUp } = await status(container, SLOT);
    assertEquals({ up, wantedUp }, { up: false, wantedUp: false });
  }
  await drives(container, [["start", "coder"]]);
  assertEquals((await status(container, SLOT)).up, true);
  const { code } = await container.sh(`test -e ${SCANDIR}/${SLOT}/down`);
  assertEquals(code, 1, "the down file outlived start");
});

liveTest("a gateway that exits 0 on SIGTERM comes back at restart", async () => {
  await using home = await Home.make({ coder: { state: { desired_state: "running" } } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  const first = await status(container, SLOT);
  await drives(container, [["restart", "coder"]]);
  const { up, wantedUp, pid } = await status(container, SLOT);
  assertEquals({ up, wantedUp }, { up: true, wantedUp: true });
  assertNotEquals(pid, first.pid);
  await until("the log of a clean stop and a second start", async () => {
    const log = await Deno.readTextFile(`${home.path}/logs/gateways/coder/current`);
    return /coder: up as hermes.*\n.*coder: stopped\n.*coder: up as hermes.*\n$/.test(log);
  });
});

liveTest("unregister of what is not there is fine, and a name is free again at once", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await drives(container, [
    ["unregisterProfileGateway", "coder"],
    ["registerProfileGateway", "coder"],
    ["unregisterProfileGateway", "coder"],
    ["unregisterProfileGateway", "coder"],
    ["registerProfileGateway", "coder"],
  ]);
  await untilStatus(container, SLOT, "up", ({ up }) => up);
});

liveTest("hostile environment arrives byte for byte and runs nothing", async () => {
  await using home = await Home.make({});
  await using container = await bootContainer(home);
  await addProfile(home, "coder", { stub: "environ" });
  const extraEnv = {
    SINGLE: "it's '' 'quoted''",
    DOUBLE: '"quoted" "',
    LINES: "\na\n\nb\r\n\n",
    COMMAND: "$(touch /tmp/pwned) ${HOME} $HOME $$ `touch /tmp/pwned`",
    ESCAPE: "'; touch /tmp/pwned; '",
    CHARACTERS: "# \\ \\n %s !! ~ * ? [a] {a,b} & | < > ( )\t\v\f\x1b[31m\x07\x7f\x01",
    UNICODE: "gr\u00fc\u00df \u202e \u{1f600} \u65e5\u672c e\u0301 \ufeff",
    EMPTY: "",
    DASH: "-n --help",
    BACKSLASH: "\\",
  };
  await drives(container, [["registerProfileGateway", "coder", { extraEnv }]]);
  const environ = await until("the gateway's environment", async () => {
    const text = await Deno.readTextFile(`${home.dir("coder")}/stub.environ`).catch(() => "");
    return text.endsWith("\0") && text;
  });
  const entries = environ.split("\0");
  for (const [name, value] of Object.entries(extraEnv)) {
    const found = entries.filter((entry) => entry.startsWith(`${name}=`));
    assertEquals(found, [`${name}=${value}`]);
  }
  const { error } = await fails(container, ["registerProfileGateway", "writer", {
    extraEnv: { "A=$(touch /tmp/pwned)": "" },
  }]);
  assertMatch(error.message, /environment key/);
  assertEquals((await container.sh("test -e /tmp/pwned")).code, 1);
});
