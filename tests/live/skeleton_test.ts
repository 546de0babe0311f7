import { assertEquals, assertMatch } from "@std/assert";
import type { Container } from "../container/container.ts";
import {
  liveTest,
  RUNNING,
  SCANDIRS,
  STOPPED,
  tryAsHermes,
  untilParked,
  untilStatus,
} from "./_live.ts";

const SCANDIR = SCANDIRS.isolated;
const CODER = `${SCANDIR}/gateway-coder`;

/** What is in a slot for s6-supervise, and whose. */
async function treeOf(container: Container, slot: string): Promise<string[]> {
  const { stdout } = await container.sh(
    `cd ${slot} && find . -name event -o -name supervise -o -name control | sort |
    xargs -r stat -c '%n %A %U'`,
  );
  return stdout.split("\n").filter((line) => line !== "");
}

const MADE = ["", "log/"].flatMap((half) => [
  `./${half}event drwx-ws--T hermes`,
  `./${half}supervise drwx------ hermes`,
  `./${half}supervise/control prw------- hermes`,
]).sort();

/** Runs gatewayctl, which must succeed unless told. */
async function ctl(container: Container, words: string, code = 0): Promise<string> {
  const done = await container.sh(`gatewayctl ${words}`);
  assertEquals(done.code, code, `gatewayctl ${words}: ${done.stderr}`);
  return done.stdout + done.stderr;
}

liveTest("isolated: 02 lays no skeleton, and what s6-supervise makes is enough", async (boot) => {
  const { container } = await boot({ coder: RUNNING, writer: STOPPED }, {
    hooks: false,
    env: { HERMES_SUPERVISION: "isolated" },
  });
  for (const hook of ["01-hermes-setup", "015-supervise-perms", "02-reconcile-profiles"]) {
    const { code, stderr } = await container.exec([`/etc/cont-init.d/${hook}`]);
    assertEquals(code, 0, stderr);
  }
  assertEquals(await treeOf(container, CODER), []);
  // Nobody supervises them yet, and that is what is said of them.
  assertMatch(await ctl(container, "list coder"), /^coder +no s6-svscan\b/m);
  assertMatch(await ctl(container, "why coder"), /^coder: .*s6-svscan/m);
  assertMatch(await ctl(container, "doctor", 1), /^ok +hermes controls every gateway/m);
  const hook = (await container.boot()).get("02-reconcile-profiles");
  assertMatch(hook?.stdout ?? "", /profile=coder .*action=started/);
  await untilStatus(container, CODER, "up", ({ up }) => up);
  await untilParked(container, `${SCANDIR}/gateway-writer`);
  assertEquals(await treeOf(container, CODER), MADE);
  const { stdout } = await container.exec(["/etc/cont-init.d/02-reconcile-profiles"]);
  assertMatch(stdout, /profile=coder .*action=unchanged/);
  await tryAsHermes(container, [
    ["s6-svc", "-wD", "-T20000", "-d", CODER],
    ["s6-svwait", "-d", CODER],
    ["s6-svc", "-wu", "-T20000", "-u", CODER],
  ]);
  assertMatch(await ctl(container, "doctor"), /^ok +hermes controls every gateway/m);
});

liveTest("isolated: register, start, stop and unregister need no skeleton", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, {
    env: { HERMES_SUPERVISION: "isolated" },
  });
  await untilStatus(container, CODER, "up", ({ up }) => up);
  for (let round = 0; round < 3; round++) {
    await ctl(container, "unregister coder");
    await ctl(container, "register coder --down --no-wait; gatewayctl start coder");
    assertMatch(await ctl(container, "list coder"), /^coder +running\b/m);
    assertEquals(await treeOf(container, CODER), MADE);
    await ctl(container, "unregister coder; gatewayctl sync");
    await ctl(container, "stop coder");
    assertMatch(await ctl(container, "list coder"), /^coder +stopped\b/m);
    await ctl(container, "start coder");
  }
});
