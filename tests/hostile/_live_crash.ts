import { assert, assertEquals } from "@std/assert";
import { bootContainer, Home, UNTIL_DENO, untilStatus } from "../live/_live.ts";

const HOOK = "/etc/cont-init.d/02-reconcile-profiles";

/**
 * Reconciles and kills Deno `$delay` seconds after it has started; s6-svscan
 * scans as often as it can meanwhile. Prints the hook's exit code, then the
 * services that are supervised.
 */
const KILL_WHILE_SCANNING = `
${HOOK} >/dev/null 2>&1 &
hook=$!
while kill -0 $hook 2>/dev/null; do s6-svscanctl -a /run/service; done &
scans=$!
${UNTIL_DENO}
sleep "$delay"
[ -z "$deno" ] || kill -9 "$deno" 2>/dev/null
wait $hook
echo $?
wait $scans
s6-svscanctl -a /run/service
names=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n')
printf '%s\\n' "$names" | grep -A 1 -x s6-supervise | grep -v -e -- -e s6-supervise
`;

/**
 * Kills reconciles in a live container while s6-svscan keeps scanning.
 *
 * @param rounds How many.
 * @returns What was tried, in words.
 */
export async function killWhileScanning(rounds: number): Promise<string> {
  await using home = await Home.make({ default: { state: { desired_state: "running" } } });
  await using container = await bootContainer(home);
  let kills = 0;
  const supervised = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const name of [`a${round}`, `b${round}`, `c${round}`]) await home.put(name, {});
    // Under all the scanning a reconcile takes some 200 ms.
    const delay = (0.2 * round / rounds).toFixed(4);
    const { stdout } = await container.sh(KILL_WHILE_SCANNING, { user: "hermes", env: { delay } });
    const [status, ...names] = stdout.trim().split("\n");
    if (status === "137") kills++;
    for (const name of names) supervised.add(name);
    const half = await container.sh(
      "for slot in /run/service/gateway-*; do " +
        "test -p $slot/supervise/control -a -x $slot/run -a -p $slot/log/supervise/control || echo $slot; done",
    );
    assertEquals(half.stdout, "", "half slots");
  }
  assert(kills > 0, "nothing was killed");
  assert(supervised.has("gateway-default"));
  const strangers = [...supervised].filter((name) =>
    !/^(gateway-[a-z0-9]+(\/log)?|dashboard|gateways|profile-watch|s6[a-z0-9-]+)$/.test(name)
  );
  assertEquals(strangers, [], "supervised");
  const { code, stderr } = await container.exec([HOOK]);
  assertEquals(code, 0, stderr);
  await container.exec(["s6-svscanctl", "-a", "/run/service"]);
  for (let round = 0; round < rounds; round++) {
    await untilStatus(container, `gateway-a${round}`, "supervised", () => true);
  }
  const { stdout } = await container.sh("ls /run/service/.hermes");
  assertEquals(stdout, "last-boot.json\nlock\n");
  return `${kills} kills of 02 under a scanning s6-svscan`;
}
