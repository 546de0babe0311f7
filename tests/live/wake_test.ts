import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIRS, SUPERVISIONS, untilStatus } from "./_live.ts";
import { PID } from "./_why_s6_rows.ts";

const WAKE = "/opt/hermes-boot/libexec/wake";

/**
 * Has s6-svscan 2.15 forget the s6-supervise of coder: it dies within a second of its start, and s6-svscan
 * starts another one before that second is over. On a busy machine that takes more than one try; 2.11
 * forgets nothing.
 */
const FORGET = `${PID}for try in 1 2 3 4 5; do
  sleep 1.2; old=$(pid_of "s6-supervise gateway-coder"); kill -9 $old
  until new=$(pid_of "s6-supervise gateway-coder") && [ "$new" ] && [ "$new" != $old ]; do sleep 0.02; done
  kill -9 $new $(pid_of "s6-supervise gateway-default"); sleep 1.5
  [ -n "$(pid_of "s6-supervise gateway-coder")" ] || exit 0
done`;

async function forget(container: Container): Promise<void> {
  const { code, stderr } = await container.exec(["sh", "-c", FORGET], { user: "root" });
  assertEquals([code, stderr], [0, ""]);
}

for (const mode of SUPERVISIONS) {
  const scandir = SCANDIRS[mode];
  const service = `${scandir}/gateway-coder`;

  liveTest(`${mode}: what s6-svscan has forgotten comes back`, async (boot, test) => {
    const { container } = await boot({ coder: RUNNING }, { env: { HERMES_SUPERVISION: mode } });
    await untilStatus(container, service, "up", ({ up }) => up);
    for (const user of ["root", "hermes"] as const) {
      await test.step(`by wake, as ${user}`, async () => {
        await forget(container);
        const { code, stderr } = await container.exec([WAKE, scandir], { user });
        assertEquals([code, stderr], [0, ""]);
        await untilStatus(container, service, "up", ({ up }) => up);
      });
    }
    await test.step("by start", async () => {
      await forget(container);
      assertMatch(await ctlOk(container, ["start", "coder"]), /^coder: up, pid \d+\n$/);
    });
    const { stdout } = await container.sh(`ls -A ${scandir}; ps -eo args=`, { user: "root" });
    assertEquals(
      stdout.split("\n").filter((line) => /wake/.test(line)),
      [],
      "nothing is left of it",
    );
  });
}

liveTest("wake follows nothing that hermes has put in root's way", async (boot) => {
  const { container } = await boot({ coder: RUNNING }, { env: { HERMES_SUPERVISION: "shared" } });
  // Whatever PID it will have: each ln takes one too.
  const trap = `i=$$; end=$((i + 3000))
while [ $i -lt $end ]; do i=$((i + 1)); ln -s /etc "${SCANDIRS.shared}/wake-$((i + 1000))"; done`;
  assertEquals((await container.sh(trap, { user: "hermes" })).code, 0);
  const { code } = await container.exec([WAKE, SCANDIRS.shared], { user: "root" });
  assertNotEquals(code, 0);
  assertEquals((await container.sh("ls -d /etc/event /etc/supervise /etc/down")).stdout, "");
});
