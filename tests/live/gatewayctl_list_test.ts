import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import {
  liveTest,
  RUNNING,
  status,
  STOPPED,
  untilAllUp,
  untilParked,
  untilStatus,
} from "./_live.ts";

/** The first columns of a table. */
function firstTwo(table: string): string[][] {
  return table.trimEnd().split("\n").map((line) => line.split(/ {2,}/).slice(0, 2));
}

/** Runs a shell script on a terminal of 80 columns and some lines; returns what that shows. */
async function onTerminal(container: Container, script: string, lines = 24): Promise<string> {
  const command = `stty cols 80 rows ${lines}; ${script}`;
  const { stdout, stderr } = await container.exec(["script", "-qec", command, "/dev/null"], {
    user: "hermes",
  });
  return (stdout + stderr).replaceAll("\r\n", "\n").replaceAll("\x1b[", "<");
}

/** A script that sends a signal to `gatewayctl top` when it has drawn twice, on a terminal of 4 lines. */
const topUntil = (signal: string) => `
  cd /tmp && rm -f shown pid
  script -qefc 'stty cols 80 rows 4; echo $$ >/tmp/pid; exec gatewayctl top --interval 0.2 --sort name' shown >/dev/null &
  n=0
  until [ "$(grep -ao 'gateways:' shown | wc -l)" -ge 2 ] || [ $((n += 1)) -ge 200 ]; do sleep 0.1; done 2>/dev/null
  kill -s ${signal} "$(cat pid)"
  wait $!
  echo "exit $?" >&2
  cat shown`;

liveTest("gatewayctl list and status show a table, and the same as JSON", async (boot) => {
  const { container, home } = await boot({
    ...{ default: RUNNING, coder: RUNNING, writer: STOPPED, "My Bot": RUNNING },
    broken: { ...RUNNING, stub: "exit 78" },
    bare: { soul: false },
  });
  await untilAllUp(container, "coder", "default");
  await untilStatus(container, "gateway-broken", "down", ({ exitCode, wantedUp }) => {
    return exitCode === 78 && !wantedUp;
  });
  await untilParked(container, "gateway-writer");
  await home.untilLogged("coder", "broken");
  await home.add("late", RUNNING);

  const table = await ctlOk(container, ["list"]);
  assertEquals(firstTwo(table), [
    ["PROFILE", "STATE"],
    ...[["default", "running"], ["My Bot", "illegal name"], ["bare", "no SOUL.md"]],
    ...[["broken", "bad config"], ["coder", "running"], ["late", "no service"]],
    ["writer", "stopped"],
    ["5 gateways: 2 running, 1 stopped, 2 failed; 2 unusable"],
  ]);
  const { pid } = await status(container, "gateway-coder");
  assertMatch(
    table,
    new RegExp(`^coder +running +\\d+s +${pid} +\\d+\\.\\d% +\\d+M +0 +\\d+s$`, "m"),
  );
  assertMatch(table, /^broken +bad config +\d+s +- +- +- +1 +\d+s$/m);
  assertMatch(table, /^writer +stopped +\d+s +- +- +- +0 /m);
  assert(!table.includes("\x1b"), "colours without a terminal");

  const [one] = await ctlJson(container, ["status", "coder"]);
  const { profile, state, cause, up, pid: itsPid, cpuPercent, rssBytes, deaths } = one!;
  assertEquals([profile, state, cause, up, itsPid, deaths], [
    ...["coder", "running", "running", true, pid, 0],
  ]);
  assert(typeof cpuPercent === "number" && Number(rssBytes) > 100_000);
  const { code, stdout, stderr } = await ctl(container, ["status", "coder", "late", "My Bot"]);
  assertEquals([code, firstTwo(stdout)], [3, [
    ...[["PROFILE", "STATE"], ["coder", "running"], ["1 gateway: 1 running"]],
  ]]);
  assertMatch(stderr, /^gatewayctl: error: late: no such .*; see "gatewayctl why late"$/m);
  assertMatch(stderr, /^gatewayctl: error: Invalid profile name "My Bot".*$/m);
});

liveTest(
  "gatewayctl list takes patterns, leaves what is asked for, and orders it",
  async (boot) => {
    const { container } = await boot({
      ...{ default: RUNNING, coder: RUNNING, writer: STOPPED },
      broken: { ...RUNNING, stub: "exit 78" },
    });
    await untilAllUp(container, "coder", "default");
    await untilStatus(container, "gateway-broken", "down", ({ wantedUp, up }) => !up && !wantedUp);
    const all = "4 gateways: 2 running, 1 stopped, 1 failed";
    const names = async (...args: string[]) =>
      firstTwo(await ctlOk(container, ["list", ...args])).map(([name]) => name);
    assertEquals(await names("--failed"), ["PROFILE", "broken", all]);
    assertEquals(await names("--running"), ["PROFILE", "default", "coder", all]);
    assertEquals(await names("--failed", "[cw]*"), ["2 gateways: 1 running, 1 stopped"]);
    assertEquals(await names("--sort", "state"), [
      ...["PROFILE", "broken", "writer", "default", "coder", all],
    ]);
    assertEquals(await names("coder"), ["PROFILE", "coder"], "one needs no count");
  },
);

liveTest("gatewayctl list on a terminal breaks no line of 200 gateways", async (boot) => {
  const longest = `team-${"o".repeat(60)}`;
  const many = Array.from({ length: 198 }, (_, i) => [`${longest}-${i}`, RUNNING] as const);
  const { container } = await boot({ ...Object.fromEntries(many), default: RUNNING, bot: STOPPED });
  await until("all of them run", async () => {
    const up = await ctlJson(container, ["list", "--running"]);
    return up.length === 199;
  }, 60_000);
  const lines = (await onTerminal(container, "gatewayctl list")).trimEnd().split("\n");
  assertEquals(lines.length, 202);
  const plain = lines.map((line) => line.replaceAll(/<\d+m/g, ""));
  for (const line of plain) assert(line.length <= 80, `${line.length}: ${line}`);
  assertMatch(plain[1]!, /^default +running /);
  assertMatch(plain[3]!, /^team-o+…o+-0 +running /);
  assertMatch(lines[1]!, /<32mrunning/);
  assertMatch(plain.at(-1)!, /^200 gateways: /);
});

liveTest(
  "gatewayctl top prints tables into a pipe, and ends with its count or its reader",
  async (boot) => {
    const { container } = await boot({ default: RUNNING, coder: RUNNING, writer: STOPPED });
    await untilAllUp(container, "coder", "default");
    await untilParked(container, "gateway-writer");
    const twice = await ctlOk(container, ["top", "-n", "2", "--interval", "0.1", "--sort=name"]);
    const tables = twice.split("\n\n");
    assertEquals(tables.length, 3);
    for (const table of tables.slice(0, 2)) {
      assertEquals(firstTwo(table).map(([name]) => name), [
        ...["3 gateways: 2 running, 1 stopped", "PROFILE", "default", "coder", "writer"],
      ]);
    }
    assert(!twice.includes("\x1b"), "escape sequences in a pipe");
    const { stdout, stderr } = await container.sh(
      "{ timeout 20 gatewayctl top --interval 0.1 coder; echo $? >&2; } | head -n 3",
      { user: "hermes" },
    );
    assertEquals([stdout.split("\n").length, stderr], [4, "0\n"]);
    const { code } = await ctl(container, ["top", "-n", "1", "nope"]);
    assertEquals(code, 3);
  },
);

liveTest("gatewayctl top draws into the same place, and gives the terminal back", async (boot) => {
  const { container } = await boot({ default: RUNNING, coder: RUNNING, writer: STOPPED });
  await untilAllUp(container, "coder", "default");
  await untilParked(container, "gateway-writer");
  for (const signal of ["INT", "TERM"]) {
    const { stdout, stderr } = await container.sh(topUntil(signal), { user: "hermes" });
    const shown = stdout.replaceAll("\r\n", "\n").replaceAll("\x1b[", "<");
    const [, ...frames] = shown.split("<H");
    assert(frames.length >= 2, shown + stderr);
    assertMatch(shown, /^<\?1049h<\?25l<H/m);
    const lines = frames[0]!.replace(/<J$/, "").split("\n");
    assertEquals(lines.map((line) => line.replaceAll(/<[^a-zA-Z]*[a-zA-Z]/g, "").split(/ +/)[0]), [
      ...["3", "PROFILE", "default", "coder"],
    ]);
    assertMatch(shown, /<J<\?25h<\?1049l(?!.*<)/s);
    assertEquals(stderr, "exit 0\n");
  }
});
