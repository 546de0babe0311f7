import { assertEquals, assertStringIncludes } from "@std/assert";
import { writeBootRecord } from "../../lib/boot/record.ts";
import { gatherTreeFacts, type TreeOptions } from "../../lib/explain/tree_facts.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import { unregister } from "../../lib/slot/unregistered.ts";
import { Home, RUNNING, STOPPED } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const UP = { registered: true, supervised: true, status: null };
const MISSING = { registered: false, supervised: false, status: null };

function gather({ path, scandir }: Home, options: Partial<TreeOptions> = {}) {
  const registered = options.registered ?? [];
  return gatherTreeFacts({
    ...{ home: path, scandir, role: "other", rules: NO_RULES, registered },
    ask: (profiles) =>
      Promise.resolve(profiles.map((profile) => registered.includes(profile) ? UP : MISSING)),
    ...options,
  });
}

Deno.test("gatherTreeFacts() has every profile and every slot, with what is recorded", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  home.add("default", STOPPED);
  home.add("coder", RUNNING);
  home.add("Illegal", RUNNING);
  const { gateways } = await gather(home, { registered: ["coder", "gone"] });
  assertEquals(
    gateways.map(({ profile, present, registered, recorded: { state } }) => [
      ...[profile, present, registered, state],
    ]),
    [
      ["default", true, false, "stopped"],
      ["coder", true, true, "running"],
      ["gone", false, true, null],
    ],
  );
});

Deno.test("gatherTreeFacts() says that there is no scandir, no boot record, and no way to the profiles", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const facts = await gather(home);
  assertStringIncludes(facts.scandirProblem ?? "", home.scandir);
  assertStringIncludes(facts.bootProblem ?? "", "No such file");
  using locked = await lockScandir(home.scandir);
  writeBootRecord(locked, [], 1);
  const { scandirProblem, bootProblem, volumeProblem } = await gather(home);
  assertEquals([scandirProblem, bootProblem, volumeProblem], [undefined, undefined, undefined]);
  const long = Object.assign(Object.create(home), { path: `${home.path}/${"x".repeat(300)}` });
  assertStringIncludes((await gather(long)).volumeProblem ?? "", "too long");
});

Deno.test("gatherTreeFacts() knows who is elsewhere, served by another, and unregistered", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  for (const name of ["coder", "writer"]) home.add(name, RUNNING);
  using locked = await lockScandir(home.scandir);
  unregister(locked, "gateway-writer");
  const selection = parseSelection({ profiles: "default,writer" });
  const own = await gather(home, { rules: { selection, topology: "per-profile" } });
  assertEquals(own.gateways.map((one) => [one.notSelected !== undefined, one.unregistered]), [
    ...[[false, false], [true, false], [false, true]],
  ]);
  const one = await gather(home, { rules: { ...NO_RULES, topology: "one" } });
  assertEquals(one.gateways.map(({ served, wantedBy }) => [served, wantedBy]), [
    ...[[false, ["coder", "writer"]], [true, []], [true, []]],
  ]);
  const command = await gather(home, { role: "own-gateway" });
  assertEquals(command.gateways.map(({ served }) => served), [true, false, false]);
});
