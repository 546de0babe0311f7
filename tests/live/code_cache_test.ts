import { assert, assertEquals } from "@std/assert";
import { RECONCILE_PROFILES, type Stage, SUPERVISE_PERMS } from "../../lib/image/stages.ts";
import type { Container } from "../container/container.ts";
import { liveTest, RUNNING } from "./_live.ts";

/** Runs a stage from a cache: how many modules came compiled; nothing was compiled anew. */
async function assertCompiled(
  container: Container,
  { entry, user }: Stage,
  cache: string,
  arg: string,
): Promise<number> {
  const script = `/opt/hermes-boot/${entry}`;
  const { code, stderr } = await container.exec(
    ["deno", "run", "--cached-only", "--allow-all", "--log-level=debug", script, arg],
    { user, env: { DENO_DIR: cache, NO_COLOR: "1" } },
  );
  assertEquals(code, 0, stderr);
  const modules = (what: string) =>
    [...stderr.matchAll(new RegExp(`${what} V8 code cache for ES module: file:(\\S+),`, "g"))]
      .map(([, file]) => file);
  assertEquals(modules("Updating"), []);
  assertEquals(/Failed creating cache db.*/.exec(stderr), null);
  return stderr.split("V8 code cache hit for ES module: file:").length - 1;
}

liveTest(
  "what is tested and measured runs from compiled code, as in the image, also what is root's",
  async (boot) => {
    const { container } = await boot({ default: RUNNING });
    const cache = "/opt/hermes-boot/deno_dir";
    assert(await assertCompiled(container, RECONCILE_PROFILES, cache, "--dry-run") > 9);
    assert(await assertCompiled(container, SUPERVISE_PERMS, `${cache}/root`, "--scandir=") > 4);
  },
);
