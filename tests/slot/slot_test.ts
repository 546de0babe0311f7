import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidProfileNameError, NoRoomError } from "../../lib/_errors.ts";
import { renderSlot } from "../../lib/slot/render.ts";
import {
  expectedOutcomes,
  type FoundFile,
  type FoundSlot,
  gatewaySlot,
  planSlot,
  planSlots,
  slotFiles,
} from "../../lib/slot/slot.ts";
import { slotOf, words } from "./_apply.ts";

const slot = slotOf("coder");
const parked = slotOf("coder", true);
const SKELETON = ["event", "supervise", "supervise/event", "supervise/control"];
const DIRECTORY = /^log$|event$|supervise$/;

/** What is found of a slot that is right, but for some entries and files. */
function found(
  { of = slot, without = /^$/, files = {}, instead = {} }: {
    of?: typeof slot;
    without?: RegExp;
    files?: Record<string, FoundFile>;
    instead?: Record<string, { isDirectory: boolean }>;
  } = {},
): FoundSlot {
  const right = [...slotFiles(of.files, of)]
    .map(([path, content, mode]): [string, FoundFile] => [path, { mode, content }]);
  const all = [...right, ...Object.entries(files)].filter(([path]) => !without.test(path));
  const paths = ["log", ...["", "log/"].flatMap((half) => SKELETON.map((path) => half + path))];
  const entries = [...paths, ...all.map(([path]) => path)].filter((path) => !without.test(path))
    .map((
      path,
    ): [string, { isDirectory: boolean }] => [path, { isDirectory: DIRECTORY.test(path) }]);
  return { entries: new Map([...entries, ...Object.entries(instead)]), files: new Map(all) };
}

/** The changes as `verb path`. */
function changes(...args: Parameters<typeof planSlot>): string[] {
  return planSlot(...args).changes.map((change) =>
    "path" in change ? `${change.do} ${change.path}` : change.do
  );
}

Deno.test("gatewaySlot() throws on an illegal profile name", () => {
  assertThrows(
    () => gatewaySlot({ profile: "Bad", home: "/h" }, false),
    InvalidProfileNameError,
  );
});

Deno.test("planSlot() creates what is not there and leaves alone what is right", () => {
  assertEquals(planSlot(slot, undefined), { slot, changes: [{ do: "create" }] });
  for (const one of [slot, parked]) assertEquals(changes(one, found({ of: one })), []);
});

const differences: [what: string, found: FoundSlot, changes: string[]][] = [
  ["no finish", found({ without: /^finish$/ }), ["write finish"]],
  [
    "a log/run of another mode",
    found({
      files: { "log/run": { mode: 0o777, content: slot.files.logRun } },
    }),
    ["write log/run"],
  ],
  ["an edited type", found({ files: { type: { mode: 0o644, content: "oneshot\n" } } }), [
    "write type",
  ]],
  [
    "a type that is not a file",
    found({
      files: { type: { mode: 0o777, content: new Error("not a regular small file") } },
    }),
    ["write type"],
  ],
  ["a down file", found({ files: { down: { mode: 0o644, content: "" } } }), ["remove down"]],
  ["a directory for down", found({ instead: { down: { isDirectory: true } } }), ["remove down"]],
  ["no logger", found({ without: /^log/ }), ["mkdir log", "write log/run", "seed"]],
  ["no event", found({ without: /^event$/ }), ["seed"]],
  ["no supervise/event", found({ without: /^supervise\/event$/ }), ["seed"]],
  ["no FIFO of its logger", found({ without: /^log\/supervise\/control$/ }), ["seed"]],
  ["no supervise tree of its logger", found({ without: /^log\/supervise/ }), ["seed"]],
];

for (const [what, found, expected] of differences) {
  Deno.test(`planSlot() changes in a slot with ${what} that and nothing else`, () => {
    const plan = planSlot(slot, found);
    assertEquals(changes(slot, found), expected);
    assertEquals([plan.error, plan.warning], [undefined, undefined]);
    assertEquals(words(expectedOutcomes([plan])), ["coder refreshed"]);
  });
}

Deno.test("planSlot() asks for no skeleton where s6-supervise is hermes, and leaves one alone", () => {
  const own = gatewaySlot({ profile: "coder", home: "/opt/data", drops: false }, false);
  const fresh = found({ of: own, without: /event$|supervise/ });
  for (const there of [fresh, found({ of: own })]) assertEquals(changes(own, there), []);
  const bare = found({ of: own, without: /^finish$|event$|supervise/ });
  assertEquals(changes(own, bare), ["write finish"]);
  const odd = found({ of: own, instead: { supervise: { isDirectory: false } } });
  assertEquals(planSlot(own, odd).error?.message, "gateway-coder/supervise is not a directory");
});

Deno.test("planSlot() has a slot that was hermes's s6-supervise's seeded for one that is root", () => {
  const own = gatewaySlot({ profile: "coder", home: "/opt/data", drops: false }, false);
  const left = found({ of: own, without: /supervise\/event$/ }); // what s6-supervise makes
  assertEquals(changes(slot, left), ["write run", "write finish", "write log/run", "seed"]);
});

Deno.test("planSlot() asks for a down file where there should be one", () => {
  assertEquals(planSlot(parked, found()).changes, [
    { do: "write", path: "down", text: "", mode: 0o644 },
  ]);
});

Deno.test("planSlot() of a slot that keeps its down leaves it, or the lack of it", () => {
  for (const there of [slot, parked]) {
    assertEquals(changes({ ...slot, keepsDown: true }, found({ of: there })), []);
    assertEquals(changes({ ...parked, keepsDown: true }, found({ of: there })), []);
  }
  const edited = found({ of: parked, files: { down: { mode: 0o600, content: "x" } } });
  assertEquals(changes({ ...slot, keepsDown: true }, edited), ["write down"]);
});

Deno.test("planSlot() has a slot wait if it is not supervised yet, and leaves one that waits alone", () => {
  const waiting = { ...slot, waits: true };
  const inside = (name: string) => ({ instead: { [name]: { isDirectory: false } } });
  assertEquals([...slotFiles(slot.files, waiting)].map(([path]) => path), [
    ...["type", "run", "finish", "down", "waits", "log/run"],
  ]);
  const cases: readonly [of: typeof slot, found: FoundSlot, changes: string[]][] = [
    [waiting, found(), ["write down", "write waits"]],
    [waiting, found({ of: parked }), ["write waits"]],
    [waiting, found({ of: waiting }), []],
    // Whoever starts it was killed after the first of two steps.
    [waiting, found({ of: waiting, without: /^down$/ }), ["write down"]],
    [waiting, found(inside("supervise/status")), []],
    [waiting, found({ of: parked, ...inside("supervise/status") }), ["remove down"]],
    [waiting, found({ of: waiting, ...inside("supervise/status") }), []],
    [slot, found({ of: waiting }), ["remove down", "remove waits"]],
    [parked, found({ of: waiting }), ["remove waits"]],
    [{ ...slot, keepsDown: true }, found({ of: waiting }), []],
    [{ ...parked, keepsDown: true }, found({ of: waiting }), []],
  ];
  for (const [of, there, expected] of cases) assertEquals(changes(of, there), expected);
});

Deno.test("planSlot() says that a directory is something else, seeds nothing then, and does the rest", () => {
  for (const path of ["log", "event", "supervise", "log/event", "log/supervise/event"]) {
    const without = new RegExp(`^finish$|^${path}/|^supervise/control$`);
    const odd = found({ without, instead: { [path]: { isDirectory: false } } });
    assertEquals(changes(slot, odd), ["write finish"], path);
    assertEquals(planSlot(slot, odd).error?.message, `gateway-coder/${path} is not a directory`);
  }
});

Deno.test("planSlot() seeds nothing in a slot that could not be listed whole, and does the rest", () => {
  const error = new Error("Permission denied");
  const dark = { ...found({ without: /^finish$|^supervise\// }), error };
  const plan = planSlot(slot, dark);
  assertEquals([changes(slot, dark), plan.error], [["write finish"], error]);
  assertEquals(planSlot(slot, error), { slot, changes: [], error });
  assertEquals(expectedOutcomes([plan]).get(slot), error);
});

const extraEnv = { A: "it's\n$(id)", B: "" };

Deno.test("planSlot() keeps the environment of a slot that is there", () => {
  const run = (home: string) => renderSlot({ profile: "coder", home, extraEnv }).run;
  const held = (home: string, mode = 0o755) =>
    found({ files: { run: { mode, content: run(home) } } });
  assertEquals(planSlot(slot, held("/opt/data")), {
    ...{ slot, changes: [], error: undefined },
  });
  const rewritten = { do: "write" as const, path: "run", text: run("/opt/data"), mode: 0o755 };
  assertEquals(planSlot(slot, held("/old")).changes, [rewritten]);
  assertEquals(planSlot(slot, held("/opt/data", 0o644)).changes, [rewritten]);
});

Deno.test("planSlot() replaces a run whose environment cannot be read, with a warning", () => {
  const contents: [content: string | Error, why: string][] = [
    ["#!/bin/sh\n", "not made by this suite"],
    [new Error("not a regular small file"), "not a regular small file"],
  ];
  for (const [content, why] of contents) {
    const plan = planSlot(slot, found({ files: { run: { mode: 0o755, content } } }));
    assertEquals(plan.changes, [
      { do: "write", path: "run", text: slot.files.run, mode: 0o755 },
    ]);
    assertEquals(plan.warning, `profile=coder: no environment is kept: run: ${why}`);
  }
  const gone = planSlot(slot, found({ without: /^run$/ }));
  assertEquals([gone.changes.length, gone.warning], [1, undefined]);
});

Deno.test("planSlots() has a plan for each, and warns of what is lost", () => {
  const slots = [slotOf("a"), slotOf("b"), slot];
  const edited = found({ files: { run: { mode: 0o755, content: "" } } });
  const { plans, warnings } = planSlots(slots, { services: 0, found: new Map([[slot, edited]]) });
  assertEquals(words(expectedOutcomes(plans)), ["a created", "b created", "coder refreshed"]);
  assertEquals(warnings.length, 1);
  assertStringIncludes(warnings[0] ?? "", "profile=coder: no environment is kept");
});

Deno.test("planSlots() leaves out what s6-svscan has no room for, and never a slot that is there", () => {
  const idle = slotOf("idle", true);
  const slots = [slotOf("default", true), slotOf("a", true), slotOf("b"), idle];
  const capacity = { scandir: "/run/hermes/service", max: 10, countsLoggers: true };
  for (
    const [services, made] of [
      [2, ["default", "a", "b"]],
      [5, ["default", "b"]],
      [8, ["default"]],
      [9, []],
    ] as [number, string[]][]
  ) {
    const facts = { services, found: new Map([[idle, found({ of: idle })]]) };
    const { plans } = planSlots(slots, facts, capacity);
    const outcomes = [...expectedOutcomes(plans)];
    const named = (what: (outcome: unknown) => boolean) =>
      outcomes.filter(([, outcome]) => what(outcome)).map(([{ description }]) =>
        description.profile
      );
    assertEquals(named((outcome) => outcome === "created"), made);
    assertEquals(named((outcome) => outcome === "unchanged"), ["idle"]);
    assertEquals(named((outcome) => outcome instanceof NoRoomError).length, 3 - made.length);
  }
});
