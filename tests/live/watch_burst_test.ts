import { assert } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { Home, liveTest } from "./_live.ts";
import { asHermes, MAKE, RUNNING, said, watched } from "./_watch.ts";

/** How many slots each sync so far has made. */
async function created(container: Container): Promise<number[]> {
  return (await said(container, "synced"))
    .map((line) => Number(/(\d+) created/.exec(line)?.[1] ?? 0)).filter((count) => count > 0);
}

for (const mode of ["shared", "isolated"]) {
  // s6-svscan 2.11 holds no more than 500 services, unless it is told to.
  const many = mode === "isolated" ? 1000 : 400;
  liveTest(`${mode}: the watcher settles a burst of ${many} profiles in one sync`, async () => {
    await using home = await Home.make({ default: RUNNING });
    await using container = await watched(home, mode);
    await asHermes(
      container,
      `${MAKE} i=0; while [ $i -lt ${many} ]; do make p$i stopped; i=$((i + 1)); done`,
    );
    // A busy machine may need a second try for a few.
    await until(`${many} slots`, async () => {
      const last = (await said(container, "synced in")).at(-1) ?? "";
      const counts = [...last.matchAll(/(\d+) (?:unchanged|created)/g)].map(([, n]) => Number(n));
      return counts.reduce((a, b) => a + b, 0) === many + 1;
    }, 240_000);
    const counts = await created(container);
    console.log(
      `syncs that made slots: ${counts}; ${(await said(container, "warning")).join("; ")}`,
    );
    assert(counts.length <= 2, `syncs: ${counts}`);
  });
}
