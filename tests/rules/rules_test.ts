import type { ContainerRole } from "../../lib/rules/facts.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { RECONCILE_PROFILES } from "../../lib/image/stages.ts";
import { Home, RUNNING, runStage, STOPPED, visible } from "../_fixtures.ts";
import { exists, type Outcome, snapshot, TempDir } from "../_temp.ts";

interface Boot {
  env?: Record<string, string>;
  /** What the container is for. */
  role?: ContainerRole;
  args?: readonly string[];
  scandir?: string;
}

/** Runs 02 as its hook does. */
function boot(
  home: Home,
  { env = {}, role = "other", args = [], scandir }: Boot,
): Promise<Outcome> {
  const places = { home: home.path, scandir: scandir ?? home.scandir };
  return runStage(RECONCILE_PROFILES, places, { args, env: { ...env, role } });
}

/** What each profile's line says: its action, and its reason if there is one. */
function actions({ code, stdout }: Outcome): Record<string, string> {
  assertEquals(code, 0, stdout);
  const lines = stdout.matchAll(/profile=(\S+) .*action=(\w+)(?: reason="(.*)")?$/gm);
  return Object.fromEntries([...lines].map(([, name, action, reason]) => [
    ...[name, reason === undefined ? action : `${action}: ${reason}`],
  ]));
}

function makeHome(temp: TempDir, names = ["default", "coder", "team-a"]): Home {
  const home = new Home(temp);
  for (const name of names) home.add(name, RUNNING);
  return home;
}

Deno.test("a profile that is not selected is skipped: no slot, and its files are left alone", async () => {
  using temp = new TempDir();
  const home = makeHome(temp);
  const dir = home.add("unread", "{");
  Deno.writeTextFileSync(`${dir}/gateway.pid`, "1");
  const outcome = await boot(home, { env: { HERMES_GATEWAY_PROFILES: "default, team-*" } });
  const skipped = "skipped: not selected: not in HERMES_GATEWAY_PROFILES";
  assertEquals(actions(outcome), {
    ...{ default: "started", coder: skipped, "team-a": "started", unread: skipped },
  });
  assertEquals(outcome.stderr, "");
  assertEquals(visible(home.scandir), ["gateway-default", "gateway-team-a"]);
  assert(exists(`${dir}/gateway.pid`));
});

Deno.test("two containers on one home have every profile in exactly one of them", async () => {
  using temp = new TempDir();
  const names = Array.from({ length: 12 }, (_, i) => `p${i}`);
  const home = makeHome(temp, ["default", ...names]);
  const slots: string[][] = [];
  for (const shard of ["1/2", "2/2"]) {
    const scandir = `${temp.path}/scandir-${slots.length}`;
    actions(await boot(home, { env: { HERMES_GATEWAY_SHARD: shard }, scandir }));
    slots.push(visible(scandir));
  }
  assert(slots.every((some) => some.length > 0));
  assertEquals(
    slots.flat().sort(),
    ["default", ...names].map((name) => `gateway-${name}`).sort(),
  );
});

for (
  const env of [{ HERMES_GATEWAY_PROFILES: "a,,b" }, { HERMES_GATEWAY_SHARD: "0/5" }] as const
) {
  Deno.test(`a malformed selection is refused with one line: ${JSON.stringify(env)}`, async () => {
    using temp = new TempDir();
    const home = makeHome(temp);
    const before = snapshot(home.path);
    const { code, stdout, stderr } = await boot(home, { env });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^reconcile: error: HERMES_GATEWAY_\w+: expected [^\n]*\n$/);
    assertEquals(snapshot(home.path), before);
    assert(!exists(home.scandir));
  });
}

Deno.test("with one gateway named profiles register down whatever their state, however that is said", async () => {
  const reason = "registered: served by the root profile's gateway";
  for (
    const [env, config] of [
      [{ GATEWAY_MULTIPLEX_PROFILES: "yes" }],
      [{ HERMES_GATEWAY_TOPOLOGY: "one" }, "multiplex_profiles: false\n"],
      [{ hermes_version: "0.21.4" }],
      [{}, "multiplex_profiles: true\n"],
      [{}, "gateway:\n  multiplex_profiles: true\n"],
    ] as [env: Record<string, string>, config?: string][]
  ) {
    using temp = new TempDir();
    const home = makeHome(temp);
    if (config !== undefined) temp.write("home/config.yaml", config);
    assertEquals(actions(await boot(home, { env })), {
      ...{ default: "started: wanted by coder, team-a", coder: reason, "team-a": reason },
    });
    assert(exists(`${home.slot("coder")}/down`));
    assert(!exists(`${home.slot("default")}/down`));
  }
});

Deno.test("a root profile is seeded as running for HERMES_GATEWAY_BOOTSTRAP_STATE, once, and for no other word", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, ["coder"]);
  const path = `${home.path}/gateway_state.json`;
  const other = await boot(home, { env: { HERMES_GATEWAY_BOOTSTRAP_STATE: "up" } });
  assertEquals([actions(other).default, exists(path)], ["registered", false]);
  const [warning] = other.stderr.split("\n");
  assertMatch(
    warning ?? "",
    /^reconcile: warning: HERMES_GATEWAY_BOOTSTRAP_STATE: expected running/,
  );
  const env = { HERMES_GATEWAY_BOOTSTRAP_STATE: "running" };
  const first = await boot(home, { env });
  assertEquals([actions(first).default, first.stderr], ["started", ""]);
  assertEquals(Deno.readTextFileSync(path), '{"gateway_state":"running"}\n');
  Deno.writeTextFileSync(path, STOPPED);
  assertEquals(actions(await boot(home, { env })).default, "registered");
  assertEquals(Deno.readTextFileSync(path), STOPPED);
});

Deno.test("a container whose command is the dashboard reconciles nothing and says so", async () => {
  using temp = new TempDir();
  const home = makeHome(temp);
  const before = snapshot(home.path);
  const { code, stdout, stderr } = await boot(home, { role: "dashboard" });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^reconcile: [^\n]*dashboard[^\n]*\n$/);
  assertEquals(snapshot(home.path), before);
  assert(!exists(home.scandir));
});

Deno.test("an upgraded container keeps serving: its root profile is seeded as running, once", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, ["coder"]);
  const first = await boot(home, { role: "gateway-run" });
  assertEquals([actions(first).default, first.stderr], ["started", ""]);
  const path = `${home.path}/gateway_state.json`;
  assertEquals(JSON.parse(Deno.readTextFileSync(path)).desired_state, "running");
  Deno.writeTextFileSync(path, STOPPED);
  assertEquals(actions(await boot(home, { role: "gateway-run" })).default, "registered");
  assertEquals(Deno.readTextFileSync(path), STOPPED);
});

Deno.test("no state is seeded without the command, without s6, or for a profile not selected", async () => {
  for (
    const options of [
      {},
      { role: "own-gateway" },
      { role: "gateway-run", env: { HERMES_GATEWAY_PROFILES: "coder" } },
    ] as const
  ) {
    using temp = new TempDir();
    const home = makeHome(temp, ["coder"]);
    const { default: action = "" } = actions(await boot(home, options));
    assertMatch(action, /^(registered|skipped: not selected.*)$/);
    assert(!exists(`${home.path}/gateway_state.json`));
  }
});

Deno.test("a root profile whose gateway is the container's command stays down, the others start", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, ["coder"]);
  Deno.writeTextFileSync(`${home.path}/gateway_state.json`, RUNNING);
  assertEquals(actions(await boot(home, { role: "own-gateway" })), {
    default: "registered: the container's command is its gateway",
    coder: "started",
  });
  assert(exists(`${home.slot("default")}/down`));
});

Deno.test("a dry run says what an upgraded container would do, and writes nothing", async () => {
  using temp = new TempDir();
  const home = makeHome(temp, ["coder"]);
  const before = snapshot(home.path);
  const outcome = await boot(home, { role: "gateway-run", args: ["--dry-run"] });
  assertEquals(actions(outcome), { default: "started", coder: "started" });
  assertEquals([outcome.stderr, snapshot(home.path)], ["", before]);
});
