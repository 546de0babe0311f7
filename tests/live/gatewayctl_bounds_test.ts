import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Container } from "../container/container.ts";
import { ctl, ctlOk } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SCANDIR, untilUp } from "./_live.ts";
import { inventory, processes, untilQuiet, untilReady } from "./_tree.ts";

/** Calls gatewayctl while a program of s6 is a shell script, or is not there. */
async function ctlWith(
  container: Container,
  [program, body]: readonly [program: string, body: string | undefined],
  args: readonly string[],
) {
  const path = `/command/${program}`;
  const script = `rm ${path}` +
    (body === undefined ? "" : ` && printf '#!/bin/sh\\n${body}\\n' >${path} && chmod 755 ${path}`);
  assertEquals((await container.sh(script)).code, 0);
  const result = await ctl(container, args);
  await container.sh(`ln -sf /usr/bin/${program} ${path}`);
  return result;
}

const HANGING: readonly [program: string, ...args: string[]][] = [
  ["s6-svc", "start", "coder"],
  ["s6-svc", "stop", "coder"],
  ["s6-svc", "restart", "coder"],
  ["s6-svc", "unregister", "coder"],
  ["s6-svstat", "start", "coder"],
  ["s6-svok", "start", "coder"],
  ["s6-svscanctl", "register", "writer"],
];

liveTest("a program of s6 that hangs, fails or is missing is one line, in time", async (boot) => {
  const { container, home } = await boot({ coder: RUNNING });
  await untilQuiet(container);
  await untilReady(container, home, "coder");
  await home.add("writer", RUNNING);
  const pid = await untilUp(container, "coder");
  // 1. What hangs is killed.
  for (const [program, ...args] of HANGING) {
    const startedAt = performance.now();
    const { code, stdout, stderr } = await ctlWith(container, [program, "exec sleep 86"], [
      ...[...args, "--timeout", "0.2"],
    ]);
    const ms = performance.now() - startedAt;
    assert(ms >= 200 && ms < 9000, `${program}: ${args.join(" ")} took ${ms} ms`);
    assertEquals([code, stdout], [1, ""], `${program}: ${args.join(" ")}`);
    assertMatch(stderr, /^gatewayctl: error: .* within 200 ms; try a longer --timeout$/m);
    const commands = [...(await processes(container)).values()];
    assertEquals(commands.filter((command) => command.startsWith("sleep 86")), []);
    assertEquals(await untilUp(container, "coder"), pid);
  }
  // 2. What is missing is named.
  for (const [program, command] of [["s6-svc", "start"], ["s6-svstat", "start"]] as const) {
    const { code, stdout, stderr } = await ctlWith(container, [program, undefined], [
      ...[command, "coder"],
    ]);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, new RegExp(`^gatewayctl: error: .*${program}.*\n$`));
  }
  // 3. A slot that s6-svscan cannot be told of is taken back.
  const before = await inventory(container);
  const deaf = await ctlWith(container, ["s6-svscanctl", "echo no svscan >&2; exit 100"], [
    ...["register", "writer"],
  ]);
  assertEquals([deaf.code, deaf.stdout], [1, ""]);
  assertMatch(deaf.stderr, new RegExp(`^gatewayctl: error: .*${SCANDIR}: no svscan.*\n$`));
  assertEquals(await inventory(container), before);
  assertMatch(await ctlOk(container, ["register", "writer"]), /^writer: registered, up/);
});
