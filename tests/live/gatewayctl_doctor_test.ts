import { assertEquals, assertMatch } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { bootContainer, Home, liveTest, SCANDIR, SUPERVISION, untilStatus } from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };

async function scene(
  fn: (container: Container, home: Home) => Promise<void>,
): Promise<void> {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home);
  for (const name of ["default", "coder"]) {
    await untilStatus(container, `gateway-${name}`, "up", ({ up }) => up);
    // Its directory is what the logger makes once it is hermes's.
    const log = `${home.path}/logs/gateways/${name}/current`;
    await until("a log line", () => Deno.readTextFile(log).catch(() => ""), 30_000);
  }
  await fn(container, home);
}

liveTest(
  "gatewayctl doctor is green on a fresh boot, as hermes and as root",
  () =>
    scene(async (container) => {
      for (const user of ["hermes", "root"] as const) {
        const stdout = await ctlOk(container, ["doctor"], { user });
        const lines = stdout.trimEnd().split("\n");
        assertEquals(lines.length, 10);
        for (const line of lines) assertMatch(line, /^ok {2}\S/);
      }
      const checks = await ctlJson<{ ok: boolean }[]>(container, ["doctor"]);
      assertEquals(checks.map(({ ok }) => ok), Array(10).fill(true));
      const left = `ls -d ${SCANDIR}/.gatewayctl* /opt/data/logs/.gatewayctl* 2>/dev/null`;
      assertEquals((await container.sh(left)).stdout, "");
    }),
);

const CODER = `${SCANDIR}/gateway-coder`;
const ISOLATED = SUPERVISION === "isolated";

/** What is broken by root, and what doctor must say. */
const BROKEN: Readonly<Record<string, readonly [break_: string, says: RegExp]>> = {
  "a control FIFO of root's": [
    `chown root:root ${CODER}/supervise/control`,
    /^FAIL +skeletons .* gateway-coder\/supervise\/control: expected fifo 0660 10000:10000, got fifo 0660 0:0: /m,
  ],
  "a control FIFO with another mode": [`chmod 600 ${CODER}/log/supervise/control`, /got fifo 0600/],
  "a supervise with another mode": [
    `chmod 700 ${CODER}/supervise`,
    /coder\/supervise: expected directory 0755 10000:10000, got directory 0700/,
  ],
  "an event with another mode": [`chmod 755 ${CODER}/event`, /expected directory 3730/],
  "a supervise/event that is gone": [
    `rm -r ${CODER}/supervise/event`,
    /supervise\/event: expected .* got nothing/,
  ],
  "a control of s6-svscan that hermes may not use": [
    `cd ${SCANDIR}/.s6-svscan && chown root:root control && chmod 600 control`,
    new RegExp(
      `^FAIL +s6-svscan listens on ${SCANDIR} .*Permission denied: ${
        ISOLATED ? "the service gateways" : "stage 015-supervise-perms gives"
      }`,
      "m",
    ),
  ],
  "a scandir that hermes may not write": [
    `chown root ${SCANDIR}; chmod 755 ${SCANDIR}`,
    new RegExp(
      `^FAIL +${SCANDIR} is writable .*Permission denied: ${
        ISOLATED ? "it must belong to hermes" : "stage 015-supervise-perms shares"
      }`,
      "m",
    ),
  ],
  "logs that hermes may not write": [
    "chown root /opt/data/logs; chmod 755 /opt/data/logs",
    /^FAIL +logs are writable +\/opt\/data\/logs: Permission denied/m,
  ],
  "a gateway's log directory of root's": [
    "chown root:root /opt/data/logs/gateways/coder",
    /^FAIL +logs are writable +\/opt\/data\/logs\/gateways\/coder has owner 0 /m,
  ],
  "a slot that was removed under its supervisor": [
    `rm -r ${CODER}`,
    /^FAIL +no supervisor .* gateway-coder, gateway-coder\/log: run/m,
  ],
  "a retired slot that is still supervised": [
    `mv ${CODER} ${SCANDIR}/.hermes/retired-x`,
    /^FAIL +no supervisor .*\.hermes\/retired-x, gateway-coder/m,
  ],
  "a full scandir": [
    "mount -o remount,size=$(($(du -sk /run | cut -f 1) + 400))k /run",
    /^FAIL +free space for the scandir +0 MiB, expected 1 MiB: make room$/m,
  ],
};

for (const [what, [break_, says]] of Object.entries(BROKEN)) {
  liveTest(`gatewayctl doctor is red for ${what}`, () =>
    scene(async (container) => {
      await container.sh(break_);
      const { code, stdout, stderr } = await ctl(container, ["doctor"]);
      assertEquals([code, stderr], [1, ""], stdout);
      assertMatch(stdout, says);
      await container.sh("chown -R hermes: /opt/data");
    }));
}

for (const what of ["retired but supervised", "removed under its supervisor"]) {
  liveTest(
    `gatewayctl doctor's advice for a slot that is ${what} helps`,
    () =>
      scene(async (container) => {
        await container.sh(
          what.startsWith("retired")
            ? `mv ${CODER} ${SCANDIR}/.hermes/retired-x`
            : `rm -r ${CODER}`,
        );
        assertEquals((await ctl(container, ["doctor"])).code, 1);
        await ctlOk(container, ["sync", "--prune"]);
        await until(
          "a green doctor",
          async () => (await ctl(container, ["doctor"])).code === 0,
          30_000,
        );
        const { up } = await untilStatus(container, "gateway-coder", "up", ({ up }) => up);
        assertEquals(up, true);
      }),
  );
}

if (ISOLATED) {
  liveTest(
    "gatewayctl doctor's advice for gateways without an s6-svscan helps",
    () =>
      scene(async (container) => {
        await container.sh("s6-svc -wD -T20000 -d /run/service/gateways");
        const { code, stdout } = await ctl(container, ["doctor"]);
        assertEquals(code, 1);
        const [, command = ""] = /^FAIL +s6-svscan listens on .*; see "([^"]+)"/m.exec(stdout) ??
          [];
        const told = await container.sh(command, { user: "hermes" });
        assertEquals(told.code, 0, `${stdout}${told.stderr}`);
        assertMatch(told.stdout, /^down \(exitcode 0\)/);
        await container.sh("s6-svc -u /run/service/gateways", { user: "hermes" });
        await until("a green doctor", async () =>
          (await ctl(container, ["doctor"])).code === 0, 30_000);
      }),
  );
}
