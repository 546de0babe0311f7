import { assert, assertEquals } from "@std/assert";
import { type Call, drive, fails, fakePrograms, processes, untilReady } from "./_drive.ts";
import { bootContainer, Home, liveTest, status } from "./_live.ts";

const SLOT = "gateway-coder";
const RUNNING = { desired_state: "running" };

const HANGING: [program: string, call: Call][] = [
  ["s6-svc", ["start", "coder"]],
  ["s6-svc", ["stop", "coder"]],
  ["s6-svc", ["restart", "coder"]],
  ["s6-svc", ["unregisterProfileGateway", "coder"]],
  ["s6-svstat", ["status", "coder"]],
  ["s6-svok", ["start", "coder"]],
  ["s6-svscanctl", ["registerProfileGateway", "writer"]],
];

liveTest("a program of s6 that hangs is killed, and the caller is told in time", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  await Promise.all(HANGING.map(async ([program, call]) => {
    const bin = await fakePrograms(container, { [program]: `exec sleep 86.${program.length}` });
    const { error, ms } = await fails(container, call, { bin, timeoutMs: 200 });
    assertEquals([error.name, error["timeoutMs"]], ["S6TimeoutError", 200], call.join(" "));
    assert(ms >= 200 && ms < 9000, `${call.join(" ")} took ${ms} ms`);
  }));
  const hanging = [...(await processes(container)).values()].filter((c) =>
    c.startsWith("sleep 86")
  );
  assertEquals(hanging, []);
  assertEquals((await status(container, SLOT)).up, true);
});

liveTest("a program of s6 that is missing or cannot be run is an S6CommandError", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  await container.sh("mkdir /tmp/nothing /tmp/unusable && cd /tmp/unusable && touch s6-svstat");
  for (const bin of ["/tmp/nothing", "/tmp/unusable"]) {
    const { error } = await fails(container, ["status", "coder"], { bin });
    assertEquals(
      [error.name, error["exitCode"], error["service"]],
      ["S6CommandError", 127, SLOT],
    );
    assertEquals((error["command"] as string[])[0], "s6-svstat");
  }
});

liveTest("a permission that is missing is never swallowed", async () => {
  await using home = await Home.make({ coder: { state: RUNNING } });
  await using container = await bootContainer(home);
  await untilReady(container, home, "coder");
  for (
    const [without, call] of [
      ["run", ["status", "coder"]],
      ["run", ["unregisterProfileGateway", "coder"]],
      ["write", ["start", "coder"]],
      ["read", ["stop", "coder"]],
      ["write", ["registerProfileGateway", "writer"]],
    ] satisfies ["run" | "read" | "write", Call][]
  ) {
    const [outcome] = await drive(container, [call], { without });
    assertEquals([outcome?.error?.name, outcome?.warnings], ["NotCapable", []], call.join(" "));
  }
});
