import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIRS, SUPERVISIONS, untilStatus } from "./_live.ts";

const WAKE = "/opt/hermes-boot/libexec/wake";

/**
 * Has s6-svscan 2.15 forget an s6-supervise, and names its profile: all die within a second of their start,
 * and it starts one before that second is over for the next. On a busy machine that takes more than one
 * try; 2.11 forgets nothing.
 */
const FORGET = `for try in 1 2 3 4 5; do
  sleep 1.2; pkill -9 -f '^s6-supervise gateway-'
  sleep 0.5; pkill -9 -f '^s6-supervise gateway-'
  sleep 1.5
  for profile in coder default; do
    pgrep -f "^s6-supervise gateway-$profile\$" >/dev/null || { echo $profile; exit; }
  done
done
echo coder`;

async function forget(container: Container): Promise<string> {
  const { code, stdout, stderr } = await container.sh(FORGET, { user: "root" });
  assertEquals([code, stderr], [0, ""]);
  return stdout.trim();
}

for (const mode of SUPERVISIONS) {
  const scandir = SCANDIRS[mode];
  const untilUp = (container: Container, profile: string) =>
    untilStatus(container, `${scandir}/gateway-${profile}`, "up", ({ up }) => up);

  liveTest(`${mode}: what s6-svscan has forgotten comes back`, async (boot, test) => {
    const { container } = await boot({ default: RUNNING, coder: RUNNING }, {
      env: { HERMES_SUPERVISION: mode },
    });
    await untilUp(container, "coder");
    for (const user of ["root", "hermes"] as const) {
      await test.step(`by wake, as ${user}`, async () => {
        const forgotten = await forget(container);
        const { code, stderr } = await container.exec([WAKE, scandir], { user });
        assertEquals([code, stderr], [0, ""]);
        await untilUp(container, forgotten);
      });
    }
    await test.step("by start", async () => {
      const forgotten = await forget(container);
      assertMatch(await ctlOk(container, ["start", forgotten]), /^\w+: up, pid \d+\n$/);
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
