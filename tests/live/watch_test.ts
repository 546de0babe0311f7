import { assert, assertEquals } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { Home, liveTest, SCANDIRS, status } from "./_live.ts";
import {
  asHermes,
  MAKE,
  PROFILES,
  RUNNING,
  said,
  SERVICE,
  untilGone,
  untilSaid,
  untilUp,
  watched,
} from "./_watch.ts";

for (const [mode, scandir] of Object.entries(SCANDIRS)) {
  const slot = (profile: string) => `${scandir}/gateway-${profile}`;

  liveTest(
    `${mode}: the watcher brings up a new profile within 2 s, and takes away one that is removed`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
      await using container = await watched(home, mode);
      const before = await untilUp(container, slot("coder"));
      const times: number[] = [];
      // The fastest of three: the machine may be busy.
      for (const name of ["a", "b", "c"]) {
        const startedAt = performance.now();
        await asHermes(container, `${MAKE} make ${name} running`);
        await untilUp(container, slot(name));
        times.push(Math.round(performance.now() - startedAt));
      }
      console.log(`up after ${times.join(", ")} ms`);
      assert(Math.min(...times) < 2000, `up after ${times} ms`);
      await asHermes(container, `rm -r ${PROFILES}/gone`);
      await untilGone(container, slot("gone"));
      assertEquals((await status(container, slot("coder"))).pid, before, "it was touched");
      for (const words of ["a: created, starts", "gone: pruned: no such profile"]) {
        assertEquals((await untilSaid(container, words)).length, 1, words);
      }
      assertEquals(await said(container, "warning"), []);
    },
  );

  liveTest(
    `${mode}: after kill -9 the watcher is back, with what came and went meanwhile`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
      await using container = await watched(home, mode);
      const coder = await untilUp(container, slot("coder"));
      const watcher = await untilUp(container, SERVICE);
      await container.sh(`kill -STOP ${watcher}`);
      await asHermes(container, `${MAKE} make late running && rm -r gone`);
      await container.sh(`kill -9 ${watcher}`);
      await untilUp(container, SERVICE, watcher);
      await untilUp(container, slot("late"));
      await untilGone(container, slot("gone"));
      assertEquals((await status(container, slot("coder"))).pid, coder);
    },
  );
}

liveTest("the watcher goes by the selection, and by whether one gateway serves all", async () => {
  const selection = { HERMES_GATEWAY_PROFILES: "default,team-*" };
  for (
    const [env, team, other] of [
      [selection, "created, starts", "skipped: not selected"],
      [{ ...selection, HERMES_GATEWAY_TOPOLOGY: "one" }, "created, down", "created, down"],
    ] as const
  ) {
    await using home = await Home.make({ default: RUNNING });
    await using container = await watched(home, "shared", { env });
    const names = ["team-a", "other", "'Bad Name'"];
    await asHermes(container, MAKE + names.map((name) => `make ${name} running`).join(" && "));
    for (const words of [`team-a: ${team}`, `other: ${other}`, "Bad Name: skipped: illegal"]) {
      assertEquals((await untilSaid(container, `info: ${words}`)).length, 1, words);
    }
    const { code } = await container.sh(`ls -d ${SHARED_SCANDIR}/gateway-other`);
    assertEquals(code, other === "created, down" ? 0 : 2);
  }
});
