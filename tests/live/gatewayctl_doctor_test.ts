import { assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { withHangingHome } from "./_hang.ts";
import {
  type Boot,
  liveTest,
  RUNNING,
  SCANDIR,
  SUPERVISION,
  untilAllUp,
  untilUp,
} from "./_live.ts";

/** Boots two gateways that are up and have logged it. */
async function scene(boot: Boot): Promise<Container> {
  const { container, home } = await boot({ default: RUNNING, coder: RUNNING });
  await untilAllUp(container, "default", "coder");
  // Its directory is what the logger makes once it is hermes's.
  await home.untilLogged("default", "coder");
  return container;
}

/** Waits until doctor finds nothing; says what it finds. */
async function untilGreen(container: Container, timeoutMs = 10_000): Promise<void> {
  let found = "";
  try {
    await until("a green doctor", async () => {
      const { code, stdout } = await ctl(container, ["doctor"]);
      found = stdout;
      return code === 0;
    }, timeoutMs);
  } catch (error) {
    throw new Error(found, { cause: error });
  }
}

const CODER = `${SCANDIR}/gateway-coder`;
const ISOLATED = SUPERVISION === "isolated";
/** Who owns the scandir in order. */
const OWNER = ISOLATED ? "hermes" : "root:hermes";

/** What is broken, what doctor must say then, and what mends it; absent: the command that doctor prints. */
type Fault = readonly [break_: string, says: RegExp, mend?: string];

const AGAIN = "start the container again; ";
const COMMON: Readonly<Record<string, Fault>> = {
  "a control FIFO of root's": [
    `chown root:root ${CODER}/supervise/control`,
    /^FAIL +hermes controls .* gateway-coder\/supervise\/control: expected fifo .*10000:10000, got fifo .*0:0$/m,
    `chown hermes: ${CODER}/supervise/control`,
  ],
  "a control FIFO that is gone": [
    `mv ${CODER}/supervise/control ${CODER}/gone`,
    /supervise\/control: expected .* got nothing/,
    `mv ${CODER}/gone ${CODER}/supervise/control`,
  ],
  "a control of s6-svscan that hermes may not use": [
    `cd ${SCANDIR}/.s6-svscan && chown root:root control && chmod 600 control`,
    new RegExp(
      `^FAIL +s6-svscan listens on ${SCANDIR} .*Permission denied\n +outside: ${AGAIN}`,
      "m",
    ),
    `cd ${SCANDIR}/.s6-svscan && chown ${OWNER} control && chmod 660 control`,
  ],
  "a scandir that hermes may not write": [
    `chown root ${SCANDIR}; chmod 755 ${SCANDIR}`,
    new RegExp(`^FAIL +${SCANDIR} is writable .*Permission denied\n +outside: ${AGAIN}`, "m"),
    `chown ${OWNER} ${SCANDIR}; chmod ${ISOLATED ? "755" : "1775"} ${SCANDIR}`,
  ],
  "logs that hermes may not write": [
    "chown root /opt/data/logs; chmod 755 /opt/data/logs",
    /^FAIL +logs are writable +\/opt\/data\/logs: Permission denied$/m,
  ],
  "a gateway's log directory of root's": [
    "chown root:root /opt/data/logs/gateways/coder",
    /^FAIL +logs are writable +\/opt\/data\/logs\/gateways\/coder has owner 0 /m,
  ],
  "files of root's": [
    "touch /opt/data/.env '/opt/data/profiles/coder/a b'",
    /^FAIL +what is in the home is hermes's +\S.* \(and 1 more\)$/m,
  ],
  "a full scandir": [
    "mount -o remount,size=$(($(du -sk /run | cut -f 1) + 400))k /run",
    /^FAIL +free space for the scandir +0 MiB, expected 1 MiB\n +outside: /m,
    "mount -o remount,size=64m /run",
  ],
  "a hermes that is gone": [
    "mv /usr/local/bin/hermes /usr/local/bin/gone",
    /^FAIL +hermes is on PATH +\/usr\/local\/bin\/hermes is not there\n +outside: build /m,
    "mv /usr/local/bin/gone /usr/local/bin/hermes",
  ],
  "a frozen s6-supervise": [
    "pkill -STOP -xf 's6-supervise gateway-coder'",
    /^FAIL +every gateway is supervised +coder: its s6-supervise\b.* is frozen \(pid \d+\)$/m,
  ],
  "a frozen logger": [
    "pkill -STOP -xf 's6-log .*/logs/gateways/coder'",
    /^FAIL +every logger is at work +coder: its logger is frozen/m,
  ],
  "a frozen s6-supervise of a logger": [
    "pkill -STOP -xf 's6-supervise gateway-coder/log'",
    /^FAIL +every logger is at work +coder: .*frozen \(pid \d+\)/m,
  ],
  "a frozen gateway": [
    `kill -s STOP "$(s6-svstat -o pid ${CODER})"`,
    /^FAIL +no gateway is frozen or runs twice +coder: it is frozen/m,
  ],
  "a gateway without an s6-supervise": [
    `mkdir -p /opt/data/profiles/late && touch /opt/data/profiles/late/SOUL.md &&
     chown -R hermes: /opt/data/profiles/late && s6-setuidgid hermes mkdir ${SCANDIR}/gateway-late`,
    /^FAIL +every gateway is supervised +late: /m,
  ],
};
/** What is wrong with what was laid down for root's s6-supervise; hermes's has modes of its own. */
const SHARED_ONLY: Readonly<Record<string, Fault>> = {
  "a control FIFO with another mode": [
    `chmod 600 ${CODER}/log/supervise/control`,
    /got fifo 0600/,
    `chmod 660 ${CODER}/log/supervise/control`,
  ],
  "a supervise with another mode": [
    `chmod 700 ${CODER}/supervise`,
    /coder\/supervise: expected directory 0755 10000:10000, got directory 0700/,
    `chmod 755 ${CODER}/supervise`,
  ],
  "an event with another mode": [
    `chmod 755 ${CODER}/event`,
    /expected directory 3730/,
    `chmod 3730 ${CODER}/event`,
  ],
  "a supervise/event that is gone": [
    `mv ${CODER}/supervise/event ${CODER}/gone`,
    /supervise\/event: expected .* got nothing/,
    `mv ${CODER}/gone ${CODER}/supervise/event`,
  ],
};
const FAULTS: Readonly<Record<string, Fault>> = {
  ...COMMON,
  ...!ISOLATED && SHARED_ONLY,
  // The kernel does not freeze PID 1 for anybody in its container.
  ...ISOLATED && {
    "a frozen s6-svscan": [
      `pkill -STOP -xf 's6-svscan .*${SCANDIR}'`,
      /^FAIL +s6-svscan listens on .* s6-svscan is frozen \(pid \d+\)$/m,
    ],
  },
};

/** The rows of a doctor that finds nothing. */
const ROWS = ISOLATED ? 19 : 18;

liveTest(
  "gatewayctl doctor is green after a boot, and red for all that breaks, with what helps",
  async (boot, test) => {
    const container = await scene(boot);
    for (const user of ["hermes", "root"] as const) {
      const stdout = await ctlOk(container, ["doctor"], { user });
      const lines = stdout.trimEnd().split("\n");
      assertEquals(lines.length, ROWS, stdout);
      for (const line of lines) assertMatch(line, /^ok {2}\S/);
    }
    const checks = await ctlJson<{ ok: boolean }[]>(container, ["doctor"]);
    assertEquals(checks.map(({ ok }) => ok), Array(ROWS).fill(true));
    const left = `ls -d ${SCANDIR}/.gatewayctl* /opt/data/logs/.gatewayctl* 2>/dev/null`;
    assertEquals((await container.sh(left)).stdout, "");
    for (const [what, [break_, says, mend]] of Object.entries(FAULTS)) {
      await test.step(`red for ${what}`, async () => {
        assertEquals((await container.sh(break_)).stderr, "");
        // A signal takes a moment.
        const stdout = await until(`a doctor that says ${says}`, async () => {
          const { code, stdout, stderr } = await ctl(container, ["doctor"]);
          return code === 1 && stderr === "" && says.test(stdout) && stdout;
        }, 10_000);
        const [, told] = /^ +try: (.*)$/m.exec(stdout.slice(stdout.search(says))) ?? [];
        const { code, stderr } = await container.sh(mend ?? told ?? "exit 1");
        assertEquals(code, 0, `${stdout}${mend ?? told}${stderr}`);
        await untilGreen(container);
      });
    }
  },
);

liveTest("gatewayctl doctor does not hang on a home that does, and says so", async (boot, test) => {
  const container = await scene(boot);
  await withHangingHome(container, test, async () => {
    const command = "timeout -s KILL 30 gatewayctl doctor";
    const { code, stdout, stderr } = await container.sh(command, { user: "hermes" });
    assertEquals([code, stderr.replace(/^gatewayctl: info: .*\n/gm, "")], [1, ""], stdout);
    const failed = stdout.split("\n").filter((line) => line.startsWith("FAIL"));
    assertEquals(failed.length, 1, stdout);
    assertMatch(failed.join(), /^FAIL +\/opt\/data answers +it is not there, or hangs/);
  });
});

liveTest("gatewayctl doctor's advice for slots that were moved helps", async (boot) => {
  const container = await scene(boot);
  for (
    const [break_, says] of [
      [`mv ${CODER} ${SCANDIR}/.hermes/retired-x`, /\.hermes\/retired-x, gateway-coder/],
      [`rm -r ${CODER}`, /gateway-coder, gateway-coder\/log$/],
    ] as const
  ) {
    await container.sh(break_);
    const { code, stdout } = await ctl(container, ["doctor"]);
    assertEquals(code, 1);
    const [, found = "", command = ""] =
      /^FAIL +no s6-supervise is left over +(.*)\n +try: gatewayctl (.*)$/m.exec(stdout) ?? [];
    assertMatch(found, says, stdout);
    await ctlOk(container, command.split(" "));
    await untilGreen(container, 30_000);
    await untilUp(container, "coder");
  }
});

if (ISOLATED) {
  liveTest("gatewayctl doctor's advice for gateways without an s6-svscan helps", async (boot) => {
    const container = await scene(boot);
    await container.sh("s6-svc -wD -T20000 -d /run/service/gateways");
    const { code, stdout } = await ctl(container, ["doctor"]);
    assertEquals(code, 1);
    const [, command = ""] = /^FAIL +s6-svscan listens on .*\n +try: (.*)/m.exec(stdout) ?? [];
    const told = await container.sh(command, { user: "hermes" });
    assertEquals(told.code, 0, `${stdout}${told.stderr}`);
    await untilGreen(container, 30_000);
  });
}
