import { assertEquals } from "@std/assert";
import { recorded, recorder } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

const SCRIPTS = {
  "etc/cont-init.d/02-reconcile-profiles": {},
  "etc/s6-overlay/s6-rc.d/profile-watch/run": { HERMES_PROFILE_WATCH: "1" },
};

/** Which flags a script starts Deno with, of those that allow it to run programs. */
async function runFlags(script: keyof typeof SCRIPTS, slotsRunAs: string): Promise<string[]> {
  using temp = new TempDir();
  const tree = new Tree(temp);
  tree.facts({ slots_run_as: slotsRunAs, hermes: "/usr/bin/hermes", ...SCRIPTS[script] });
  tree.fake("bin/env", recorder(`${temp.path}/env`));
  const { code, stderr } = await tree.run(script);
  assertEquals([code, stderr], [0, ""]);
  return recorded(`${temp.path}/env`).filter((word) => word.startsWith("--allow-run"))
    .map((flag) => flag.replaceAll(tree.path, ""));
}

for (const script of Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]) {
  Deno.test(`${script} may run mkfifo only where s6-supervise is root`, async () => {
    const mkfifo = "--allow-run=/usr/bin/mkfifo";
    const [root, hermes] = [await runFlags(script, "root"), await runFlags(script, "hermes")];
    assertEquals(root, [mkfifo, ...hermes]);
    assertEquals(hermes.some((flag) => flag.includes("mkfifo")), false);
    if (script.includes("02-")) assertEquals(hermes, []);
  });
}
