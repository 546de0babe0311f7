import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { until } from "../container/container.ts";
import { ctl, ctlOk, pids } from "./_gatewayctl.ts";
import { liveTest, RUNNING, SUPERVISION, untilUp } from "./_live.ts";
import { inventory, observe, processesOf, untilQuiet } from "./_tree.ts";

liveTest("one of two that register a profile at once wins, all may unregister it", async (boot) => {
  const { container, home } = await boot({});
  await home.add("coder", RUNNING);
  const before = await untilQuiet(container);
  const atOnce = async (processes: number, ...args: string[]) => {
    const each = Array.from({ length: processes }, () => ctl(container, args));
    return (await Promise.all(each)).map(({ code }) => code).sort();
  };
  for (let round = 1; round <= 6; round++) {
    const codes = await atOnce(2, "register", "coder", "--no-wait");
    assertEquals(codes, [0, 1], `round ${round}`);
    await untilUp(container, "coder");
    // 3: it was gone already.
    const [first, ...others] = await atOnce(3, "unregister", "coder");
    assertEquals(first, 0);
    assert(others.every((code) => code === 0 || code === 3), `${others}`);
    assertEquals(await inventory(container), before);
  }
});

liveTest("two syncs and ten registers at once leave every gateway up, once", async (boot) => {
  const { container, home } = await boot({ default: { state: "{}" } });
  const before = await untilQuiet(container);
  const names = Array.from({ length: 10 }, (_, i) => `p${i}`);
  for (const name of names) await home.add(name, RUNNING);
  const results = await Promise.all([
    ctl(container, ["sync"]),
    ...names.map((name) => ctl(container, ["register", name])),
    ctl(container, ["sync", "--prune"]),
  ]);
  for (const { code, stderr } of results) {
    assert(code === 0 || /registered already/.test(stderr), stderr);
  }
  // A sync that was first does not wait until what it has made is up.
  await until("all of them are up", async () => {
    return Object.keys(await pids(container)).sort().join() === names.join();
  }, 30_000);
  assertMatch((await ctl(container, ["sync"])).stdout, /^(\S+: unchanged\n){11}$/);
  assertMatch(await ctlOk(container, ["doctor"]), /^ok +no s6-supervise is left over +none$/m);
  await Promise.all(names.map((name) => ctlOk(container, ["unregister", name])));
  assertEquals(await inventory(container), before);
});

/** Prints what each of three commands about a profile says, over and over. */
const CHURN = `end=$(($(date +%s) + $1))
while [ "$(date +%s)" -lt "$end" ]; do
  for command in "register --no-wait" start unregister; do
    said=$(gatewayctl $command "$2" 2>&1 >/dev/null); echo "\${command%% *} $? $said"
  done
done`;

/** What they may say: the last, when its slot went and somebody else's of the same name came. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  register: /^(0 |1 .* registered already; .*|3 .* no such gateway .*)$/,
  start: /^(0 |3 .* no such gateway .*|1 .*: gateway-\w+: .*|1 .*: ended at once, .*)$/,
  unregister: /^(0 |3 .* no such gateway .*)$/,
};

liveTest("nobody sees half a slot while everything runs at once", async (boot) => {
  const { container, home } = await boot({});
  const before = await untilQuiet(container);
  for (const profile of ["kept", "p1", "p2", "p3"]) await home.add(profile, RUNNING);
  await ctlOk(container, ["register", "kept"]);
  const pid = await untilUp(container, "kept");

  const seconds = 4;
  let reconciles = 0;
  const reconcile = async () => {
    const end = performance.now() + seconds * 1000;
    for (; performance.now() < end; reconciles++) {
      const hook = await container.exec(["/etc/cont-init.d/02-reconcile-profiles"]);
      assertEquals(hook.code, 0, hook.stdout + hook.stderr);
    }
  };
  const churn = async (profile: string) => {
    const { stdout } = await container.exec(["sh", "-c", CHURN, "sh", `${seconds}`, profile], {
      user: "hermes",
    });
    return stdout.split("\n").slice(0, -1);
  };
  const [seen, ...said] = await Promise.all([
    observe(container, seconds * 1000),
    ...["p1", "p2", "p2", "p3"].map(churn),
    reconcile(),
  ]);
  // Where s6-supervise is hermes it makes what else is laid down for it.
  const own = SUPERVISION === "isolated" ? /\/(event|supervise\/control)$/ : /^$/;
  assertEquals(seen.missing.filter((path) => !own.test(path)), []);
  assertGreater(seen.rounds, 10);
  // More than default and kept: the others were there, too.
  assertGreater(seen.slots, 4);
  assertGreater(reconciles, 1);
  for (const line of said.flatMap((lines) => lines ?? [])) {
    const [, command = "", verdict = ""] = /^(\w+) (.*)$/.exec(line) ?? [];
    assertMatch(verdict, ALLOWED[command] ?? /^$/, line);
  }
  assertEquals(
    await untilUp(container, "kept"),
    pid,
    "a gateway that nobody touched was restarted",
  );
  for (const profile of ["kept", "p1", "p2", "p3"]) {
    await ctl(container, ["unregister", profile]);
    assertEquals(await processesOf(container, profile), []);
  }
  assertEquals(await inventory(container), before);
});
