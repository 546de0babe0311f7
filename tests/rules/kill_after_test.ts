import { assertEquals, assertMatch } from "@std/assert";
import { readKillAfter } from "../../lib/rules/kill_after.ts";
import { TempDir } from "../_temp.ts";

const CASES: readonly [
  what: string,
  config: string | undefined,
  variable: string,
  seconds: number,
][] = [
  ["nothing", undefined, "", 60],
  ["a short time", "agent: {restart_drain_timeout: 20}\n", "", 60],
  ["a long time", "agent:\n  restart_drain_timeout: 180\n", "", 190],
  ["a time in quotes", 'agent: {restart_drain_timeout: "90.5"}\n', "", 100.5],
  ["the variable", "model: x\n", "120", 130],
  ["both: hermes takes the configuration's", "agent: {restart_drain_timeout: 70}\n", "900", 80],
  ["the key elsewhere", "gateway: {restart_drain_timeout: 900}\n", "", 60],
  ["no number", "agent: {restart_drain_timeout: soon}\n", "later", 60],
  ["a negative one", "agent: {restart_drain_timeout: -5}\n", "", 60],
  ["for ever", "agent: {restart_drain_timeout: .inf}\n", "", 4_000_000],
];

for (const [what, config, variable, seconds] of CASES) {
  Deno.test(`readKillAfter() goes by hermes's own setting: ${what}`, async () => {
    using temp = new TempDir();
    if (config !== undefined) temp.write("config.yaml", config);
    const warn = (message: string) => {
      throw new Error(message);
    };
    assertEquals(await readKillAfter(temp.path, variable, warn), seconds);
  });
}

Deno.test("readKillAfter() warns of a configuration that cannot be read, and goes by the variable", async () => {
  using temp = new TempDir();
  temp.write("config.yaml", "restart_drain_timeout: [secret\n");
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  assertEquals(await readKillAfter(temp.path, "100", warn), 110);
  assertMatch(warnings.join(), /config\.yaml: not YAML: [a-z ]+ about restart_drain_timeout$/);
});
