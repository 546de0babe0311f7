import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type DoctorFacts, examine } from "../../lib/explain/doctor.ts";
import {
  type DoctorOptions,
  gatherDoctorFacts,
  type HostFacts,
  parseHostFacts,
} from "../../lib/explain/doctor_facts.ts";
import type { Overview } from "../../lib/explain/overview_facts.ts";
import { NO_PROCESSES } from "../../lib/s6/processes.ts";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { fakeBin, Home, mkfifo, recorded, recorder } from "../_fixtures.ts";
import { snapshot, TempDir } from "../_temp.ts";

const OWNER = { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };
const HOST: HostFacts = parseHostFacts("");
const OVERVIEW: Overview = {
  container: { svscan: "alive", mode: "shared", role: "other", hasHermes: true },
  gateways: [],
  unknown: () => {
    throw new Error("nobody asks");
  },
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

  gather(changes: Partial<DoctorOptions> = {}): Promise<DoctorFacts> {
    return gatherDoctorFacts({
      ...{ home: this.home.path, scandir: this.home.scandir, bin: this.#bin, owner: OWNER },
      ...{ processes: NO_PROCESSES, overview: OVERVIEW, host: HOST },
      ...changes,
    });
  }
}

Deno.test("parseHostFacts() reads what the script prints, and passes over the rest", () => {
  const parts = [
    ...["1/cmdline:foreign:x", "gateways:true true true", "foreign:profiles/coder/a: b\nc"],
    ...["large:", "no-hermes:", "space:1 2 3 4 5 /large:", "garbage", ""],
  ];
  assertEquals(parseHostFacts(parts.join("\0")), {
    gateways: "true true true",
    foreign: ["profiles/coder/a: b\nc"],
    homeIsLarge: true,
    hermesRuns: false,
  });
  const nothing = { gateways: undefined, foreign: [], homeIsLarge: false, hermesRuns: true };
  assertEquals(parseHostFacts(""), nothing);
});

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
    ...{ home: world.home.path, homeAnswers: true, owner: OWNER, processes: NO_PROCESSES },
    ...{ hermes: undefined, diagnoses: new Map(), rivals: [] },
    scandir: world.home.scandir,
    slots: ["gateway-coder", "gateway-default"],
    skeletons: new Map(
      services.flatMap((service) => SKELETON.map((entry) => ({ service, ...entry, owner: OWNER })))
        .map((entry) => [key(entry), entry]),
    ),
    ...{ retired: [], services: undefined, drops: undefined },
    ...{ listenProblem: undefined, scandirProblem: undefined, logsProblem: undefined },
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

Deno.test("gatherDoctorFacts() asks s6-svscan whether it listens, and tells it nothing", async () => {
  using temp = new TempDir();
  const asked = `${temp.path}/asked`;
  const world = new World(temp, { "s6-svscanctl": recorder(asked) });
  assertEquals((await world.gather()).listenProblem, undefined);
  assertEquals(recorded(asked), [world.home.scandir]);
  Deno.removeSync(`${temp.path}/bin/s6-svscanctl`);
  assertStringIncludes((await world.gather()).listenProblem ?? "", "s6-svscanctl");
});

Deno.test("gatherDoctorFacts() says that a scandir cannot be written to, or is not there", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  // Nobody can make a file there, not even root.
  const { scandirProblem, slots } = await world.gather({ scandir: "/proc/self/fdinfo" });
  assertMatch(scandirProblem ?? "", /^\/proc\/self\/fdinfo: [^(]+$/);
  assertEquals(slots, []);
  Deno.removeSync(world.home.scandir);
  assertMatch((await world.gather()).scandirProblem ?? "", /: No such file or directory$/);
});

Deno.test("gatherDoctorFacts() finds the log directory that its owner cannot write to, and what helps", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const logs = `${world.home.path}/logs`;
  const gateways = temp.mkdir("home/logs/gateways");
  const coder = temp.mkdir("home/logs/gateways/coder");
  const problem = async (changes = {}) => (await world.gather(changes)).logsProblem;
  assertEquals(await problem(), undefined);
  assertEquals(await problem({ owner: undefined }), undefined);
  const give = (dir: string) => `chown -h hermes: '${dir}' && chmod u+rwx '${dir}'`;
  assertEquals(await problem({ owner: { uid: OWNER.uid + 1, gid: OWNER.gid } }), {
    detail: `${gateways} has owner ${OWNER.uid} and mode 755`,
    help: give(gateways),
  });
  Deno.chmodSync(coder, 0o555);
  assertEquals(await problem(), {
    detail: `${coder} has owner ${OWNER.uid} and mode 555`,
    help: give(coder),
  });
  Deno.removeSync(coder);
  Deno.writeTextFileSync(coder, "");
  assertEquals(await problem(), {
    detail: `${coder} is not a directory`,
    help: `mv '${coder}' '${coder}.bad'`,
  });
  Deno.removeSync(logs, { recursive: true });
  assertEquals((await problem())?.detail, `${logs}: No such file or directory`);
});

Deno.test("gatherDoctorFacts() leaves a home that does not answer alone", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  Deno.removeSync(`${world.home.path}/logs`);
  const { homeAnswers, logsProblem } = await world.gather({ overview: undefined });
  assertEquals([homeAnswers, logsProblem], [false, undefined]);
});

Deno.test("gatherDoctorFacts() reads of the boot log who else has started these gateways", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.mkdir("scandir/gateway-coder");
  const line = (time: string, who: string) =>
    `${time} container=${who} profile=coder prior_state=running action=started\n`;
  temp.write("home/logs/container-boot.log.1", line("T1", "own"));
  temp.write("home/logs/container-boot.log", line("T2", "other"));
  const others = (container?: string) => world.gather({ container }).then(({ rivals }) => rivals);
  assertEquals(await others("own"), [{ container: "other", time: "T2", profiles: ["coder"] }]);
  assertEquals([await others("other"), await others()], [[], []]);
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

Deno.test("gatherDoctorFacts() passes over what is retired and not supervised, or not for long", async () => {
  for (
    const svok of ["exit 1", '[ ! -e "$1/asked" ] || exit 1; touch "$1/asked"', 'rm -rf "$1"']
  ) {
    using temp = new TempDir();
    const note = `${temp.path}/called`;
    // A logger has no note of its own: it is asked once its service has let go.
    const world = new World(temp, {
      "s6-svok": `touch '${note}'; case $1 in */log) exit 1 ;; esac; ${svok}`,
    });
    temp.mkdir("scandir/.hermes/retired-1");
    assertEquals((await world.gather()).retired, [], svok);
    Deno.lstatSync(note);
  }
});

Deno.test("gatherDoctorFacts() counts the services where it is known how many s6-svscan holds", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const { home } = world;
  temp.mkdir("scandir/static");
  temp.mkdir("scandir/gateway-coder");
  const capacity = { scandir: home.scandir, max: 1000, countsLoggers: true };
  assertEquals((await world.gather({ capacity })).services, { used: 3, capacity });
});
