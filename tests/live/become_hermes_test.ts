import { assertEquals, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { liveTest, THREE } from "./_live.ts";

const BECOME = "/opt/hermes-boot/libexec/become-hermes";

for (const capabilities of [undefined, THREE]) {
  const who = capabilities === undefined ? "root" : "root without CAP_KILL";
  liveTest(
    `become-hermes, run by ${who}, runs a program as hermes and passes on what it does`,
    async (boot) => {
      const { container } = await boot({}, { hooks: false, ...capabilities && { capabilities } });
      const echo = await container.exec([
        BECOME,
        "sh",
        "-c",
        'id -un; echo "$0:$1:$X"; exit 7',
        "a b",
        "",
      ], {
        env: { X: "x y" },
      });
      assertEquals([echo.code, echo.stdout, echo.stderr], [7, "hermes\na b::x y\n", ""]);
      const input = await container.sh(`echo in | ${BECOME} cat`);
      assertEquals(input.stdout, "in\n");
      const killed = await container.sh(`${BECOME} sh -c 'kill -9 $$'`);
      assertEquals(killed.code, 137);
      const missing = await container.exec([BECOME, "no-such-program"]);
      assertEquals(missing.code, 127);
      assertMatch(missing.stderr, /no-such-program/);
      const mine = await container.exec([BECOME, "id", "-un"], { user: "hermes" });
      assertEquals(mine.stdout, "hermes\n");
    },
  );

  liveTest(
    `become-hermes, run by ${who}, passes SIGTERM on, and waits for the program's end`,
    async (boot) => {
      const { container } = await boot({}, { hooks: false, ...capabilities && { capabilities } });
      const { code, stdout } = await container.sh(`cd /tmp
${BECOME} sh -c 'trap "echo asked; sleep 0.3; echo done; exit 3" TERM
  echo ready >/tmp/ready; while :; do sleep 0.1; done' >out & pid=$!
until [ -s ready ]; do sleep 0.02; done
kill -HUP $pid; kill -TERM $pid; wait $pid; echo $?; cat out`);
      // Without a parent in between SIGHUP is the program's, and ends it.
      const expected = capabilities === undefined ? "129\n" : "3\nasked\ndone\n";
      assertEquals([code, stdout], [0, expected]);
    },
  );
}

liveTest(
  "become-hermes: what a killed parent of run leaves behind is ended by finish, and only then",
  async (boot) => {
    const { container } = await boot({}, { hooks: false, capabilities: THREE });
    await container.sh(`mkdir /tmp/s && cd /tmp/s
printf '#!${BECOME} sh\\nexec sleep 1000\\n' >run
printf '#!${BECOME} sh\\nexit 0\\n' >finish
chmod 755 run finish
./run >/dev/null 2>&1 & echo $! >parent`);
    const child = await until(
      "the child",
      async () => (await container.sh("cat /tmp/s/child")).stdout.trim(),
    );
    const alive = async () => (await container.sh(`[ -d /proc/${child} ]`)).code === 0;
    await container.sh("cd /tmp/s && ./finish 0 0");
    assertEquals(await alive(), true);
    await container.sh("cd /tmp/s && kill -9 $(cat parent)");
    assertEquals(await alive(), true);
    await container.sh("cd /tmp/s && ./finish 256 9");
    await until("its end", async () => !await alive());
  },
);
