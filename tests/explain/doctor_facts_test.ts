import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { type DoctorFacts, examine } from "../../lib/explain/doctor.ts";
import { gatherDoctorFacts, type HostFacts } from "../../lib/explain/doctor_facts.ts";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { fakeBin, Home, mkfifo, recorded, recorder } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

const OWNER = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
const HOST: HostFacts = {
  pid1: "s6-svscan",
  owner: OWNER,
  supervised: ["gateway-coder", "gateway-coder/log"],
  space: [{ place: "home", unit: "k", total: 1e6, free: 5e5 }],
};

/** A skeleton as a boot makes it. */
const SKELETON = [
  { path: "event", kind: "directory", mode: 0o3730 },
  { path: "supervise", kind: "directory", mode: 0o755 },
  { path: "supervise/event", kind: "directory", mode: 0o3730 },
  { path: "supervise/control", kind: "fifo", mode: 0o660 },
] as const;

/** A home with logs, a scandir, and an s6 that listens and supervises nothing. */
class World {
  readonly home: Home;
  readonly #bin: string;

  constructor(temp: TempDir, s6: Readonly<Record<string, string>> = {}) {
    this.home = new Home(temp);
    temp.mkdir("scandir");
    temp.mkdir("home/logs");
    this.#bin = fakeBin(`${temp.path}/bin`, {
      ...{ "s6-svscanctl": "exit 0", "s6-svok": "exit 1" },
      ...s6,
    });
  }

  gather(host: HostFacts = HOST, scandir = this.home.scandir): Promise<DoctorFacts> {
    return gatherDoctorFacts({ home: this.home.path, scandir, bin: this.#bin, host });
  }
}

Deno.test("gatherDoctorFacts() finds a tree in order, and leaves it as it was", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.home.add("coder");
  temp.mkdir("home/logs/gateways/coder");
  await reconcileProfileGateways({ home: world.home.path, scandir: world.home.scandir });
  const before = snapshot(temp.path);
  const facts = await world.gather();
  const services = [
    ...["gateway-coder", "gateway-coder/log", "gateway-default", "gateway-default/log"],
  ];
  const key = (entry: { service: string; path: string }) => `${entry.service}/${entry.path}`;
  assertEquals({ ...facts, skeletons: new Map(facts.skeletons.map((one) => [key(one), one])) }, {
    ...HOST,
    scandir: world.home.scandir,
    slots: ["gateway-coder", "gateway-default"],
    skeletons: new Map(
      services.flatMap((service) => SKELETON.map((entry) => ({ service, ...entry, owner: OWNER })))
        .map((entry) => [key(entry), entry]),
    ),
    retired: [],
  });
  assertEquals(facts.skeletons.length, services.length * SKELETON.length);
  assertEquals(examine(facts).filter(({ ok }) => !ok), []);
  assertEquals(snapshot(temp.path), before);
});

Deno.test("gatherDoctorFacts() takes directories with the slots' prefix for slots", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  for (const name of ["gateway-b", "gateway-a", "dashboard", ".gateway-c", "gateway"]) {
    temp.mkdir(`scandir/${name}`);
  }
  temp.write("scandir/gateway-file");
  Deno.symlinkSync("gateway-a", `${world.home.scandir}/gateway-link`);
  assertEquals((await world.gather()).slots, ["gateway-a", "gateway-b"]);
});

Deno.test("gatherDoctorFacts() says what stands in a skeleton's place", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const supervise = "scandir/gateway-coder/supervise";
  temp.mkdir(supervise, 0o700);
  temp.write(`${supervise}/event`, "", 0o600);
  mkfifo(`${temp.path}/${supervise}/control`, "0600");
  Deno.symlinkSync("supervise", `${world.home.slot("coder")}/event`);
  const { skeletons } = await world.gather();
  const found = skeletons.map((
    { service, path, kind, mode },
  ) => [`${service}/${path}`, kind, mode]);
  assertEquals(found.sort(), [
    ["gateway-coder/event", "other", 0o777],
    ["gateway-coder/log/event", "missing", 0],
    ["gateway-coder/log/supervise", "missing", 0],
    ["gateway-coder/log/supervise/control", "missing", 0],
    ["gateway-coder/log/supervise/event", "missing", 0],
    ["gateway-coder/supervise", "directory", 0o700],
    ["gateway-coder/supervise/control", "fifo", 0o600],
    ["gateway-coder/supervise/event", "other", 0o600],
  ]);
});

Deno.test("gatherDoctorFacts() asks s6-svscan whether it listens and tells it nothing", async () => {
  using temp = new TempDir();
  const asked = `${temp.path}/asked`;
  const world = new World(temp, { "s6-svscanctl": recorder(asked) });
  assertEquals("listenProblem" in await world.gather(), false);
  assertEquals(recorded(asked), [world.home.scandir]);
});

Deno.test("gatherDoctorFacts() passes on why s6-svscan cannot be told anything", async () => {
  using temp = new TempDir();
  const world = new World(temp, { "s6-svscanctl": "echo Permission denied >&2; exit 111" });
  assertStringIncludes((await world.gather()).listenProblem ?? "", "Permission denied");
  Deno.removeSync(`${temp.path}/bin/s6-svscanctl`);
  assertStringIncludes((await world.gather()).listenProblem ?? "", "s6-svscanctl");
});

Deno.test("gatherDoctorFacts() says that a scandir cannot be written to", async () => {
  using temp = new TempDir();
  // Nobody can make a file there, not even root.
  const facts = await new World(temp).gather(HOST, "/proc/self/fdinfo");
  assertMatch(facts.scandirProblem ?? "", /^\/proc\/self\/fdinfo: [^(]+$/);
  assertEquals(facts.slots, []);
  assertEquals("logsProblem" in facts, false);
});

Deno.test("gatherDoctorFacts() throws when the scandir cannot be read", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  Deno.removeSync(world.home.scandir);
  await assertRejects(() => world.gather(), Deno.errors.NotFound);
});

Deno.test("gatherDoctorFacts() says that there is no directory for logs", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const logs = `${world.home.path}/logs`;
  Deno.removeSync(logs);
  assertEquals((await world.gather()).logsProblem, `${logs}: No such file or directory`);
  Deno.writeTextFileSync(logs, "");
  assertEquals((await world.gather()).logsProblem, `${logs}: Not a directory`);
});

Deno.test("gatherDoctorFacts() finds the log directory that its owner cannot write to", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const good = temp.mkdir("home/logs/gateways/coder");
  assertEquals("logsProblem" in await world.gather(), false);
  Deno.chmodSync(good, 0o555);
  assertEquals(
    (await world.gather()).logsProblem,
    `${good} has owner ${OWNER.uid} and mode 555`,
  );
  Deno.chmodSync(good, 0o755);
  Deno.writeTextFileSync(`${world.home.path}/logs/gateways/file`, "");
  assertEquals(
    (await world.gather()).logsProblem,
    `${world.home.path}/logs/gateways/file is not a directory`,
  );
});

Deno.test("gatherDoctorFacts() finds the log directory of somebody else, if the caller is known", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const gateways = temp.mkdir("home/logs/gateways");
  const { owner: _, ...unknown } = HOST;
  assertEquals("logsProblem" in await world.gather(unknown), false);
  const other = { uid: OWNER.uid + 1, gid: OWNER.gid };
  assertEquals(
    (await world.gather({ ...HOST, owner: other })).logsProblem,
    `${gateways} has owner ${OWNER.uid} and mode 755`,
  );
});

Deno.test("gatherDoctorFacts() lists what is retired and still supervised", async () => {
  using temp = new TempDir();
  const asked = `${temp.path}/asked`;
  const svok = `echo "$1" >>'${asked}'; case $1 in *held* | *logger*/log) ;; *) exit 1 ;; esac`;
  const world = new World(temp, { "s6-svok": svok });
  for (const name of ["retired-held", "staging", "other-held"]) {
    temp.mkdir(`scandir/.hermes/${name}`);
  }
  assertEquals((await world.gather()).retired, [".hermes/retired-held"]);
  const services = new Set(Deno.readTextFileSync(asked).trim().split("\n"));
  assertEquals([...services], [`${world.home.scandir}/.hermes/retired-held`]);
  Deno.removeSync(`${world.home.scandir}/.hermes/retired-held`);
  temp.mkdir("scandir/.hermes/retired-logger");
  assertEquals((await world.gather()).retired, [".hermes/retired-logger"]);
});

const SETTLES: readonly [what: string, svok: string][] = [
  ["is not supervised", "exit 1"],
  ["is released meanwhile", '[ ! -e "$1/asked" ] || exit 1; touch "$1/asked"'],
  ["is removed meanwhile", 'rm -rf "$1"'],
];

for (const [what, svok] of SETTLES) {
  Deno.test(`gatherDoctorFacts() passes over what is retired and ${what}`, async () => {
    using temp = new TempDir();
    const note = `${temp.path}/called`;
    // A logger has no note of its own: it is asked once its service has let go.
    const world = new World(temp, {
      "s6-svok": `touch '${note}'; case $1 in */log) exit 1 ;; esac; ${svok}`,
    });
    temp.mkdir("scandir/.hermes/retired-1");
    assertEquals((await world.gather()).retired, []);
    Deno.lstatSync(note);
  });
}
