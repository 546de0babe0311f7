import { assert, assertEquals, assertThrows } from "@std/assert";
import { type PlanOptions, planProfile, planVolume } from "../../lib/boot/plan.ts";
import { NO_RULES, readRules } from "../../lib/rules/rules.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { memberOf } from "../../lib/rules/shard.ts";
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

Deno.test("planProfile() has those that start wait for their turn where starts are paced, and no others", () => {
  const memory = { priorState: "running", priorExit: "clean" } as const;
  const waits = (options: PlanOptions, priorState = "running") =>
    planProfile(
      { profile: "a", memory: { ...memory, priorState }, listing: new Map() },
      "/h",
      options,
    )
      .slot?.waits ?? false;
  assertEquals([waits({}), waits({ paced: true }), waits({ paced: true }, "stopped")], [
    ...[false, true, false],
  ]);
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
  const rules = { selection: parseSelection({ profiles: "default,a" }), topology: "one" } as const;
  assertEquals(plan(home, { rules, role: "own-gateway" }), {
    lines: ["default registered down", "a registered down", "b skipped none"],
    warnings: [],
  });
});

/** What a plan says of each of three profiles, by the intents of default, a and b. */
async function folded(
  states: readonly [root?: string, a?: string, b?: string],
  facts: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const [i, name] of ["default", "a", "b"].entries()) home.add(name, states[i] ?? STOPPED);
  const one: Record<string, string> = { HERMES_GATEWAY_TOPOLOGY: "one", ...facts };
  const rules = await readRules(home.path, (name) => one[name], () => {});
  return planVolume(home.path, () => {}, { rules }).profiles.map(({ action, slot }) =>
    [action.profile, action.action, slot?.files.run.match(/MULTIPLEX_PROFILES=\w+/)?.[0].slice(19)]
      .join(" ") + (action.reason === undefined ? "" : `: ${action.reason}`)
  );
}

const SERVED = "served by the root profile's gateway";

Deno.test("planVolume() with one gateway starts the root profile's for whoever was running, and no other", async () => {
  const down = ["a registered false", "b registered false"];
  assertEquals(await folded([]), ["default registered true", ...down]);
  assertEquals(await folded([RUNNING]), ["default started true", ...down]);
  assertEquals(await folded([STOPPED, RUNNING]), [
    ...["default started true: wanted by a", `a registered false: ${SERVED}`, down[1]],
  ]);
  assertEquals(await folded([RUNNING, RUNNING, RUNNING]), [
    "default started true: wanted by a, b",
    ...["a", "b"].map((name) => `${name} registered false: ${SERVED}`),
  ]);
});

Deno.test("planVolume() with one gateway counts every intent where default is, whatever else is selected there", async () => {
  const here = [
    ...["default started true: wanted by a", `a registered false: ${SERVED}`, "b registered false"],
  ];
  const elsewhere = (why: string) => `skipped : not selected: ${why}`;
  const away = "not in HERMES_GATEWAY_PROFILES";
  assertEquals(await folded([STOPPED, RUNNING], { HERMES_GATEWAY_PROFILES: "default" }), here);
  assertEquals(await folded([STOPPED, RUNNING], { HERMES_GATEWAY_PROFILES: "a" }), [
    `default ${elsewhere(away)}`,
    `a ${elsewhere(`the root profile's gateway serves it, elsewhere: ${away}`)}`,
    `b ${elsewhere(away)}`,
  ]);
  const shards = await Promise.all(
    ["1/3", "2/3", "3/3"].map((HERMES_GATEWAY_SHARD) =>
      folded([STOPPED, RUNNING], { HERMES_GATEWAY_SHARD })
    ),
  );
  const owner = memberOf("default", 3) - 1;
  assertEquals(shards[owner], here);
  for (const lines of shards.toSpliced(owner, 1)) {
    assertEquals(lines.filter((line) => !line.includes(" skipped ")), []);
  }
});

Deno.test("planVolume() tells a root profile's gateway that is alone nothing about others", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", RUNNING);
  const rules = { ...NO_RULES, topology: "one" as const };
  const [root] = planVolume(home.path, () => {}, { rules }).profiles;
  assert(!root?.slot?.files.run.includes("MULTIPLEX"), root?.slot?.files.run);
});

Deno.test("planVolume() as gateway-run, or told to bootstrap, counts a root profile without a state file as running", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const ways = [{ role: "gateway-run" }, { bootstrap: true }] as const;
  for (const way of ways) {
    assertEquals(plan(home, way), { lines: ["default started up"], warnings: [] });
  }
  home.add("default", STOPPED);
  for (const way of ways) assertEquals(plan(home, way).lines, ["default registered down"]);
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
