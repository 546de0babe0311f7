import { assert, assertEquals } from "@std/assert";
import type { Container } from "../container/container.ts";
import {
  bootContainer,
  Home,
  SCANDIRS,
  status,
  type Supervision,
  untilStatus,
} from "../live/_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const HOOK = "/etc/cont-init.d/02-reconcile-profiles";

/**
 * Shell lines that wait until Deno has started under the hook that is in the
 * background as `$hook`, or that has ended; `$deno` is Deno's PID, or empty.
 */
const UNTIL_DENO = `deno=
while [ -z "$deno" ] && kill -0 "$hook" 2>/dev/null; do
  sleep 0.01
  for dir in /proc/[0-9]*; do
    comm=
    { read -r comm <"$dir/comm"; } 2>/dev/null
    [ "$comm" != deno ] || deno=\${dir#/proc/}
  done
done`;

/**
 * Reconciles and kills Deno `$delay` seconds after it has started, as hermes;
 * `$scandir` is scanned as often as can be meanwhile. Prints the hook's exit
 * code, then every service that was supervised at any time.
 */
const KILL = `
${HOOK} >/dev/null 2>&1 &
hook=$!
while kill -0 $hook 2>/dev/null; do
  s6-svscanctl -a "$scandir"
  for dir in /proc/[0-9]*; do
    { read -r comm <"$dir/comm"; } 2>/dev/null
    [ "$comm" = s6-supervise ] && { tr '\\0' '\\n' <"$dir/cmdline"; } 2>/dev/null | tail -n +2
  done
done >/tmp/supervised &
scans=$!
${UNTIL_DENO}
sleep "$delay"
[ -z "$deno" ] || kill -9 "$deno" 2>/dev/null
wait $hook
echo $?
wait $scans
s6-svscanctl -a "$scandir"
sort -u /tmp/supervised
`;

const HALVES = `for slot in "$scandir"/gateway-*; do
  test -p $slot/supervise/control -a -x $slot/run -a -p $slot/log/supervise/control || echo $slot
done`;

/** Waits until a slot and its logger are supervised, the slot down. */
async function untilDown(container: Container, slot: string): Promise<void> {
  await untilStatus(container, slot, "supervised", ({ up, wantedUp }) => !up && !wantedUp);
  await untilStatus(container, `${slot}/log`, "up", ({ up }) => up);
}

/**
 * Kills reconciles in a live container while s6-svscan keeps scanning: no half
 * slot is ever supervised, the next one completes, and what ran keeps its PIDs.
 *
 * @param mode The mode of supervision.
 * @param rounds How many.
 * @returns What was tried, in words.
 */
export async function killWhileScanning(mode: Supervision, rounds: number): Promise<string> {
  const scandir = SCANDIRS[mode];
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await bootContainer(home, { env: { HERMES_SUPERVISION: mode } });
  const ours = [`${scandir}/gateway-default`, `${scandir}/gateway-coder`];
  for (const slot of ours) {
    await untilStatus(container, slot, "up", ({ up }) => up);
    await untilStatus(container, `${slot}/log`, "up", ({ up }) => up);
  }
  const pids = () =>
    Promise.all(
      ours.flatMap((slot) => [slot, `${slot}/log`]).map(async (dir) =>
        (await status(container, dir)).pid
      ),
    );
  const before = await pids();
  const names: string[] = [];
  const supervised = new Set<string>();
  let kills = 0;
  for (let round = 0; round < rounds; round++) {
    for (const letter of ["a", "b", "c", "d"]) names.push(`${letter}${round}`);
    for (const name of names.slice(-4)) await home.put(name, {});
    const env = { delay: (0.3 * round / rounds).toFixed(3), scandir };
    const { stdout } = await container.sh(KILL, { user: "hermes", env });
    const [code, ...seen] = stdout.trim().split("\n");
    if (code === "137") kills++;
    for (const name of seen) supervised.add(name);
    assertEquals((await container.sh(HALVES, { env })).stdout, "", "half slots");
  }
  assert(kills > 0, "nothing was killed");
  for (const name of ["gateway-default", "gateway-coder/log"]) assert(supervised.has(name), name);
  const strangers = [...supervised].filter((name) =>
    !/^(gateway-[a-z0-9]+(\/log)?|dashboard|gateways|profile-watch|s6[a-z0-9-]+)$/.test(name)
  );
  assertEquals(strangers, [], "supervised");

  const { code, stderr } = await container.exec([HOOK]);
  assertEquals(code, 0, stderr);
  await container.exec(["s6-svscanctl", "-a", scandir], { user: "hermes" });
  for (const name of names) await untilDown(container, `${scandir}/gateway-${name}`);
  assertEquals(await pids(), before, "a gateway that ran was restarted");
  const { stdout } = await container.sh(`ls ${scandir}/.hermes`);
  assertEquals(stdout, "last-boot.json\nlock\n");
  return `${kills} of ${rounds} reconciles under a scanning s6-svscan were killed`;
}
