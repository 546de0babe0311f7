import { assertEquals, assertRejects } from "@std/assert";
import { ownValue, readConfig } from "../../lib/rules/config.ts";
import { TempDir } from "../_temp.ts";

Deno.test("readConfig() reads a configuration that has the key, and parses no other", async () => {
  using temp = new TempDir();
  const path = `${temp.path}/config.yaml`;
  await assertRejects(() => readConfig(path, "key"), Deno.errors.NotFound);
  temp.write("config.yaml", "agent: {key: 1}\n");
  assertEquals(await readConfig(path, "key"), { agent: { key: 1 } });
  temp.write("config.yaml", "agent: [secret\n");
  assertEquals(await readConfig(path, "key"), undefined);
  const error = await assertRejects(() => readConfig(path, "agent"), Error);
  assertEquals(error.message, "not YAML");
});

Deno.test("ownValue() finds a mapping's own keys only, in whatever it gets", () => {
  assertEquals(ownValue({ a: 1 }, "a"), 1);
  for (const value of [undefined, null, 1, "a", [], {}]) {
    assertEquals(ownValue(value, "toString"), undefined);
  }
});
