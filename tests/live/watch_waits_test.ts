import { assert, assertEquals, assertMatch } from "@std/assert";
import { SHARED_SCANDIR } from "../../lib/s6/places.ts";
import { Container } from "../container/container.ts";
import { Home, liveTest, SCANDIRS, status } from "./_live.ts";
import {
  asHermes,
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
  liveTest(
    `${mode}: the watcher touches nothing while profiles is away, and prunes when it is emptied`,
    async () => {
      await using home = await Home.make({ default: RUNNING, coder: RUNNING, writer: RUNNING });
      await using container = await watched(home, mode);
      const paths = ["default", "coder", "writer"].map((name) => `${scandir}/gateway-${name}`);
      const services = [SERVICE, ...paths];
      const before = await Promise.all(services.map((path) => untilUp(container, path)));
      for (const [index, spoil] of [":", "ln -s away profiles", "mkfifo profiles"].entries()) {
        await container.sh(`cd /opt/data && mv profiles away && ${spoil}`);
        await untilSaid(container, "nothing is done", index + 1);
        await container.sh("cd /opt/data && rm -f profiles && mv away profiles");
        await untilSaid(container, "is back", index + 1);
      }
      assertEquals((await said(container, "is missing")).length, 1);
      assertEquals((await said(container, "is not a directory")).length, 2);
      const now = await Promise.all(services.map((path) => status(container, path)));
      assertEquals(now.map(({ pid }) => pid), before);
      assertEquals(await said(container, "pruned"), []);

      await asHermes(container, `rm -r ${PROFILES}/*`);
      for (const path of paths.slice(1)) await untilGone(container, path);
      assertEquals((await status(container, paths[0]!)).pid, before[1]);
    },
  );
}

liveTest("a profile that cannot be read keeps its gateway, with one warning", async () => {
  await using home = await Home.make({ default: RUNNING, coder: RUNNING });
  await using container = await watched(home, "shared");
  const before = await untilUp(container, `${SHARED_SCANDIR}/gateway-coder`);
  await container.sh(`chmod 000 ${PROFILES}/coder`);
  await untilSaid(container, "1 failed", 2); // also at the second try
  const warned = await said(container, "warning: coder: skipped: cannot list the directory");
  assertEquals(warned.length, 1);
  await container.sh(`chmod 755 ${PROFILES}/coder; chmod 000 ${PROFILES}`);
  await untilSaid(container, "cannot read");
  await container.sh(`chmod 755 ${PROFILES}`);
  await untilSaid(container, "is back");
  assertEquals((await status(container, `${SHARED_SCANDIR}/gateway-coder`)).pid, before);
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
    assertMatch((await untilSaid(container, "")).join(), /info: [^\n]+: nothing to watch$/);
    assert((await status(container, SERVICE)).up);
    assertEquals((await container.sh(`ls -d ${SHARED_SCANDIR}/gateway-*`)).code, 2);
  });
}
