import { assertEquals } from "@std/assert";
import { renderSlot } from "../../lib/slot/render.ts";
import { readRunEnv } from "../../lib/slot/run_env.ts";
import { mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

Deno.test("readRunEnv() reads what a slot was registered with, and nothing of anything else", () => {
  using temp = new TempDir();
  const path = `${temp.path}/run`;
  assertEquals(readRunEnv(path), {});
  const extraEnv = { TOKEN: "x" };
  const { run } = renderSlot({ profile: "coder", home: "/opt/data", extraEnv });
  temp.write("run", run);
  assertEquals(readRunEnv(path), extraEnv);
  temp.write("run", `#!/bin/sh\n${run}`);
  assertEquals(readRunEnv(path), {});
  Deno.removeSync(path);
  mkfifo(path);
  assertEquals(readRunEnv(path), {});
});
