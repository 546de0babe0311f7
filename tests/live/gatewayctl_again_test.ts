import { assertEquals, assertNotEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlOk, pids } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, STOPPED, untilAllUp, untilUp } from "./_live.ts";
import { processesOf, untilReady } from "./_tree.ts";

const BOOT_LOG = "/opt/data/logs/container-boot.log";
const HOOK = "/etc/cont-init.d/02-reconcile-profiles";

liveTest("02 run again on a live tree touches nothing, and says so", async (boot) => {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING, writer: STOPPED });
  await untilAllUp(container, "default", "coder");
  await home.untilMinding("coder");
  const record = `cat ${SCANDIR}/.hermes/last-boot.json`;
  const before = [await pids(container), (await container.sh(record)).stdout];
  const pidFile = await Deno.readTextFile(`${home.dir("coder")}/gateway.pid`);
  const { stdout } = await container.exec([HOOK]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.map((line) => line.replace(/\d+ ms$/, "N ms")), [
    "reconcile: profile=default prior_state=running action=unchanged",
    "reconcile: profile=coder prior_state=running action=unchanged",
    "reconcile: profile=writer prior_state=stopped action=unchanged",
    "reconcile: 0 started, 0 registered, 0 skipped, 3 were there already in N ms",
  ]);
  const log = await container.sh(`tail -n 3 ${BOOT_LOG} | cut -d ' ' -f 3-`);
  assertEquals(
    log.stdout,
    ["default running", "coder running", "writer stopped"].map((line) => {
      const [profile, state] = line.split(" ");
      return `profile=${profile} prior_state=${state} action=unchanged prior_exit=unknown\n`;
    }).join(""),
  );
  assertEquals([await pids(container), (await container.sh(record)).stdout], before);
  assertEquals(await Deno.readTextFile(`${home.dir("coder")}/gateway.pid`), pidFile);
  // What is new is started, as at a boot.
  await home.add("late", RUNNING);
  const again = (await container.exec([HOOK])).stdout;
  assertEquals(again.includes("profile=late prior_state=running action=started"), true, again);
  await container.exec(["s6-svscanctl", "-a", SCANDIR]);
  await untilUp(container, "late");
});

const CODER = `${SCANDIR}/gateway-coder`;

/** How a slot is lost, and the command after which there is a new one. */
const LOST: readonly (readonly [what: string, break_: string, command: readonly string[]])[] = [
  ["sync makes", `rm -rf ${CODER}`, ["sync"]],
  ["register makes", `rm -rf ${CODER}`, ["register", "coder"]],
  [
    "start finds",
    // What another program that makes slots may leave.
    `cp -a ${CODER} ${SCANDIR}/.hermes/copy && rm -rf ${CODER} && mv ${SCANDIR}/.hermes/copy ${CODER}`,
    ["start", "coder"],
  ],
  [
    "sync finds",
    `cp -a ${CODER} ${SCANDIR}/.hermes/copy && rm -rf ${CODER} && ` +
    `mv ${SCANDIR}/.hermes/copy ${CODER} && rm ${CODER}/supervise/status`,
    ["sync"],
  ],
];

/** Notes each time that two gateways of coder are there at once. */
const WATCH = `until [ -e /tmp/enough ]; do
  count=0
  for file in /proc/[0-9]*/cmdline; do
    case $(tr '\\0' ' ' <"$file") in *" -p coder gateway run ") count=$((count + 1)) ;; esac
  done
  [ "$count" -lt 2 ] || echo "$count"
done 2>/dev/null`;

function isGreen(container: Container) {
  return async () => (await ctl(container, ["doctor"])).code === 0;
}

for (const [what, break_, command] of LOST) {
  liveTest(
    `the supervisors of a removed slot have ended before the one that ${what} has its own`,
    async (boot) => {
      const { container, home } = await boot({ default: RUNNING, coder: RUNNING });
      await untilAllUp(container, "default");
      const before = await untilUp(container, "coder");
      const ready = await untilReady(container, home, "coder");
      const { default: untouched } = await pids(container);
      assertEquals((await container.sh(break_, { user: "hermes" })).stderr, "");
      assertEquals(await processesOf(container, "coder"), ready, "it runs on");
      const watching = container.sh(WATCH);
      await ctlOk(container, command);
      assertNotEquals(await untilUp(container, "coder"), before);
      await container.sh("touch /tmp/enough");
      assertEquals((await watching).stdout, "", "two gateways of one profile");
      await until("the processes of one slot", async () => {
        return (await processesOf(container, "coder")).length === 4;
      }, 30_000);
      assertEquals((await pids(container))["default"], untouched);
      await until("a green doctor", isGreen(container), 30_000);
    },
  );
}

liveTest("sync makes no slot beside a removed one's gateway that does not end", async (boot) => {
  const { container, home } = await boot({
    ...{ default: RUNNING, coder: { ...RUNNING, stub: "hang" } },
  });
  await untilAllUp(container, "default");
  const pid = await untilUp(container, "coder");
  await home.untilMinding("coder");
  await container.sh(`rm -rf ${CODER}`);
  for (
    const [args, words] of [
      [
        ["sync"],
        "coder: skipped: what ran in its service directory, which was removed, is still up: end it, then sync again",
      ],
      [["register", "coder"], "not left by its former supervisor within 1000 ms"],
    ] as const
  ) {
    const { code, stdout, stderr } = await ctl(container, [...args, "--timeout", "1"]);
    assertEquals([code, (stdout + stderr).includes(words)], [1, true], stdout + stderr);
    assertEquals((await container.sh(`test -e ${CODER}`)).code, 1);
  }
  // Its child outlives it and holds the logger's pipe.
  await container.sh(`kill -KILL ${pid}`);
  const { code, stdout } = await ctl(container, ["sync"]);
  assertEquals(code, 0, stdout);
  await untilUp(container, "coder");
});
