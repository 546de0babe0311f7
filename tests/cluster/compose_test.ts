import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { renderCompose } from "../../lib/cluster/compose.ts";
import { workloadName } from "../../lib/cluster/name.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { toYaml } from "../../lib/cluster/yaml.ts";
import { parse } from "@std/yaml/parse";
import { judgeCompose } from "../_deploy.ts";
import { policies } from "./_policies.ts";
import { HOSTILE_PROFILES } from "./_profiles.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

const TOPOLOGY = { topology: "per-profile" } as const;

Deno.test("renderCompose() has a service a profile, with its limits, and none for who is skipped", () => {
  const { services, volumes }: Json = renderCompose([
    { profile: "coder", wanted: "running", ...TOPOLOGY },
    { profile: "my_bot", wanted: "stopped", ...TOPOLOGY },
    { profile: "My Bot", wanted: "skipped", ...TOPOLOGY },
  ], parsePolicy("profiles: [{ match: coder, limits: { cpu: 1500m, memory: 1.5Gi, x/y: 1 } }]"));
  assertEquals(Object.keys(services), ["hermes-coder", workloadName("my_bot"), "dashboard"]);
  const [coder, bot, dashboard]: Json[] = Object.values(services);
  assertEquals([coder.scale, bot.scale, dashboard.scale], [1, 0, undefined]);
  assertEquals(coder.environment.HERMES_GATEWAY_PROFILES, "coder");
  assertEquals(coder.deploy.resources, {
    limits: { cpus: "1.5", memory: "1610612736b" },
    reservations: { cpus: "0.1", memory: "268435456b" },
  });
  assertEquals(dashboard.environment.HERMES_GATEWAY_PROFILES, "none");
  assertEquals([volumes, bot.volumes], [{ home: {} }, ["home:/opt/data"]]);
  for (const { cap_drop, security_opt, user, read_only } of [coder, bot, dashboard]) {
    assertEquals([cap_drop, security_opt], [["ALL"], ["no-new-privileges:true"]]);
    assertEquals([user, read_only], ["10000:10000", true]);
  }
});

Deno.test("renderCompose() renders hostile profiles and policies to what the specification allows", () => {
  let judged = 0;
  for (const text of fc.sample(policies, { numRuns: 20, seed: 16 })) {
    let policy;
    try {
      policy = parsePolicy(text);
    } catch {
      continue; // what two entries say together may ask for more than it may take
    }
    const decisions = HOSTILE_PROFILES.map((profile) => ({
      profile,
      wanted: "running" as const,
      ...TOPOLOGY,
    }));
    const file: Json = parse(toYaml([renderCompose(decisions, policy)]));
    assertEquals(judgeCompose(file), null);
    assertEquals(Object.keys(file.services).length >= new Set(HOSTILE_PROFILES).size, true);
    judged++;
  }
  assert(judged >= 10);
});
