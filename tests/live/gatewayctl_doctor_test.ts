import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
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

async function isGreen(container: Container): Promise<boolean> {
  return (await ctl(container, ["doctor"])).code === 0;
}

const CODER = `${SCANDIR}/gateway-coder`;
const ISOLATED = SUPERVISION === "isolated";
/** Who owns the scandir in order. */
const OWNER = ISOLATED ? "hermes" : "root:hermes";

/** What root breaks, what doctor must say then, and what mends it. */
const BROKEN: Readonly<Record<string, readonly [break_: string, says: RegExp, mend: string]>> = {
  "a control FIFO of root's": [
    `chown root:root ${CODER}/supervise/control`,
    /^FAIL +skeletons .* gateway-coder\/supervise\/control: expected fifo 0660 10000:10000, got fifo 0660 0:0: /m,
    `chown hermes: ${CODER}/supervise/control`,
  ],
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
  "a control of s6-svscan that hermes may not use": [
    `cd ${SCANDIR}/.s6-svscan && chown root:root control && chmod 600 control`,
    new RegExp(
      `^FAIL +s6-svscan listens on ${SCANDIR} .*Permission denied: ${
        ISOLATED ? "the service gateways" : "stage 015-supervise-perms gives"
      }`,
      "m",
    ),
    `cd ${SCANDIR}/.s6-svscan && chown ${OWNER} control && chmod 660 control`,
  ],
  "a scandir that hermes may not write": [
    `chown root ${SCANDIR}; chmod 755 ${SCANDIR}`,
    new RegExp(
      `^FAIL +${SCANDIR} is writable .*Permission denied: ${
        ISOLATED ? "it must belong to hermes" : "stage 015-supervise-perms shares"
      }`,
      "m",
    ),
    `chown ${OWNER} ${SCANDIR}; chmod ${ISOLATED ? "755" : "1775"} ${SCANDIR}`,
  ],
  "logs that hermes may not write": [
    "chown root /opt/data/logs; chmod 755 /opt/data/logs",
    /^FAIL +logs are writable +\/opt\/data\/logs: Permission denied/m,
    "chown hermes /opt/data/logs",
  ],
  "a gateway's log directory of root's": [
    "chown root:root /opt/data/logs/gateways/coder",
    /^FAIL +logs are writable +\/opt\/data\/logs\/gateways\/coder has owner 0 /m,
    "chown hermes: /opt/data/logs/gateways/coder",
  ],
  "a full scandir": [
    "mount -o remount,size=$(($(du -sk /run | cut -f 1) + 400))k /run",
    /^FAIL +free space for the scandir +0 MiB, expected 1 MiB: make room$/m,
    "mount -o remount,size=64m /run",
  ],
};

/** With isolated supervision there is one more: the service gateways. */
const CHECKS = ISOLATED ? 13 : 12;

liveTest(
  "gatewayctl doctor is green after a boot, and red for all that breaks",
  async (boot, test) => {
    const container = await scene(boot);
    for (const user of ["hermes", "root"] as const) {
      const stdout = await ctlOk(container, ["doctor"], { user });
      const lines = stdout.trimEnd().split("\n");
      assertEquals(lines.length, CHECKS);
      for (const line of lines) assertMatch(line, /^ok {2}\S/);
    }
    const checks = await ctlJson<{ ok: boolean }[]>(container, ["doctor"]);
    assertEquals(checks.map(({ ok }) => ok), Array(CHECKS).fill(true));
    const left = `ls -d ${SCANDIR}/.gatewayctl* /opt/data/logs/.gatewayctl* 2>/dev/null`;
    assertEquals((await container.sh(left)).stdout, "");
    for (const [what, [break_, says, mend]] of Object.entries(BROKEN)) {
      await test.step(`red for ${what}`, async () => {
        assertEquals((await container.sh(break_)).stderr, "");
        const { code, stdout, stderr } = await ctl(container, ["doctor"]);
        await container.sh(mend);
        assertEquals([code, stderr], [1, ""], stdout);
        assertMatch(stdout, says);
        assert(await isGreen(container), "green once it is mended");
      });
    }
  },
);

liveTest("gatewayctl doctor's advice for slots that were moved helps", async (boot) => {
  const container = await scene(boot);
  for (
    const [break_, says] of [
      [`mv ${CODER} ${SCANDIR}/.hermes/retired-x`, /\.hermes\/retired-x, gateway-coder/],
      [`rm -r ${CODER}`, /gateway-coder, gateway-coder\/log: run/],
    ] as const
  ) {
    await container.sh(break_);
    const { code, stdout } = await ctl(container, ["doctor"]);
    assertEquals(code, 1);
    const [, found = "", command = ""] =
      /^FAIL +no supervisor (.*?): run "?gatewayctl (.*?)"?$/m.exec(stdout) ?? [];
    assertMatch(`${found}: run`, says, stdout);
    await ctlOk(container, command.split(" "));
    await until("a green doctor", () => isGreen(container), 30_000);
    await untilUp(container, "coder");
  }
});

if (ISOLATED) {
  liveTest("gatewayctl doctor's advice for gateways without an s6-svscan helps", async (boot) => {
    const container = await scene(boot);
    await container.sh("s6-svc -wD -T20000 -d /run/service/gateways");
    const { code, stdout } = await ctl(container, ["doctor"]);
    assertEquals(code, 1);
    const [, command = ""] = /^FAIL +s6-svscan listens on .*; see "([^"]+)"/m.exec(stdout) ?? [];
    const told = await container.sh(command, { user: "hermes" });
    assertEquals(told.code, 0, `${stdout}${told.stderr}`);
    assertMatch(told.stdout, /^down \(exitcode 0\)/);
    await container.sh("s6-svc -u /run/service/gateways", { user: "hermes" });
    await until("a green doctor", () => isGreen(container), 30_000);
  });
}
