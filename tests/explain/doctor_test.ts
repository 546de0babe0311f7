import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  type DoctorFacts,
  examine,
  SKELETON,
  type SkeletonEntry,
} from "../../lib/explain/doctor.ts";
import { ISOLATED_SCANDIR } from "../../lib/s6/places.ts";

const HERMES = { uid: 10000, gid: 10000 };
const ROOT = { uid: 0, gid: 0 };

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
    foreign: [],
    space: [
      { place: "home", unit: "k", total: 1e6, free: 5e5 },
      { place: "scandir", unit: "i", total: 0, free: 0 },
    ],
    ...changes,
  };
}

Deno.test("examine() finds nothing wrong with a tree in order", () => {
  for (const known of [facts(), facts({ gateways: "true true true" })]) {
    assertEquals(examine(known).filter(({ ok }) => !ok), []);
  }
});

const CAPACITY = { scandir: "/run/service", max: 1000, countsLoggers: true };

Deno.test("examine() says for how many more gateways there is room", () => {
  const checks = examine(facts({ services: { used: 9, capacity: CAPACITY } }));
  const found = checks.find(({ name }) => name === "room for gateways");
  assertEquals([found?.ok, found?.detail], [true, "for 487 more: 9 of 1000 taken"]);
});

const [event, , , control] = skeleton("gateway-coder");
const BROKEN: readonly [what: string, changes: Partial<DoctorFacts>, detail: string][] = [
  [
    "files of root's in the home",
    { foreign: [".env", "cron/jobs.json"] },
    '.env (and 1 more): start the container again, or give it to hermes with "chown -h"',
  ],
  ["another PID 1", { pid1: "tini" }, "PID 1 is tini"],
  [
    "a deaf s6-svscan of root's",
    { listenProblem: "no" },
    "no: stage 015-supervise-perms gives control; see the container's log",
  ],
  [
    "a deaf s6-svscan of hermes's",
    { listenProblem: "no", scandir: ISOLATED_SCANDIR },
    'no: the service gateways runs it; see "s6-svstat /run/service/gateways" and the container\'s log',
  ],
  [
    "a shared scandir that is not writable",
    { scandirProblem: "no" },
    "no: stage 015-supervise-perms shares it; see the container's log",
  ],
  [
    "a scandir of hermes's that is not writable",
    { scandirProblem: "no", scandir: ISOLATED_SCANDIR },
    "no: it must belong to hermes; stage 015-supervise-perms makes it as hermes",
  ],
  [
    "a scandir with no room left",
    { services: { used: 984, capacity: CAPACITY } },
    "at most 1000 services and loggers in /run/service (room for 8 gateways is kept for hermes's " +
    "own), and there are 984: HERMES_SUPERVISION=isolated has room for more",
  ],
  [
    "a service gateways that is down for good",
    { gateways: "false false false" },
    'it has given up, or was stopped: see the container\'s log, then "s6-svc -u /run/service/gateways"',
  ],
  [
    "a service gateways that fails",
    { gateways: "false false true" },
    "its s6-svscan has failed, and it tries again: ",
  ],
  [
    "a service gateways that is not ready",
    { gateways: "true false true" },
    "it waits for another s6-svscan to leave the scandir: ",
  ],
  ["logs that are not writable", { logsProblem: "/x has owner 0" }, "/x has owner 0"],
  ["a missing entry", { skeletons: [{ ...event!, kind: "missing" }] }, "got nothing"],
  [
    "a wrong owner",
    { skeletons: skeleton("gateway-coder").map((one) => ({ ...one, owner: ROOT })) },
    "gateway-coder/event: expected directory 3730 10000:10000, got directory 3730 0:0 (and 3 more): ",
  ],
  ["a wrong mode", { skeletons: [{ ...event!, mode: 0o700 }] }, "got directory 0700"],
  ["a control that is no FIFO", { skeletons: [{ ...control!, kind: "other" }] }, "got other"],
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
  Deno.test(`examine() fails one check for ${what}, with what helps`, () => {
    const failed = examine(facts(changes)).filter(({ ok }) => !ok);
    assertEquals(failed.length, 1);
    assertStringIncludes(failed[0]?.detail ?? "", detail);
  });
}

Deno.test("examine() does not check what is not known", () => {
  const { pid1: _, owner: __, ...unknown } = facts({ space: [] });
  assertEquals(examine(unknown).length, examine(facts({ space: [] })).length - 1);
});

Deno.test("examine() says where it could not look at all of the home", () => {
  const checks = examine(facts({ homeIsLarge: true }));
  const found = checks.find(({ name }) => name === "what is in the home is hermes's");
  assertEquals([found?.ok, found?.detail], [true, "as far as 5 s let see"]);
});
