import { assert, assertEquals } from "@std/assert";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { liveTest, RUNNING } from "./_live.ts";

liveTest(
  "what is tested and measured runs from compiled code, as in the image",
  async (boot) => {
    const { container } = await boot({ default: RUNNING });
    const entry = `/opt/hermes-boot/${RECONCILE_PROFILES.entry}`;
    const { code, stderr } = await container.exec(
      ["deno", "run", "--cached-only", "--allow-all", "--log-level=debug", entry, "--dry-run"],
      { user: "hermes", env: { DENO_DIR: "/opt/hermes-boot/deno_dir", NO_COLOR: "1" } },
    );
    assertEquals(code, 0, stderr);
    const modules = (what: string) =>
      [...stderr.matchAll(new RegExp(`${what} V8 code cache for ES module: file:(\\S+),`, "g"))]
        .map(([, file]) => file);
    assertEquals(modules("Updating"), []);
    assert(stderr.split("V8 code cache hit for ES module: file:").length > 10, stderr);
    assertEquals(/Failed creating cache db.*/.exec(stderr), null);
  },
);
