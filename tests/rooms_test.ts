import { assert, assertEquals } from "@std/assert";
import { REPO } from "./_fixtures.ts";

/** The rooms of lib/; a module imports from its own room and from those below. */
const ROOMS = [
  ...["status", "image", "cluster", "explain", "control", "boot", "slot", "s6", "rules", "profile"],
];

/** The modules whose every export is pure: they touch nothing. Only there a function is called so. */
const PURE = [
  "_errors",
  "_owner",
  "_quote",
  "boot/action",
  "cluster/_sha256",
  "cluster/changes",
  "cluster/compose",
  "cluster/name",
  "cluster/pod",
  "cluster/pod_cause",
  "cluster/policy",
  "cluster/quantity",
  "cluster/render",
  "cluster/yaml",
  "explain/access",
  "explain/cause",
  "explain/causes",
  "explain/doctor",
  "explain/exposition",
  "explain/free_name",
  "explain/health",
  "explain/metrics",
  "explain/overview",
  "explain/rivals",
  "explain/skeleton",
  "explain/strays",
  "explain/svscan",
  "image/command",
  "image/command_table",
  "image/commands",
  "image/completion",
  "image/dashboard",
  "image/environment",
  "image/json",
  "image/page_words",
  "image/permissions",
  "image/scripts",
  "image/stages",
  "profile/name",
  "rules/on_off",
  "rules/selection",
  "rules/shard",
  "s6/capacity",
  "s6/processes",
  "slot/render",
  "slot/slot",
  "status/changes",
  "status/headers",
  "status/hosts",
  "status/routes",
  "status/throttle",
];

interface Module {
  /** Its path below lib/, without the ending. */
  name: string;
  text: string;
  /** What it imports, likewise. */
  imports: string[];
}

function* modules(dir = ""): Generator<Module> {
  for (const entry of Deno.readDirSync(`${REPO}/lib/${dir}`)) {
    const path = dir + entry.name;
    if (entry.isDirectory) yield* modules(`${path}/`);
    if (!path.endsWith(".ts")) continue;
    const text = Deno.readTextFileSync(`${REPO}/lib/${path}`);
    const found = text.matchAll(/^(?:import|export|\} from)\b.*?"(\.[^"]+)";$/gms);
    const imports = [...found].map(([, specifier = ""]) =>
      new URL(specifier, `file:///${path}`).pathname.slice(1).replace(/\.ts$/, "")
    );
    yield { name: path.replace(/\.ts$/, ""), text, imports };
  }
}

const MODULES = [...modules()];
const roomOf = (name: string) =>
  name.startsWith("_") ? ROOMS.length : ROOMS.indexOf(name.split("/")[0]!);

Deno.test("every module of lib/ is in a room, or is what every room uses", () => {
  assertEquals(MODULES.filter(({ name }) => roomOf(name) < 0), []);
  assert(MODULES.length > 30);
});

Deno.test("imports between the rooms of lib/ go one way", () => {
  const upwards = MODULES.flatMap(({ name, imports }) =>
    imports.filter((other) => roomOf(other) < roomOf(name)).map((other) => `${name} -> ${other}`)
  );
  assertEquals(upwards, []);
});

Deno.test("the pure modules touch nothing, and nothing else is called pure", () => {
  const touches =
    /\bDeno\.(?!errors|FileInfo|DirEntry)|\bfetch\(|\bsetTimeout\(|\bperformance\.|\bDate\.now\(|\bnew Date\(\)/;
  const code = (text: string) => text.replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, "");
  for (const { name, text } of MODULES) {
    if (PURE.includes(name)) assert(!touches.test(code(text)), `${name} touches the world`);
    else assert(!/\bpure\b/i.test(text), `${name} is not one of the pure modules`);
  }
  assertEquals(PURE.filter((name) => !MODULES.some((module) => module.name === name)), []);
});

Deno.test("every module of lib/ has a test of its name, and every such test a module", () => {
  const tested = new Set<string>();
  const stray: string[] = [];
  for (const room of [...ROOMS, ""]) {
    for (const { name } of Deno.readDirSync(`${REPO}/tests/${room}`)) {
      const [, stem] = /^(\w+)_test\.ts$/.exec(name) ?? [];
      if (stem === undefined || (room === "" && !stem.startsWith("_"))) continue;
      const path = room === "" ? stem : `${room}/${stem}`;
      // A second file about an idea of a module begins with the module's name.
      const module = MODULES.find((one) => path === one.name) ??
        MODULES.find((one) => path.startsWith(`${one.name}_`));
      if (module === undefined) stray.push(path);
      else tested.add(module.name);
    }
  }
  assertEquals(stray, []);
  const types = ["_warn", "cluster/object", "explain/gateway", "image/_json_fields"];
  const untested = MODULES.map(({ name }) => name).filter((name) => !tested.has(name));
  assertEquals(untested.filter((name) => !types.includes(name)), []);
});
