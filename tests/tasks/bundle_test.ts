import { assertEquals } from "@std/assert";
import { bundled, GATEWAYCTL_ENTRY } from "../../lib/image/scripts.ts";
import { STAGES } from "../../lib/image/stages.ts";
import { bundle } from "../_bundle.ts";
import { denoEnv } from "../_fixtures.ts";
import { run, TempDir } from "../_temp.ts";

Deno.test("deno task bundle makes one file of each program of the image, which needs no other module", async () => {
  using temp = new TempDir();
  bundle(temp.path);
  const entries = [
    ...STAGES.map(({ entry }) => entry),
    GATEWAYCTL_ENTRY,
    "tasks/_status/worker.ts",
  ];
  const files = entries.map(bundled);
  const { stdout } = await run("find", { args: ["tasks", "-type", "f"], cwd: temp.path });
  assertEquals(stdout.trim().split("\n").sort(), files.toSorted());
  const env = { ...denoEnv(), DENO_DIR: temp.mkdir("cache") };
  for (const file of files) {
    const path = `${temp.path}/${file}`;
    const args = ["info", "--json", `--config=${temp.path}/deno.json`, path];
    const { stdout } = await run(Deno.execPath(), { args, env });
    const modules: { specifier: string }[] = JSON.parse(stdout).modules;
    // What begins with "node:" is part of Deno.
    const others = modules.map(({ specifier }) => specifier).filter((one) => !/^node:/.test(one));
    assertEquals(others, [`file://${path}`]);
  }
});
