import { assert, assertEquals } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { bootContainer, Home, liveTest, SCANDIRS, untilStatus } from "./_live.ts";
import {
  asHermes,
  MAKE,
  pidOf,
  PROFILES,
  RUNNING,
  said,
  SERVICE,
  untilGone,
  untilSaid,
  untilSaidOnce,
  untilUp,
  watched,
} from "./_watch.ts";

for (const [mode, scandir] of Object.entries(SCANDIRS)) {
  const slot = (profile: string) => `${scandir}/gateway-${profile}`;

  liveTest(
    `${mode}: the watcher brings up a profile made on the disk within 3 s, and takes away one that is removed`,
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
      assert(Math.min(...times) < 3000, `up after ${times} ms`);
      await asHermes(container, `rm -r ${PROFILES}/gone`);
      await untilGone(container, slot("gone"));
      assertEquals(await pidOf(container, slot("coder")), before, "another gateway was touched");
      await untilSaidOnce(container, "a: created, starts");
      await untilSaidOnce(container, "gone: pruned: no such profile");
      assertEquals(await said(container, "warning"), []);
    },
  );

  liveTest(
    `${mode}: after kill -9 the watcher is back, with what came and went meanwhile`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, gone: RUNNING });
      await using container = await watched(home, mode);
      const [coder, watcher] = [
        await untilUp(container, slot("coder")),
        await untilUp(container, SERVICE),
      ];
      await untilUp(container, slot("gone"));
      await container.sh(`kill -STOP ${watcher}`);
      await asHermes(container, `${MAKE} make late running && rm -r gone`);
      await container.sh(`kill -9 ${watcher}`);
      await untilUp(container, SERVICE, watcher);
      await untilUp(container, slot("late"));
      await untilGone(container, slot("gone"));
      assertEquals(await pidOf(container, slot("coder")), coder);
    },
  );
}

liveTest("the watcher goes by the selection and by multiplexing", async () => {
  await using home = await Home.make({ default: RUNNING });
  const env = {
    HERMES_PROFILE_WATCH: "yes",
    HERMES_GATEWAY_PROFILES: "default,team-*",
    GATEWAY_MULTIPLEX_PROFILES: "1",
  };
  await using container = await bootContainer(home, {
    env: { ...env, HERMES_SUPERVISION: "shared" },
  });
  await untilSaid(container, "synced");
  await asHermes(
    container,
    `${MAKE} make team-a running && make other running && make 'Bad Name' x`,
  );
  await untilStatus(
    container,
    `${SHARED_SCANDIR}/gateway-team-a`,
    "supervised",
    () => true,
    30_000,
  );
  await untilSaidOnce(container, "team-a: created, down");
  await untilSaidOnce(container, "info: other: skipped: not selected");
  await untilSaidOnce(container, "info: Bad Name: skipped: illegal profile name");
  assertEquals((await container.sh(`ls -d ${SHARED_SCANDIR}/gateway-other`)).code, 2);
});
