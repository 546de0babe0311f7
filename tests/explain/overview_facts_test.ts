import { assertEquals, assertStringIncludes } from "@std/assert";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { RUNNING, STOPPED } from "../_fixtures.ts";
import { ME, processes, statusBytes, World } from "./_world.ts";

const RUN = ["gateway", "run", "--replace"];

/** What is found of one, in brief. */
function find(world: World, profile: string, options: Parameters<World["gather"]>[0] = {}) {
  return world.gather(options).gateways.filter((one) => one.profile === profile);
}

Deno.test("gatherOverview() finds the root profile first, then every profile and slot, each once", () => {
  using world = new World();
  world.home.add("writer", RUNNING);
  world.home.add("coder", RUNNING);
  for (const slot of ["coder", "default", "gone", "Illegal"]) world.slot(slot);
  world.temp.mkdir("scandir/dashboard");
  world.temp.write("home/profiles/file");
  assertEquals(
    world.gather().gateways.map(({ profile, found, slot }) => [profile, found, slot]),
    [
      ["default", "profile", "directory"],
      ["coder", "profile", "directory"],
      ["gone", "nothing", "directory"],
      ["writer", "profile", "none"],
    ],
  );
});

Deno.test("gatherOverview() tells what keeps an entry of profiles from being a profile", () => {
  using world = new World();
  const { path } = world.home;
  world.home.add("coder");
  world.home.add("My Bot");
  world.home.add("default");
  world.temp.mkdir("home/profiles/default");
  world.temp.write("home/profiles/default/SOUL.md");
  world.temp.mkdir("home/profiles/soulless");
  world.temp.mkdir("home/profiles/.hidden");
  world.temp.mkdir("elsewhere");
  world.temp.write("elsewhere/SOUL.md");
  Deno.symlinkSync("coder", `${path}/profiles/link`);
  Deno.symlinkSync(`${world.temp.path}/elsewhere`, `${path}/profiles/out`);
  Deno.symlinkSync("nowhere", `${path}/profiles/broken`);
  const { gateways } = world.gather();
  assertEquals(
    gateways.map(({ profile, found, problem, freeName, target }) => [
      ...[profile, found, problem !== undefined, freeName, target?.isProfile],
    ]),
    [
      ["default", "profile", false, undefined, undefined],
      ["My Bot", "profile", true, "my-bot", undefined],
      ["coder", "profile", false, undefined, undefined],
      ["link", "symlink", false, undefined, true],
      ["out", "symlink", false, undefined, false],
      ["soulless", "no SOUL.md", false, undefined, undefined],
      ["default", "reserved", false, "default-2", undefined],
    ],
  );
  assertEquals(gateways.at(-1)?.dir, `${path}/profiles/default`);
  assertEquals(gateways[0]?.dir, path);
});

Deno.test({
  name: "gatherOverview() finds a directory that hermes cannot look into, and what lets it in",
  ignore: Deno.uid() === 0, // root looks into everything
  fn() {
    using world = new World();
    const dir = world.home.add("coder");
    Deno.chmodSync(dir, 0);
    const [facts] = find(world, "coder");
    assertEquals([facts?.found, facts?.obstacle?.help], ["unreadable", `chmod u+rwx ${dir}`]);
  },
});

Deno.test("gatherOverview() reads what is recorded, and nothing of a name that is not legal", () => {
  using world = new World();
  world.home.add("coder", STOPPED);
  world.home.add("My Bot", RUNNING);
  assertEquals(find(world, "coder")[0]?.recorded.state, "stopped");
  assertEquals(find(world, "My Bot")[0]?.recorded.state, null);
});

Deno.test("gatherOverview() finds gateways past s6, but of none that somebody else serves", () => {
  using world = new World();
  world.home.add("coder", RUNNING);
  const found = processes({
    8: [1, "S", "hermes", "-p", "coder", ...RUN],
    9: [1, "S", "hermes", ...RUN],
  });
  assertEquals(find(world, "coder", { processes: found })[0]?.strays, [8]);
  const [root] = find(world, "default", { processes: found, role: "own-gateway" });
  assertEquals([root?.strays, root?.served?.up], [[], true]);
});

Deno.test("gatherOverview() has the root gateway serve all, and run for those that are to run", () => {
  using world = new World();
  world.home.add("coder", RUNNING);
  world.home.add("still", STOPPED);
  world.slot("default", statusBytes(6));
  const rules = { ...NO_RULES, topology: "one" } as const;
  const tree = processes({
    5: [1, "S", "s6-supervise", "gateway-default"],
    6: [5, "S", "hermes", ...RUN],
  });
  const [root, coder] = world.gather({ rules, processes: tree }).gateways;
  assertEquals([root?.wantedBy, root?.served], [["coder"], undefined]);
  assertEquals(coder?.served, { by: "the root profile's gateway", up: true });
  assertEquals(find(world, "coder", { rules })[0]?.served?.up, true);
  assertEquals(find(world, "coder")[0]?.served, undefined);
});

Deno.test("gatherOverview() says who has what is not here", () => {
  using world = new World();
  world.home.add("coder");
  const selection = parseSelection({ profiles: "default" });
  const [facts] = find(world, "coder", { rules: { ...NO_RULES, selection } });
  assertEquals(facts?.away?.rule, "not-selected");
});

Deno.test("gatherOverview() finds what is full: a file system, or s6-svscan, with the variable's value", () => {
  using world = new World();
  const { scandir } = world.home;
  const space = [{ path: "/a", freeBytes: 1e9, freeInodes: undefined }];
  const full = (
    more: (typeof space)[0] | { path: string; freeBytes: number; freeInodes: number },
  ) => world.gather({ processes: { ...processes({}), space: [...space, more] } }).container.full;
  assertEquals(full({ path: "/b", freeBytes: 1e9, freeInodes: 1 }), undefined);
  assertEquals(full({ path: "/b", freeBytes: 4096, freeInodes: 9 }), "no space is left for /b");
  assertStringIncludes(full({ path: "/b", freeBytes: 1e9, freeInodes: 0 }) ?? "", "no more files");
  const capacity = { scandir, max: 1, countsLoggers: true };
  const { noRoom } = world.gather({ capacity, mode: "isolated", shard: "1/2" }).container;
  assertStringIncludes(noRoom?.help ?? "", 'HERMES_GATEWAY_SHARD is "1/2" here: ');
  assertEquals(world.gather({ capacity: { ...capacity, max: 9 } }).container.noRoom, undefined);
});

Deno.test("gatherOverview() says what it could not read, and goes on", () => {
  using world = new World();
  const { container, gateways } = world.gather({ scandir: `${world.temp.path}/nowhere` });
  assertStringIncludes(container.scandirProblem ?? "", "/nowhere: ");
  assertEquals(gateways.map(({ profile }) => profile), ["default"]);
  assertEquals(world.gather().container.scandirProblem, undefined);
});

Deno.test("gatherOverview() knows of a name that is nowhere, and does not leave profiles for it", () => {
  using world = new World();
  const { unknown } = world.gather({ hermes: ME });
  for (const name of ["nowhere", "", "..", "../x", "a/b", ".hidden"]) {
    const { profile, found, slot, recorded } = unknown(name);
    assertEquals([profile, found, slot, recorded.state], [name, "nothing", "none", null]);
  }
});
