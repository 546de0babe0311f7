import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import {
  type Home,
  liveTest,
  RUNNING,
  SCANDIR,
  STOPPED,
  SUPERVISION,
  untilAllUp,
  untilParked,
  untilStatus,
} from "./_live.ts";

/** Runs health, which prints nothing else than why it fails; returns the lines. */
async function health(container: Container, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await ctl(container, ["health", ...args]);
  const lines = stderr.trimEnd().split("\n").filter((line) => line !== "");
  assertEquals([code, stdout], [lines.length === 0 ? 0 : 1, ""], stderr);
  for (const line of lines) assertMatch(line, /^gatewayctl: error: \S/);
  return lines.map((line) => line.replace("gatewayctl: error: ", ""));
}

/** Leaves so much room in /run, in KiB: a multiple of a page. */
async function fill(container: Container, kib: number): Promise<void> {
  const { code, stderr } = await container.sh(
    `mount -o remount,size=$(($(du -sk /run | cut -f 1) + ${kib}))k /run`,
  );
  assertEquals([code, stderr], [0, ""]);
}

const ROOM = "mount -o remount,size=64m /run";

liveTest(
  "gatewayctl health is quiet while what is to run is up, else it names who and why",
  async (boot) => {
    const { container } = await boot({
      ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
      broken: { ...RUNNING, stub: "exit 78" },
    });
    await untilAllUp(container, "default", "coder");
    await untilParked(container, "gateway-broken");
    const [broken = "", ...others] = await health(container);
    assertMatch(broken, /^broken: .*exit code 78.*; see "gatewayctl why broken"$/);
    assertEquals(others, []);
    await ctlOk(container, ["stop", "broken"]);
    assertEquals(await health(container), []);
    assertEquals(await health(container, "--profile", "coder"), []);
    const [writer] = await health(container, "--profile", "writer");
    assertEquals(writer, 'writer: an operator stopped it; see "gatewayctl why writer"');
    const [line = "", ...more] = await health(container, "--profile", "nope");
    assertMatch(line, /^nope: no such gateway is registered; /);
    assertEquals(more, []);
  },
);

liveTest(
  "what an operator stops, unregisters, prunes or removes does not make health fail",
  async (boot) => {
    const { container, home } = await boot({
      ...{ default: RUNNING, coder: RUNNING, writer: RUNNING, gone: RUNNING, late: STOPPED },
    });
    await untilAllUp(container, "default", "coder", "writer", "gone");
    assertEquals(await health(container), []);
    await ctlOk(container, ["stop", "coder"]);
    await ctlOk(container, ["unregister", "writer"]);
    assertEquals(await health(container), []);
    await Deno.remove(home.dir("gone"), { recursive: true });
    assertEquals(await health(container), []);
    await ctlOk(container, ["sync", "--prune"]);
    await untilAllUp(container, "writer");
    assertEquals(await health(container), []);
    await ctlOk(container, ["unregister", "--all"]);
    assertEquals(await health(container), []);
    // Registered again it counts again, and so it does when it then goes without a word.
    await ctlOk(container, ["register", "writer"]);
    assertEquals(await health(container), []);
    await container.sh(`rm -r ${SCANDIR}/gateway-writer`);
    assertMatch(
      (await health(container)).join("\n"),
      /^writer: it has no service directory: .*; see "gatewayctl why writer"$/,
    );
  },
);

liveTest(
  "health fails where the slots are removed, and for a new profile; sync helps",
  async (boot) => {
    const { container, home } = await boot({ default: RUNNING, coder: RUNNING, writer: STOPPED });
    await untilAllUp(container, "default", "coder");
    await container.sh(`rm -r ${SCANDIR}/gateway-*`);
    await home.add("late", RUNNING);
    const found = await health(container);
    assertEquals(found.map((line) => line.split(": ")[0]), ["default", "coder", "late"]);
    for (const line of found) assertMatch(line, /: it has no service directory: /);
    await ctlOk(container, ["sync"]);
    await untilAllUp(container, "default", "coder", "late");
    assertEquals(await health(container), []);
  },
);

liveTest("health fails in one line where nothing was made at the start", async (boot) => {
  const env = { HERMES_GATEWAY_SHARD: "6/5" };
  const { container } = await boot({ coder: RUNNING }, { hooks: false, env });
  await container.boot();
  const [line = "", ...more] = await health(container);
  assertMatch(line, /HERMES_GATEWAY_SHARD/);
  assertEquals(more, []);
});

liveTest(
  "health fails, list says so, and nothing is said to be stopped, where the scandir is gone",
  async (boot) => {
    const { container } = await boot({ default: RUNNING, coder: RUNNING });
    await untilAllUp(container, "default", "coder");
    await container.sh(`mv ${SCANDIR} ${SCANDIR}.gone`);
    assertEquals(await health(container), [
      `nothing is supervised: ${SCANDIR}: No such file or directory; see "gatewayctl doctor" and the container's log`,
    ]);
    const { code, stdout, stderr } = await ctl(container, ["list"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^coder +no service +/m);
    assertMatch(
      stderr,
      /^gatewayctl: warning: there is no \S+: what may run is out of reach; .*\n$/,
    );
    for (const command of ["stop", "start", "restart"]) {
      const { code, stdout, stderr } = await ctl(container, [command, "--all"]);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^gatewayctl: error: No such file [^\n]+; [^\n]+\n$/);
    }
  },
);

liveTest("health fails where /run was full when the container started", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING }, { hooks: false });
  for (const hook of ["01-hermes-setup", "015-supervise-perms"]) {
    assertEquals((await container.exec([`/etc/cont-init.d/${hook}`])).code, 0);
  }
  await fill(container, 0);
  assertEquals((await container.exec(["/etc/cont-init.d/02-reconcile-profiles"])).code, 1);
  await container.sh(ROOM);
  const lines = await health(container);
  // Isolated supervision's s6-svscan comes after the hooks, here not at all.
  if (SUPERVISION === "isolated") assertMatch(lines.shift() ?? "", /^s6-svscan is down; /);
  const [first = "", ...others] = lines;
  assertMatch(first, /^no gateway was made when the container started: no boot record: No such/);
  assertEquals(others.map((line) => line.split(":")[0]), ["default", "coder"]);
});

/** What list, why, health and metrics say of a gateway. */
async function allSay(container: Container, profile: string): Promise<unknown[]> {
  const [entry] = (await ctlJson(container, ["list"])).filter((one) => one["profile"] === profile);
  const [{ cause } = {}] = await ctlJson(container, ["why", profile]);
  const { stdout } = await ctl(container, ["metrics"]);
  const [up] = [...stdout.matchAll(new RegExp(`^hermes_gateway_up.*"${profile}".*$`, "gm"))];
  const ill = (await health(container)).some((line) => line.startsWith(`${profile}: `));
  return [entry?.["supervised"], entry?.["up"], entry?.["pid"], cause, up?.[0].at(-1), ill];
}

const NOT_KNOWN = /: it is not known whether it is up: s6-supervise cannot write its status, /;

async function toldAndNotKnown(container: Container, command: string, profile: string) {
  const { code, stdout, stderr } = await ctl(container, [command, profile]);
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, NOT_KNOWN);
}

liveTest("on a full /run nothing is said of a gateway that s6 cannot write down", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING, writer: STOPPED });
  await untilAllUp(container, "default", "coder");
  await home.untilMinding("default", "coder");
  await untilStatus(container, "gateway-writer", "down for long", ({ seconds }) => seconds >= 3);
  await fill(container, 0);
  // Nor can it be written down when s6 shall kill it.
  const stopped = await ctl(container, ["stop", "coder"]);
  assertEquals([stopped.code, stopped.stdout], [0, "coder: down\n"], stopped.stderr);
  await toldAndNotKnown(container, "start", "coder");
  await toldAndNotKnown(container, "restart", "coder");
  await toldAndNotKnown(container, "start", "writer");
  assertEquals(await allSay(container, "coder"), [true, null, null, "no-space", undefined, true]);
  const stdout = await ctlOk(container, ["list"]);
  assertMatch(stdout, /^default +running /m);
  assertMatch(stdout, /^coder +no space /m);
  // With room the same command helps.
  await container.sh(ROOM);
  for (const profile of ["coder", "writer"]) {
    await ctlOk(container, ["restart", profile]);
    assertEquals((await allSay(container, profile)).slice(3), ["running", "1", false]);
  }
});

/** Puts a full file system over a profile's directory. */
const FULL = `cd /opt/data/profiles && mount -t tmpfs -o size=4k,uid=10000,gid=10000 tmpfs coder &&
  head -c 4096 /dev/zero >coder/full`;

async function desired(home: Home): Promise<unknown> {
  const text = await Deno.readTextFile(`${home.dir("coder")}/gateway_state.json`);
  return JSON.parse(text).desired_state;
}

liveTest(
  "what cannot be recorded on a full volume is exit 1, with what follows and what to do",
  async (boot) => {
    const { container, home } = await boot({ coder: RUNNING });
    await untilAllUp(container, "coder");
    assertEquals((await container.sh(FULL)).stderr, "");
    for (
      const [command, word, then] of [
        ["restart", "running", "does not start"],
        ["stop", "stopped", "may start again"],
        ["start", "running", "does not start"],
        ["stop", "stopped", "may start again"],
      ] as const
    ) {
      const { code, stderr } = await ctl(container, [command, "coder"]);
      assertEquals(code, 1);
      const again = word === "running" ? "start" : "stop";
      assert(
        stderr.endsWith(
          `coder: s6 was told, but "${word}" is not recorded (No space left on device): ` +
            `it ${then} with the next container; see "gatewayctl doctor", then ` +
            `"gatewayctl ${again} coder" again\n`,
        ),
        stderr,
      );
    }
    await container.sh("umount -l /opt/data/profiles/coder");
    assertEquals(await desired(home), "running");
    await ctlOk(container, ["stop", "coder"]);
    assertEquals(await desired(home), "stopped");
  },
);
