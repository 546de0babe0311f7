import { assertEquals } from "@std/assert";
import { STAGES } from "../../lib/image/stages.ts";
import { vendor } from "../../tasks/vendor.ts";
import { denoEnv, REPO } from "../_fixtures.ts";
import { run, runSync, TempDir } from "../_temp.ts";

const ENTRIES = [...STAGES.map(({ entry }) => entry), "tasks/gatewayctl.ts", "mod.ts"];

Deno.test("vendor() copies every package that the image's programs import, so that they need no npm", async () => {
  using temp = new TempDir();
  const parts = ["lib", "tasks", "mod.ts", "rootfs/opt/hermes-boot/deno.json"];
  runSync("cp", "-R", ...parts.map((part) => `${REPO}/${part}`), temp.path);
  vendor(temp.path);
  const env = { ...denoEnv(), DENO_DIR: temp.mkdir("cache") };
  for (const entry of ENTRIES) {
    const config = `--config=${temp.path}/deno.json`;
    const args = ["info", "--json", config, `${temp.path}/${entry}`];
    const { stdout } = await run(Deno.execPath(), { args, env });
    for (const { specifier, error, dependencies = [] } of JSON.parse(stdout).modules) {
      const errors = [{ error }, ...dependencies.map(({ code = {} }) => code)]
        .flatMap(({ error }) => error ?? []);
      // What begins with "node:" is part of Deno.
      const isHere = specifier.startsWith(`file://${temp.path}/`) || specifier.startsWith("node:");
      assertEquals([isHere, errors], [true, []], specifier);
    }
  }
});
