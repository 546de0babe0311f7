import { assertEquals, assertMatch } from "@std/assert";
import {
  foldIntents,
  knowsOnlyOne,
  readTopology,
  type Topology,
} from "../../lib/rules/topology.ts";
import { TempDir } from "../_temp.ts";

/** What is read of these facts and this config.yaml, and what is warned of. */
async function read(facts: Readonly<Record<string, string>>, config?: string) {
  using temp = new TempDir();
  if (config !== undefined) temp.write("config.yaml", config);
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const topology = await readTopology(temp.path, (name) => facts[name], warn);
  return { topology, warnings };
}

const silent = (topology: Topology) => ({ topology, warnings: [] });
const ON = "multiplex_profiles: true\n";
const NESTED = "gateway:\n  multiplex_profiles: true\n";
const OFF = "multiplex_profiles: false\n";

Deno.test("knowsOnlyOne() is true from 0.21.4 on, and false where the version is not known", () => {
  for (const version of ["0.21.4", "0.21.4.1", "0.21.10", "0.22", "0.100.0", "1", "1.0.0"]) {
    assertEquals(knowsOnlyOne(version), true, version);
  }
  for (const version of ["", "0.21.3", "0.21", "0.9.99", "0", "latest", "v0.21.4", "0.21.4\n"]) {
    assertEquals(knowsOnlyOne(version), false, version);
  }
});

Deno.test("readTopology() goes by hermes's version, and without one by per-profile", async () => {
  assertEquals(await read({}), silent("per-profile"));
  assertEquals(await read({ hermes_version: "0.21.3" }), silent("per-profile"));
  assertEquals(await read({ hermes_version: "0.21.4" }), silent("one"));
});

Deno.test("readTopology() has its variable beat hermes's, and that beat config.yaml, at either place", async () => {
  const [topology, multiplex] = ["HERMES_GATEWAY_TOPOLOGY", "GATEWAY_MULTIPLEX_PROFILES"];
  for (const config of [ON, NESTED]) {
    assertEquals(await read({}, config), silent("one"));
    assertEquals(await read({ [multiplex]: "no" }, config), silent("per-profile"));
    assertEquals(
      await read({ [topology]: "per-profile", [multiplex]: "yes" }, config),
      silent("per-profile"),
    );
  }
  assertEquals(await read({}, OFF), silent("per-profile"));
  assertEquals(await read({ [multiplex]: "1" }, OFF), silent("one"));
  assertEquals(await read({ [topology]: " one ", [multiplex]: "0" }, OFF), silent("one"));
});

Deno.test("readTopology() warns of what is illegible, and goes on to the next", async () => {
  const facts = { HERMES_GATEWAY_TOPOLOGY: "One", GATEWAY_MULTIPLEX_PROFILES: "perhaps" };
  const { topology, warnings } = await read(facts, ON);
  assertEquals([topology, warnings.length], ["one", 2]);
  assertMatch(warnings[0] ?? "", /^HERMES_GATEWAY_TOPOLOGY: expected one or per-profile/);
  assertMatch(warnings[1] ?? "", /^GATEWAY_MULTIPLEX_PROFILES: expected true or false/);
  const last = await read({ ...facts, hermes_version: "0.21.4" }, "multiplex_profiles: perhaps\n");
  assertEquals([last.topology, last.warnings.length], ["one", 3]);
});

Deno.test("readTopology() gives a hermes that knows only one what it knows, and warns if it was asked for more", async () => {
  for (
    const [facts, config] of [
      [{ HERMES_GATEWAY_TOPOLOGY: "per-profile" }],
      [{ GATEWAY_MULTIPLEX_PROFILES: "off" }],
      [{}, OFF],
    ] as [Record<string, string>, string?][]
  ) {
    const { topology, warnings } = await read({ ...facts, hermes_version: "0.22.0" }, config);
    assertEquals([topology, warnings], [
      "one",
      ["hermes 0.22.0 has one gateway for all profiles: no gateway per profile"],
    ]);
  }
});

Deno.test("foldIntents() has the root profile's gateway run for named profiles, where it serves them", () => {
  const profiles = [
    { profile: "default", state: "running" },
    { profile: "coder", state: "running" },
    { profile: "writer", state: "stopped" },
    { profile: "fresh", state: null },
  ];
  assertEquals(foldIntents(profiles, "one"), ["coder"]);
  assertEquals(foldIntents(profiles, "per-profile"), []);
});
