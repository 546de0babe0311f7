import { assert, assertEquals } from "@std/assert";
import {
  bootContainer,
  Home,
  liveTest,
  SCANDIRS,
  status,
  UNTIL_DENO,
  untilStatus,
} from "./_live.ts";

const RUNNING = { state: { desired_state: "running" } };
const ROUNDS = 12;
const HOOK = "/etc/cont-init.d/02-reconcile-profiles";

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

for (const [mode, scandir] of Object.entries(SCANDIRS)) {
  liveTest(
    `${mode}: a reconcile that is killed leaves no half slot, and the next completes`,
    async () => {
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
      for (let round = 0; round < ROUNDS; round++) {
        for (const letter of ["a", "b", "c", "d"]) names.push(`${letter}${round}`);
        for (const name of names.slice(-4)) await home.put(name, {});
        const env = { delay: (0.3 * round / ROUNDS).toFixed(3), scandir };
        const { stdout } = await container.sh(KILL, { user: "hermes", env });
        const [code, ...seen] = stdout.trim().split("\n");
        if (code === "137") kills++;
        for (const name of seen) supervised.add(name);
        assertEquals((await container.sh(HALVES, { env })).stdout, "", "half slots");
      }
      assert(kills > 0, "nothing was killed");
      console.log(`${mode}: ${kills} of ${ROUNDS} reconciles were killed`);
      assert(supervised.has("gateway-coder/log"));
      const strangers = [...supervised].filter((name) =>
        !/^(gateway-[a-z0-9]+(\/log)?|dashboard|gateways|profile-watch|s6[a-z0-9-]+)$/.test(name)
      );
      assertEquals(strangers, [], "supervised");

      const { code, stderr } = await container.exec([HOOK]);
      assertEquals(code, 0, stderr);
      await container.exec(["s6-svscanctl", "-a", scandir], { user: "hermes" });
      for (const name of names) {
        const slot = `${scandir}/gateway-${name}`;
        await untilStatus(
          container,
          slot,
          "supervised",
          ({ up, wantedUp }) => !up && !wantedUp,
          30_000,
        );
        await untilStatus(container, `${slot}/log`, "up", ({ up }) => up, 30_000);
      }
      assertEquals(await pids(), before, "a gateway that ran was restarted");
      const { stdout } = await container.sh(`find ${scandir}/.hermes -mindepth 1 -type d`);
      assertEquals(stdout, "", "staging directories");
    },
  );
}
