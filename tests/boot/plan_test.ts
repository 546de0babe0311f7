import { assertEquals, assertThrows } from "@std/assert";
import { type PlanOptions, planProfile, planVolume } from "../../lib/boot/plan.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { Home, RUNNING, runScript, STOPPED } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

/** What becomes of each profile, and whether it has a slot. */
function plan(home: Home, options: PlanOptions = {}): { lines: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const { profiles, error } = planVolume(home.path, (text) => void warnings.push(text), options);
  assertEquals(error, undefined);
  const lines = profiles.map(({ action: { profile, action }, slot, listing }) => {
    assertEquals(slot === undefined, listing === undefined);
    return `${profile} ${action} ${slot === undefined ? "none" : slot.down ? "down" : "up"}`;
  });
  return { lines, warnings };
}

Deno.test("planProfile() has no slot for a refused profile, and one that is up or down for another", () => {
  const listing = new Map();
  const refusal = { reason: "no", failed: true };
  const refused = planProfile({ profile: "a", refusal, listing }, "/h");
  assertEquals([refused.action.action, refused.action.failed, refused.slot], [
    ...["skipped", true, undefined],
  ]);
  for (const [priorState, down] of [["running", false], ["stopped", true], [null, true]] as const) {
    const memory = { priorState, priorExit: "clean" as const };
    const { slot, action } = planProfile({ profile: "a", memory, listing }, "/h");
    assertEquals([slot?.name, slot?.down, action.priorExit], ["gateway-a", down, "clean"]);
  }
});

Deno.test("planVolume() has default first, then the named profiles by name, legal or not, and writes nothing", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  home.add("b", RUNNING);
  home.add("a", STOPPED);
  home.add("A", RUNNING);
  temp.mkdir("home/profiles/no-profile");
  const before = snapshot(temp.path);
  assertEquals(plan(home), {
    lines: ["default started up", "A skipped none", "a registered down", "b started up"],
    warnings: [],
  });
  assertEquals(snapshot(temp.path), before);
});

Deno.test("planVolume() keeps down what another gateway serves, and reads nothing of what is not selected", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  home.add("a", RUNNING);
  home.add("b", "not JSON");
  const selection = parseSelection({ profiles: "default,a" });
  assertEquals(plan(home, { rules: { selection, multiplexed: true }, role: "own-gateway" }), {
    lines: ["default registered down", "a registered down", "b skipped none"],
    warnings: [],
  });
});

Deno.test("planVolume() as gateway-run counts a root profile without a state file as running", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  assertEquals(plan(home, { role: "gateway-run" }), {
    lines: ["default started up"],
    warnings: [],
  });
  home.add("default", STOPPED);
  assertEquals(plan(home, { role: "gateway-run" }).lines, ["default registered down"]);
});

Deno.test("planVolume() decides about the root profile even when profiles cannot be read", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  Deno.chmodSync(`${home.path}/profiles`, 0);
  const { stdout } = await runScript(
    `
    import { planVolume } from "../../lib/boot/plan.ts";
    const { profiles, error } = planVolume("${home.path}", () => {});
    console.log(profiles.map(({ action }) => action.action).join(), error.name);
    `,
    { capabilities: "none" },
  );
  assertEquals(stdout, "started PermissionDenied\n");
});

Deno.test({
  name: "planVolume() never swallows Deno's NotCapable",
  permissions: { read: false },
  fn() {
    const warnings: string[] = [];
    assertThrows(
      () => planVolume("/opt/data", (message) => warnings.push(message)),
      Deno.errors.NotCapable,
    );
    assertEquals(warnings, []);
  },
});
