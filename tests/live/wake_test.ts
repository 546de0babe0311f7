import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIRS, SUPERVISIONS, untilStatus } from "./_live.ts";

const WAKE = "/opt/hermes-boot/libexec/wake";

/**
 * Has s6-svscan 2.15 forget the s6-supervise of coder: it dies within a second of its start, and s6-svscan
 * starts another one before that second is over. A busy machine may need more than one try; 2.11 forgets
 * nothing.
 */
const FORGET = `end() { pkill -9 -f "^s6-supervise gateway-$1\\$"; }
for try in 1 2 3; do
  sleep 1.2; end coder; sleep 0.4; end coder; sleep 0.2; end default; sleep 1
  pgrep -f '^s6-supervise gateway-coder$' >/dev/null || exit 0
done`;

async function forget(container: Container): Promise<void> {
  const { code, stderr } = await container.sh(FORGET, { user: "root" });
  assertEquals([code, stderr], [0, ""]);
}

for (const mode of SUPERVISIONS) {
  const scandir = SCANDIRS[mode];
  const untilUp = (container: Container) =>
    untilStatus(container, `${scandir}/gateway-coder`, "up", ({ up }) => up);

  liveTest(`${mode}: what s6-svscan has forgotten comes back`, async (boot, test) => {
    const { container } = await boot({ default: RUNNING, coder: RUNNING }, {
      env: { HERMES_SUPERVISION: mode },
    });
    await untilUp(container);
    for (const user of ["root", "hermes"] as const) {
      await test.step(`by wake, as ${user}`, async () => {
        await forget(container);
        const { code, stderr } = await container.exec([WAKE, scandir], { user });
        assertEquals([code, stderr], [0, ""]);
        await untilUp(container);
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
