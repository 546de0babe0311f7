import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Diagnosis } from "../../lib/explain/cause.ts";
import { type Cause, kindOf } from "../../lib/explain/causes.ts";
import { type DoctorFacts, examine } from "../../lib/explain/doctor.ts";
import { ISOLATED_SCANDIR } from "../../lib/s6/places.ts";
import { NO_PROCESSES, type Space } from "../../lib/s6/processes.ts";
import { processesOf } from "../_processes.ts";

const HERMES = { uid: 10000, gid: 10000 };
const SCANDIR = "/run/service";
const SPACE: readonly Space[] = [
  { path: "/opt/data", freeBytes: 5e8, freeInodes: 10000 },
  { path: SCANDIR, freeBytes: 5e6, freeInodes: undefined },
];

/** What runs: the state and the command line of each, the first being PID 1. */
function processes(...lines: string[]) {
  const told = lines.map((line, i) => {
    const [state, ...args] = line.split(" ");
    return [i + 1, [{ ppid: 0, state }, ...args]];
  });
  return { ...processesOf(Object.fromEntries(told)), space: SPACE };
}

const SUPERVISORS = ["S s6-supervise gateway-coder", "S s6-supervise gateway-coder/log"];
const SVSCAN = `S s6-svscan -d4 -- ${SCANDIR}`;
const INNER = `s6-svscan -d3 -- ${ISOLATED_SCANDIR}`;
const ORDERLY = processes(SVSCAN, ...SUPERVISORS);

/** What is known of a tree in order, with changes. */
function facts(changes: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    ...{ home: "/opt/data", homeAnswers: true, owner: HERMES, scandir: SCANDIR },
    ...{ processes: ORDERLY, hermes: "/usr/bin/hermes", hermesRuns: true },
    ...{ slots: ["gateway-coder"], skeletons: [], retired: [] },
    ...{ diagnoses: new Map(), foreign: [], rivals: [] },
    ...changes,
  };
}

/** One gateway that is like this. */
function diagnosed(cause: Cause, next: Partial<Diagnosis>): Partial<DoctorFacts> {
  return { diagnoses: new Map([["coder", { cause, kind: kindOf(cause), text: "x", ...next }]]) };
}

/** Isolated supervision, in which these s6-svscan run. */
function isolated(...svscans: string[]): Partial<DoctorFacts> {
  return { scandir: ISOLATED_SCANDIR, processes: processes(SVSCAN, ...svscans, ...SUPERVISORS) };
}

Deno.test("examine() finds nothing wrong with a tree in order", () => {
  for (
    const known of [
      facts(),
      facts({ ...isolated(`S ${INNER}`), gateways: "true true true" }),
      facts(diagnosed("wrong-configuration", { help: "x" })), // is for health to say
    ]
  ) assertEquals(examine(known).filter(({ ok }) => !ok), []);
});

Deno.test("examine() misses no skeleton that hermes's s6-supervise makes when it starts", () => {
  const control = { path: "supervise/control", kind: "missing" as const, mode: 0, owner: HERMES };
  const failed = (service: string, drops: boolean) => {
    const known = facts({ skeletons: [{ service, ...control }], drops });
    return examine(known).filter(({ ok }) => !ok).map(({ detail }) => detail);
  };
  assertEquals(failed("gateway-late", false), []);
  assertEquals(failed("gateway-late", true).length, 1);
  const gone = "gateway-coder/supervise/control: expected fifo 10000:10000, got nothing";
  assertEquals(failed("gateway-coder", false), [gone]);
});

const CAPACITY = { scandir: SCANDIR, max: 1000, countsLoggers: true };

Deno.test("examine() says for how many more gateways there is room", () => {
  const checks = examine(facts({ services: { used: 9, capacity: CAPACITY } }));
  const found = checks.find(({ name }) => name === "room for gateways");
  assertEquals([found?.ok, found?.detail], [true, "for 487 more: 9 of 1000 taken"]);
});

const HELP = { help: "y" };
const UP = { help: "s6-svc -u /run/service/gateways" };
const SYNC = { help: "gatewayctl sync" };
const START = {
  outside: "start the container again; its log says what 015-supervise-perms could not do",
};
const BUILD = { outside: "build the image upon one that has: --build-arg BASE_IMAGE=..." };

type Broken = readonly [
  what: string,
  changes: Partial<DoctorFacts>,
  detail: string,
  next: { help: string } | { outside: string },
];

/** What is wrong with s6, and with what it supervises. */
const SUPERVISION: readonly Broken[] = [
  [
    "another PID 1",
    { processes: processes("S /sbin/tini -- x", SVSCAN, ...SUPERVISORS) },
    "PID 1 is tini",
    {
      outside:
        "start the container with the image's entrypoint, and without an init of the engine's",
    },
  ],
  [
    "a frozen s6-svscan",
    isolated(`T ${INNER}`),
    "s6-svscan is frozen (pid 2)",
    { help: "kill -s CONT 2" },
  ],
  ["an s6-svscan that is down", isolated(), "s6-svscan is down", UP],
  ["a deaf s6-svscan", { listenProblem: "no" }, "no", START],
  ["a scandir that is not writable", { scandirProblem: "no" }, "no", START],
  [
    "a scandir with no room left",
    { services: { used: 984, capacity: CAPACITY } },
    "at most 1000 services and loggers in /run/service (room for 8 gateways is kept for hermes's " +
    "own), and there are 984",
    { outside: "HERMES_SUPERVISION=isolated has room for more" },
  ],
  [
    "a service gateways that is down for good",
    { gateways: "false false false" },
    "it has given up, or was stopped",
    UP,
  ],
  [
    "a service gateways that fails",
    { gateways: "false false true" },
    "its s6-svscan has failed, and it tries again",
    UP,
  ],
  [
    "a service gateways that is not ready",
    { gateways: "true false true" },
    "it waits for another s6-svscan to leave the scandir",
    UP,
  ],
  [
    "a control FIFO that is gone",
    {
      skeletons: [{
        ...{ service: "gateway-coder", path: "supervise/control", kind: "missing" as const },
        ...{ mode: 0, owner: HERMES },
      }],
    },
    "gateway-coder/supervise/control: expected fifo 0660 10000:10000, got nothing",
    { outside: "start the container again, or make it so as root" },
  ],
  ["a gateway without a supervisor", diagnosed("no-supervisor", HELP), "coder: x", HELP],
  ["a frozen supervisor", diagnosed("supervisor-frozen", HELP), "coder: x", HELP],
  ["a frozen gateway", diagnosed("gateway-frozen", HELP), "coder: x", HELP],
  ["two gateways of a profile", diagnosed("two-gateways", HELP), "coder: x", HELP],
  ["a logger that is down", diagnosed("logger-down", HELP), "coder: x", HELP],
  [
    "a log on a full volume",
    diagnosed("log-unwritable", { outside: "y" }),
    "coder: x",
    { outside: "y" },
  ],
  [
    "a supervisor that was left",
    { processes: processes(SVSCAN, ...SUPERVISORS, "S s6-supervise gateway-gone") },
    "gateway-gone",
    SYNC,
  ],
  [
    "two supervisors of one gateway",
    { processes: processes(SVSCAN, ...SUPERVISORS, ...SUPERVISORS) },
    "gateway-coder, gateway-coder/log",
    SYNC,
  ],
  [
    "a retired gateway that is supervised",
    { retired: [".hermes/retired-1"] },
    ".hermes/retired-1",
    SYNC,
  ],
];

/** What is wrong with the image, the home and the space. */
const AROUND: readonly Broken[] = [
  ["an image without hermes", { hermes: "" }, "there is none", BUILD],
  ["a hermes that is gone", { hermesRuns: false }, "/usr/bin/hermes is not there", BUILD],
  [
    "a home that hangs",
    { homeAnswers: false },
    "it is not there, or hangs: nothing on it was looked at",
    { outside: "mount the volume, or see to what it is on" },
  ],
  [
    "logs that are not writable",
    { logsProblem: { detail: "/x has owner 0", help: "y" } },
    "/x has owner 0",
    HELP,
  ],
  [
    "files of root's in the home",
    { foreign: [".env", "a b"] },
    ".env (and 1 more)",
    { help: "chown -h hermes: '/opt/data/.env' '/opt/data/a b'" },
  ],
  [
    "another container on the home",
    { rivals: [{ container: "b", time: "T", profiles: ["coder", "writer"] }] },
    "b has started coder (and 1 more) at T",
    {
      outside: "stop one of the two, or share the profiles out with HERMES_GATEWAY_SHARD; " +
        "if it is gone, start this container again",
    },
  ],
  [
    "a full volume",
    { processes: { ...ORDERLY, space: [{ ...SPACE[0]!, freeBytes: 2 ** 20 }] } },
    "1 MiB, expected 64 MiB",
    { outside: "make room on the volume" },
  ],
  [
    "no inodes",
    { processes: { ...ORDERLY, space: [{ ...SPACE[1]!, freeInodes: 3 }] } },
    "3, expected 256",
    { outside: `give the tmpfs of ${SCANDIR} more` },
  ],
];

for (const [what, changes, detail, next] of [...SUPERVISION, ...AROUND]) {
  Deno.test(`examine() fails one check for ${what}, with what helps`, () => {
    const failed = examine(facts(changes)).filter(({ ok }) => !ok);
    assertEquals(failed.length, 1, JSON.stringify(failed));
    const [{ detail: found = "", help, outside } = {}] = failed;
    assertStringIncludes(found, detail);
    assertEquals({ help, outside }, { help: undefined, outside: undefined, ...next });
  });
}

Deno.test("examine() counts the others of a kind", () => {
  const coder = diagnosed("logger-down", HELP).diagnoses!.get("coder")!;
  const diagnoses = new Map([["coder", coder], ["writer", coder], ["other", coder]]);
  const [failed] = examine(facts({ diagnoses })).filter(({ ok }) => !ok);
  assertEquals(failed?.detail, "coder: x (and 2 more)");
});

Deno.test("examine() does not check what is not known", () => {
  const names = (known: DoctorFacts) => examine(known).map(({ name }) => name);
  const all = names(facts());
  const unknown = names(facts({ processes: NO_PROCESSES, hermes: undefined }));
  assertEquals(all.filter((name) => !unknown.includes(name)), [
    ...["s6-svscan is PID 1", "hermes is on PATH"],
    ...["free space for the home", "free inodes for the home"],
    ...["free space for the scandir", "free inodes for the scandir"],
  ]);
});

Deno.test("examine() says where it could not look at all of the home", () => {
  const checks = examine(facts({ homeIsLarge: true }));
  const found = checks.find(({ name }) => name === "what is in the home is hermes's");
  assertEquals([found?.ok, found?.detail], [true, "as far as 5 s let see"]);
});
