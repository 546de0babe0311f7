import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type DoctorFacts,
  examine,
  SKELETON,
  type SkeletonEntry,
} from "../../lib/explain/doctor.ts";
import { parseHostFacts } from "../../lib/explain/doctor_facts.ts";

const HERMES = { uid: 10000, gid: 10000 };

function skeleton(service: string): SkeletonEntry[] {
  return [...SKELETON].map(([path, mode]) => ({
    ...{ service, path, mode, owner: HERMES },
    kind: path.endsWith("control") ? "fifo" : "directory",
  }));
}

/** What is known of a tree in order, with changes. */
function facts(changes: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    pid1: "s6-svscan",
    owner: HERMES,
    scandir: "/run/service",
    slots: ["gateway-coder"],
    skeletons: [...skeleton("gateway-coder"), ...skeleton("gateway-coder/log")],
    supervised: ["gateway-coder", "gateway-coder/log"],
    retired: [],
    space: [
      { place: "home", unit: "k", total: 1e6, free: 5e5 },
      { place: "scandir", unit: "i", total: 0, free: 0 },
    ],
    ...changes,
  };
}

Deno.test("examine() finds nothing wrong with a tree in order", () => {
  assertEquals(examine(facts()).filter(({ ok }) => !ok), []);
});

const [first, ...rest] = skeleton("gateway-coder");
const BROKEN: readonly [what: string, changes: Partial<DoctorFacts>, detail: string][] = [
  ["another PID 1", { pid1: "tini" }, "PID 1 is tini"],
  ["a deaf s6-svscan", { listenProblem: "Permission denied" }, "Permission denied"],
  ["a scandir that is not writable", { scandirProblem: "Read-only" }, "Read-only"],
  ["logs that are not writable", { logsProblem: "/x has owner 0" }, "/x has owner 0"],
  ["a missing entry", { skeletons: [{ ...first!, kind: "missing" }] }, "got nothing"],
  [
    "a wrong owner",
    { skeletons: [{ ...first!, owner: { uid: 0, gid: 0 } }, ...rest] },
    "gateway-coder/event: expected directory 3730 10000:10000, got directory 3730 0:0",
  ],
  ["a wrong mode", { skeletons: [{ ...first!, mode: 0o700 }] }, "got directory 0700"],
  ["a control that is no FIFO", { skeletons: [{ ...rest[2]!, kind: "other" }] }, "got other"],
  ["a supervisor without a slot", { supervised: ["gateway-gone"] }, "gateway-gone"],
  [
    "two supervisors of one slot",
    { supervised: ["gateway-coder", "gateway-coder"] },
    "gateway-coder",
  ],
  ["a retired slot that is supervised", { retired: [".hermes/retired-1"] }, "retired-1"],
  [
    "a full volume",
    { space: [{ place: "home", unit: "k", total: 1e6, free: 1024 }] },
    "1 MiB, expected 64 MiB",
  ],
  [
    "no inodes",
    { space: [{ place: "scandir", unit: "i", total: 1e6, free: 3 }] },
    "3, expected 256",
  ],
];

for (const [what, changes, detail] of BROKEN) {
  Deno.test(`examine() fails one check for ${what}`, () => {
    const failed = examine(facts(changes)).filter(({ ok }) => !ok);
    assertEquals(failed.length, 1);
    assertStringIncludes(failed[0]?.detail ?? "", detail);
  });
}

const ISOLATED = "/run/hermes/service";
const HELP: readonly [what: string, changes: Partial<DoctorFacts>, help: string][] = [
  [
    "a deaf s6-svscan of root's",
    { listenProblem: "no" },
    "no: stage 015-supervise-perms gives control; see the container's log",
  ],
  [
    "a deaf s6-svscan of hermes's",
    { listenProblem: "no", scandir: ISOLATED },
    'no: the service gateways runs it; see "s6-svstat /run/service/gateways" and the container\'s log',
  ],
  [
    "a shared scandir that is not writable",
    { scandirProblem: "no" },
    "no: stage 015-supervise-perms shares it; see the container's log",
  ],
  [
    "a scandir of hermes's that is not writable",
    { scandirProblem: "no", scandir: ISOLATED },
    "no: it must belong to hermes; stage 015-supervise-perms makes it as hermes",
  ],
];

for (const [what, changes, help] of HELP) {
  Deno.test(`examine() says what helps with ${what}`, () => {
    assertEquals(examine(facts(changes)).find(({ ok }) => !ok)?.detail, help);
  });
}

Deno.test("examine() does not check what is not known", () => {
  const { pid1: _, owner: __, ...unknown } = facts({ space: [] });
  assertEquals(examine(unknown).length, examine(facts({ space: [] })).length - 1);
});

Deno.test("examine() counts the skeletons that are wrong", () => {
  const skeletons = skeleton("gateway-coder").map((entry) => ({
    ...entry,
    owner: { uid: 0, gid: 0 },
  }));
  const failed = examine(facts({ skeletons })).find(({ ok }) => !ok);
  assertMatch(failed?.detail ?? "", /\(and 3 more\)/);
});

Deno.test("parseHostFacts() reads what the script prints, and passes over the rest", () => {
  const text = `pid1 s6-svscan
owner 10000:10001
df k home /dev/mapper/a b  264212084 24624152  81766760      24% /opt/my data
df k scandir tmpfs             12342048      168  12341880       1% /run
df i home overlay 0 0 0 - /
df i scandir tmpfs 10 5
supervised gateway-coder
supervised gateway-coder/log
garbage
owner root`;
  assertEquals(parseHostFacts(text), {
    pid1: "s6-svscan",
    owner: { uid: 10000, gid: 10001 },
    supervised: ["gateway-coder", "gateway-coder/log"],
    space: [
      { place: "home", unit: "k", total: 264212084, free: 81766760 },
      { place: "scandir", unit: "k", total: 12342048, free: 12341880 },
      { place: "home", unit: "i", total: 0, free: 0 },
    ],
  });
  assertEquals(parseHostFacts(""), { supervised: [], space: [] });
});
