import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  findBootLine,
  gatherWhyFacts,
  readRecordedState,
  readWantedBy,
  recordedState,
  type WhyOptions,
} from "../../lib/explain/why_facts.ts";
import type { WhyFacts } from "../../lib/explain/why.ts";
import { NO_RULES } from "../../lib/rules/rules.ts";
import { fakeBin, Home, mkfifo, RUNNING, STOPPED } from "../_fixtures.ts";
import { exists, TempDir, writeFile } from "../_temp.ts";

const NOTHING = { state: null, setBy: null, setAt: null };
const SELECTED = {
  ...{ nameProblem: undefined, notSelected: undefined, noRoom: undefined },
  ...{ served: false, wantedBy: [] },
};
const UNREGISTERED = { registered: false, supervised: false, status: null, logLines: [] };

/** A home, and a way to ask about it with an s6-svstat that is this script. */
class World {
  readonly home: Home;
  readonly #temp: TempDir;
  readonly #bin: string;

  constructor(temp: TempDir, svstat = "exit 1") {
    this.#temp = temp;
    this.home = new Home(temp);
    temp.mkdir("scandir");
    this.#bin = fakeBin(`${temp.path}/bin`, {
      "s6-svstat": `echo "$*" >>'${temp.path}/asked'; ${svstat}`,
    });
  }

  gather(profile: string, options: Partial<WhyOptions> = {}): Promise<WhyFacts> {
    const { path, scandir } = this.home;
    return gatherWhyFacts(profile, { home: path, scandir, bin: this.#bin, ...options });
  }

  /** Whether s6 was asked anything. */
  asked(): boolean {
    return exists(`${this.#temp.path}/asked`);
  }

  /** Writes a log of boots. */
  boots(name: string, ...lines: string[]): void {
    this.#temp.mkdir("home/logs");
    this.#temp.write(`home/logs/${name}`, lines.map((line) => `${line}\n`).join(""));
  }
}

Deno.test("recordedState() tells the operator's word from the gateway's", () => {
  const at = { updated_at: 1795000000 };
  assertEquals(recordedState({ desired_state: "stopped", gateway_state: "running", ...at }), {
    ...{ state: "stopped", setBy: "operator", setAt: new Date(1795000000000) },
  });
  assertEquals(recordedState({ gateway_state: "draining", updated_at: "2026-11-22T00:00:00Z" }), {
    ...{ state: "running", setBy: "gateway", setAt: new Date("2026-11-22T00:00:00Z") },
  });
  assertEquals(recordedState({ desired_state: 1, updated_at: 5 }), {
    ...NOTHING,
    ...{ setAt: new Date(5000), problem: "gateway_state.json holds no state" },
  });
  for (const updated_at of [null, "soon", 1e300, {}]) {
    assertEquals(recordedState({ desired_state: "running", updated_at }).setAt, null);
  }
});

Deno.test("findBootLine() ignores what other containers on the same home have written", () => {
  const log = [
    "T0 profile=coder of a version that named nobody",
    "T1 container=a profile=coder mine",
    "T1 container=a profile=writer mine",
    'T2 container="b\\u0020c" profile=coder theirs',
    'T2 container="b\\u0020c" profile=writer container=a',
  ];
  const mine = (text: string | undefined, latest: boolean) => text && { text, latest };
  assertEquals(findBootLine(log, "coder", "a"), mine(log[1], true));
  assertEquals(findBootLine(log, "writer", "a"), mine(log[2], true));
  assertEquals(findBootLine(log, "coder", "b c"), mine(log[3], true));
  assertEquals(findBootLine(log, "coder", "new"), mine(log[0], true));
  assertEquals(findBootLine(log.slice(1), "coder", "new"), undefined);
  assertEquals(findBootLine(log, "coder"), mine(log[3], true));
});

Deno.test("findBootLine() finds the last line about exactly this profile", () => {
  const log = [
    "T1 profile=default x",
    "T1 profile=coder old",
    "T2 profile=default x",
    "T2 profile=coder new",
    "T2 profile=coder2 x",
  ];
  assertEquals(findBootLine(log, "coder"), { text: "T2 profile=coder new", latest: true });
  assertEquals(findBootLine(log, "code"), undefined);
  assertEquals(findBootLine(log.slice(0, 3), "coder"), {
    ...{ text: "T1 profile=coder old", latest: false },
  });
  // The root profile's line, not that of profiles/default.
  const twice = ["T profile=default action=started", "T profile=default action=skipped"];
  assertEquals(findBootLine(twice, "default")?.text, twice[0]);
  const line = String.raw`T profile="My\u0020Bot" action=skipped`;
  assertEquals(findBootLine([line], "My Bot")?.text, line);
});

Deno.test("readRecordedState() finds no state in what is no usable file, and says why", () => {
  const write = (content: string | Uint8Array<ArrayBuffer>) => (path: string) =>
    writeFile(path, content);
  const link = (path: string) => {
    writeFile(`${path}.real`, RUNNING);
    Deno.symlinkSync(`${path}.real`, path);
  };
  for (
    const [make, problem] of [
      [() => {}, "no gateway_state.json"],
      [Deno.mkdirSync, "gateway_state.json is not a regular file"],
      [mkfifo, "gateway_state.json is not a regular file"],
      [link, "gateway_state.json is not a regular file"],
      [write("secret {"), "gateway_state.json: not JSON"],
      [write('["running"]'), "gateway_state.json: not a JSON object"],
      [write(Uint8Array.of(0x22, 0xff, 0x22)), "gateway_state.json: not UTF-8"],
      [write(RUNNING + " ".repeat(1 << 20)), "gateway_state.json: larger than 1048576 bytes"],
    ] as [make: (path: string) => void, problem: string][]
  ) {
    using temp = new TempDir();
    make(`${temp.path}/gateway_state.json`);
    assertEquals(readRecordedState(temp.path), { ...NOTHING, problem });
    const { problem: none, ...state } = readRecordedState(temp.write("file"));
    assertEquals(state, NOTHING);
    assertStringIncludes(none ?? "", "gateway_state.json: ");
  }
});

Deno.test("gatherWhyFacts() gathers all there is about a registered profile", async () => {
  using temp = new TempDir();
  const world = new World(temp, "echo false false -1 78 NA 5");
  const dir = world.home.add("coder", '{"desired_state":"running","updated_at":1795000000}');
  temp.mkdir("scandir/gateway-coder/supervise");
  temp.write("scandir/gateway-coder/supervise/death_tally", new Uint8Array(14));
  temp.mkdir("home/logs/gateways/coder");
  temp.write("home/logs/gateways/coder/current", "one\ntwo\nthree\nfour\n");
  const line = "T2 profile=coder prior_state=running action=started prior_exit=clean";
  world.boots("container-boot.log", "T2 profile=default prior_state=None", line);
  assertEquals(await world.gather("coder"), {
    profile: "coder",
    dir,
    found: "profile",
    refusal: undefined,
    recorded: { state: "running", setBy: "operator", setAt: new Date(1795000000000) },
    bootLine: { text: line, latest: true },
    registered: true,
    supervised: true,
    status: {
      ...{ profile: "coder", up: false, wantedUp: false, pid: null },
      ...{ exitCode: 78, signal: null, seconds: 5, deaths: 1 },
    },
    logLines: ["two", "three", "four"],
    ...SELECTED,
  });
  assertEquals((await world.gather("coder", { logLines: 1 })).logLines, ["four"]);
});

Deno.test("readWantedBy() finds whose intent has the root profile's gateway run, where it serves all", () => {
  using temp = new TempDir();
  const { home } = new World(temp);
  home.add("writer", RUNNING);
  home.add("coder", RUNNING);
  home.add("idle", STOPPED);
  home.add("Illegal", RUNNING);
  assertEquals(readWantedBy(home.path, NO_RULES), []);
  assertEquals(readWantedBy(home.path, { ...NO_RULES, topology: "one" }), ["coder", "writer"]);
});

Deno.test("gatherWhyFacts() finds the root profile at the home itself", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.write("home/gateway_state.json", RUNNING);
  const { dir, found, recorded } = await world.gather("default");
  assertEquals([dir, found, recorded.state], [world.home.path, "profile", "running"]);
});

Deno.test("gatherWhyFacts() goes back to the boot log that was rotated away", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const lines = ["T1 profile=coder prior_state=None", "T1 profile=writer prior_state=None"];
  world.boots("container-boot.log.1", ...lines);
  assertEquals((await world.gather("coder")).bootLine, { text: lines[0]!, latest: true });
  world.boots("container-boot.log", "T2 profile=writer prior_state=running");
  assertEquals((await world.gather("coder")).bootLine, { text: lines[0]!, latest: false });
  assertEquals((await world.gather("writer")).bootLine, {
    ...{ text: "T2 profile=writer prior_state=running", latest: true },
  });
  // It does not wait for a FIFO.
  Deno.removeSync(`${world.home.path}/logs/container-boot.log`);
  mkfifo(`${world.home.path}/logs/container-boot.log`);
  assertEquals((await world.gather("coder")).bootLine?.latest, true);
});

Deno.test("gatherWhyFacts() tells no SOUL.md, no directory and what is refused a slot apart", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.mkdir("home/profiles/soulless");
  temp.write("home/profiles/file");
  Deno.symlinkSync(world.home.add("coder"), `${world.home.path}/profiles/link`);
  const refusal = "a symlink: expected a directory";
  for (
    const [profile, found] of [
      ["soulless", { found: "no SOUL.md" }],
      ["absent", { found: "no directory" }],
      ["file", { found: "no directory" }],
      ["coder", { found: "profile", refusal: undefined }],
      ["link", { found: "profile", refusal }],
    ] as const
  ) {
    const { logLines: _, recorded: __, ...facts } = await world.gather(profile);
    assertEquals(facts, {
      ...{ profile, dir: `${world.home.path}/profiles/${profile}`, ...found },
      ...{ bootLine: undefined, registered: false, supervised: false, status: null },
      ...SELECTED,
    });
  }
});

Deno.test("gatherWhyFacts() says what is wrong with a name and asks s6 nothing", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.home.add("Coder", RUNNING);
  temp.mkdir("scandir/gateway-Coder");
  const line = "T profile=Coder prior_state=None action=skipped";
  world.boots("container-boot.log", line);
  const { refusal, ...facts } = await world.gather("Coder");
  assertEquals(facts, {
    profile: "Coder",
    dir: `${world.home.path}/profiles/Coder`,
    found: "profile",
    recorded: NOTHING,
    bootLine: { text: line, latest: true },
    nameProblem: "expected [a-z0-9][a-z0-9_-]*",
    ...UNREGISTERED,
  });
  assertStringIncludes(refusal ?? "", "illegal profile name");
  assertEquals(world.asked(), false);
});

Deno.test("gatherWhyFacts() does not leave the profiles for a name that would lead out", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.mkdir("home/profiles/coder/inner");
  temp.mkdir("home/profiles/.hidden");
  for (const name of ["", ".", "..", "../profiles", "coder/inner", ".hidden"]) {
    const { found, nameProblem } = await world.gather(name);
    assertEquals([name, found], [name, "no directory"]);
    assertEquals(nameProblem, "expected [a-z0-9][a-z0-9_-]*");
  }
  temp.mkdir("home/profiles/No Soul");
  assertEquals((await world.gather("No Soul")).found, "no SOUL.md");
  assertEquals(world.asked(), false);
});

Deno.test("gatherWhyFacts() throws when the volume or the scandir cannot be read", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const file = temp.write("file");
  await assertRejects(
    () => gatherWhyFacts("coder", { home: file, scandir: home.scandir }),
    Deno.errors.NotADirectory,
  );
  await assertRejects(
    () => gatherWhyFacts("coder", { home: home.path, scandir: file }),
    Deno.errors.NotADirectory,
  );
});

Deno.test("gatherWhyFacts() finds that s6-svscan has no room for one more gateway", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  const { scandir } = world.home;
  world.home.add("coder", RUNNING);
  const capacity = { scandir, max: 3, countsLoggers: true };
  assertEquals((await world.gather("coder", { capacity })).noRoom, undefined);
  temp.mkdir("scandir/gateway-other");
  const { noRoom } = await world.gather("coder", { capacity });
  assertStringIncludes(noRoom?.problem ?? "", "at most 3 services");
});
