import { assertEquals } from "@std/assert";
import { RECONCILE_PROFILES, type Stage, SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import { bundled, INSTALL_DIR } from "../../lib/image/scripts.ts";
import type { Container } from "../container/container.ts";
import { liveTest, RUNNING } from "./_live.ts";

/** Runs a stage from a cache: its one file came compiled. */
async function assertCompiled(
  container: Container,
  { entry, user }: Stage,
  cache: string,
  arg: string,
): Promise<void> {
  const script = `${INSTALL_DIR}/${bundled(entry)}`;
  const { code, stderr } = await container.exec(
    ["deno", "run", "--cached-only", "--allow-all", "--log-level=debug", script, arg],
    { user, env: { DENO_DIR: cache, NO_COLOR: "1" } },
  );
  assertEquals(code, 0, stderr);
  const said = [
    ...stderr.matchAll(/((?:Updating )?V8 code cache .*) ES module: file:\/\/([^\s,]+)/g),
  ]
    .map(([, what, file]) => [what, file]);
  assertEquals(said, [["V8 code cache hit for", script]]);
  assertEquals(/Failed creating cache db.*/.exec(stderr), null);
}

liveTest(
  "what is tested and measured runs from compiled code, as in the image, also what is root's",
  async (boot) => {
    const { container } = await boot({ default: RUNNING });
    const cache = "/opt/hermes-boot/deno_dir";
    await assertCompiled(container, RECONCILE_PROFILES, cache, "--dry-run");
    await assertCompiled(container, SUPERVISE_PERMS, `${cache}/root`, "--scandir=");
  },
);
