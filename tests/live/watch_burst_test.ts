import { assert } from "@std/assert";
import { until } from "../container/container.ts";
import { Home, liveTest } from "./_live.ts";
import { asHermes, MAKE, RUNNING, said, watched } from "./_watch.ts";

// s6-svscan 2.11 holds no more than 500 services, unless it is told to.
for (const [mode, many] of [["shared", 400], ["isolated", 1000]] as const) {
  liveTest(
    `${mode}: the watcher takes in ${many} profiles made at once in two syncs at most`,
    async () => {
      await using home = await Home.make({ default: RUNNING });
      await using container = await watched(home, mode);
      const loop = `i=0; while [ $i -lt ${many} ]; do make p$i stopped; i=$((i + 1)); done`;
      await asHermes(container, MAKE + loop);
      // A busy machine may need a second try for a few.
      await until(`${many} slots`, async () => {
        const last = (await said(container, "synced in")).at(-1) ?? "";
        const counts = [...last.matchAll(/(\d+) (?:unchanged|created)/g)].map(([, n]) => Number(n));
        return counts.reduce((a, b) => a + b, 0) === many + 1;
      }, 240_000);
      const syncs = (await said(container, "synced in")).filter((line) => / created/.test(line));
      console.log([...syncs, ...await said(container, "warning")].join("\n"));
      assert(syncs.length <= 2);
    },
  );
}
