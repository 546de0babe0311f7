import { assertEquals } from "@std/assert";
import { planVolume } from "../../lib/boot/plan.ts";
import { decide } from "../../lib/cluster/decision.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import type { Topology } from "../../lib/rules/topology.ts";
import { Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

function decided(topology: Topology, profiles = "*"): string[] {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", STOPPED);
  home.add("coder", RUNNING);
  home.add("writer", STOPPED);
  home.add("fresh", undefined);
  home.add("My Bot", RUNNING);
  const rules = { selection: parseSelection({ profiles }), topology };
  const plan = planVolume(home.path, () => {}, { rules });
  return decide(plan.profiles, topology).map(({ profile, wanted, reason, failed, ...rest }) => {
    assertEquals([failed, rest.topology], [undefined, topology]);
    return `${profile} ${wanted}${reason === undefined ? "" : `: ${reason}`}`;
  });
}

Deno.test("decide() wants what stage 02 starts, keeps what it registers, and skips what it skips", () => {
  assertEquals(decided("per-profile", "[!w]*"), [
    "default stopped",
    "My Bot skipped: illegal profile name: expected [a-z0-9][a-z0-9_-]*",
    "coder running",
    "fresh stopped",
    "writer skipped: not selected: not in HERMES_GATEWAY_PROFILES",
  ]);
});

Deno.test("decide() has one workload where one gateway serves every profile, and says why", () => {
  assertEquals(decided("one"), [
    "default running: wanted by coder",
    "My Bot skipped: illegal profile name: expected [a-z0-9][a-z0-9_-]*",
    "coder skipped: the root profile's gateway serves it",
    "fresh skipped: the root profile's gateway serves it",
    "writer skipped: the root profile's gateway serves it",
  ]);
});

Deno.test("decide() tells an I/O error from a rule", () => {
  const action = {
    profile: "a",
    priorState: null,
    action: "skipped",
    priorExit: "unknown",
  } as const;
  const [failed, ruled] = decide([
    { action: { ...action, reason: "cannot list the directory: x", failed: true } },
    { action: { ...action, reason: "a symlink: expected a directory" } },
  ], "per-profile");
  assertEquals([failed?.failed, ruled?.failed], [true, undefined]);
});
