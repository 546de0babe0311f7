import { assert, assertEquals, assertMatch } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { Container, until } from "../container/container.ts";
import { Home, liveTest, SCANDIRS } from "./_live.ts";
import {
  asHermes,
  pidOf,
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
    `${mode}: the watcher touches nothing while profiles is away, and prunes when it is emptied`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, writer: RUNNING });
      await using container = await watched(home, mode);
      const names = ["default", "coder", "writer"];
      const before = await Promise.all(names.map((name) => untilUp(container, slot(name))));
      const watcher = await untilUp(container, SERVICE);
      const waits = async (why: string, spoil: string) => {
        const count = (await said(container, why)).length;
        await container.sh(`cd /opt/data && mv profiles away && ${spoil}`);
        await until(why, async () => (await said(container, why)).length > count, 30_000);
        const back = (await said(container, "is back")).length;
        await container.sh("cd /opt/data && rm -f profiles && mv away profiles");
        await until(
          "it is back",
          async () => (await said(container, "is back")).length > back,
          30_000,
        );
      };
      await waits("is missing", ":");
      await waits("is not a directory", "ln -s away profiles");
      await waits("is not a directory", "mkfifo profiles");
      assertEquals(await Promise.all(names.map((name) => pidOf(container, slot(name)))), before);
      assertEquals(await pidOf(container, SERVICE), watcher, "the watcher did not survive");
      assertEquals(await said(container, "pruned"), []);

      await asHermes(container, `rm -r ${PROFILES}/*`);
      await untilGone(container, slot("coder"));
      await untilGone(container, slot("writer"));
      assertEquals(await pidOf(container, slot("default")), before[0]);
    },
  );
}

liveTest("a profile that cannot be read keeps its gateway, with one warning", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await watched(home, "shared");
  const before = await untilUp(container, `${SHARED_SCANDIR}/gateway-coder`);
  await container.sh(`chmod 000 ${PROFILES}/coder`);
  const warned = () => said(container, "warning: coder: skipped: cannot list the directory");
  await until("a warning", async () => (await warned()).length > 0, 30_000);
  await until("a second try", async () => (await said(container, "1 failed")).length > 1, 30_000);
  assertEquals((await warned()).length, 1);
  await container.sh(`chmod 755 ${PROFILES}/coder; chmod 000 ${PROFILES}`);
  await untilSaid(container, "cannot read");
  await container.sh(`chmod 755 ${PROFILES}`);
  await untilSaid(container, "is back");
  assertEquals(await pidOf(container, `${SHARED_SCANDIR}/gateway-coder`), before);
});

for (
  const [what, env, command] of [
    ["with HERMES_GATEWAY_PROFILES=none", { HERMES_GATEWAY_PROFILES: " none " }, "true"],
    ["whose command is the dashboard", {}, "hermes dashboard"],
  ] as [string, Record<string, string>, string][]
) {
  liveTest(`in a container ${what} the watcher does nothing but wait`, async () => {
    await using home = await Home.make({ coder: RUNNING });
    const watch = { HERMES_PROFILE_WATCH: "1", HERMES_SUPERVISION: "shared" };
    await using container = await Container.start({ data: home.path, env: { ...watch, ...env } });
    await container.sh(
      'mkdir /run/s6/bin && printf "sleep infinity\\n" >/run/s6/bin/rc.init && ' +
        `{ sh -e /run/s6/bin/rc.init top ${command} >/dev/null 2>&1 & }`,
    );
    await container.boot();
    await untilSaid(container, "");
    assertMatch((await said(container, "")).join(), /info: [^\n]+: nothing to watch$/);
    assert(await pidOf(container, SERVICE) !== undefined);
    assertEquals((await container.sh(`ls -d ${SHARED_SCANDIR}/gateway-*`)).code, 2);
  });
}
