import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gatherWhyFacts, readRecordedState, recordedState } from "../../lib/explain/why_facts.ts";
import type { WhyFacts } from "../../lib/explain/why.ts";
import { fakeBin, Home, mkfifo, RUNNING } from "../_fixtures.ts";
import { exists, TempDir } from "../_temp.ts";

const NOTHING = { state: null, setBy: null, setAt: null };
const UNREGISTERED = { registered: false, status: null, logLines: [] };

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

  gather(profile: string, options: { logLines?: number } = {}): Promise<WhyFacts> {
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

Deno.test("recordedState() says why a file without a state is of no use", () => {
  assertEquals(recordedState({ desired_state: 1, updated_at: 5 }), {
    ...NOTHING,
    ...{ setAt: new Date(5000), problem: "gateway_state.json holds no state" },
  });
});

Deno.test("readRecordedState() reads what the operator or the gateway wrote", () => {
  using temp = new TempDir();
  temp.write("gateway_state.json", '\ufeff{"desired_state":"stopped","updated_at":1795000000}');
  assertEquals(readRecordedState(temp.path), {
    ...{ state: "stopped", setBy: "operator", setAt: new Date(1795000000000) },
  });
  temp.write("gateway_state.json", '{"gateway_state":"degraded"}');
  assertEquals(readRecordedState(temp.path), { state: "running", setBy: "gateway", setAt: null });
});

const UNUSABLE: readonly [what: string, make: (path: string) => void, problem: string][] = [
  ["no file", () => {}, "no gateway_state.json"],
  ["a directory", Deno.mkdirSync, "gateway_state.json is not a regular file"],
  ["a FIFO", mkfifo, "gateway_state.json is not a regular file"],
  [
    "a symlink to a good file",
    (path) => {
      Deno.writeTextFileSync(`${path}.real`, RUNNING);
      Deno.symlinkSync(`${path}.real`, path);
    },
    "gateway_state.json is not a regular file",
  ],
  [
    "text that is not JSON",
    (path) => Deno.writeTextFileSync(path, "secret {"),
    "gateway_state.json: not JSON",
  ],
  [
    "JSON that is no object",
    (path) => Deno.writeTextFileSync(path, '["running"]'),
    "gateway_state.json: not a JSON object",
  ],
  [
    "bytes that are not UTF-8",
    (path) => Deno.writeFileSync(path, Uint8Array.of(0x22, 0xff, 0x22)),
    "gateway_state.json: not UTF-8",
  ],
  [
    "over 1 MiB",
    (path) => Deno.writeTextFileSync(path, RUNNING + " ".repeat(1 << 20)),
    "gateway_state.json: larger than 1048576 bytes",
  ],
];

for (const [what, make, problem] of UNUSABLE) {
  Deno.test(`readRecordedState() finds no state in ${what}, and says why`, () => {
    using temp = new TempDir();
    make(`${temp.path}/gateway_state.json`);
    assertEquals(readRecordedState(temp.path), { ...NOTHING, problem });
  });
}

Deno.test("readRecordedState() does not throw where the profile's directory is a file", () => {
  using temp = new TempDir();
  const { problem, ...state } = readRecordedState(temp.write("file"));
  assertEquals(state, NOTHING);
  assertStringIncludes(problem ?? "", "gateway_state.json: ");
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
    recorded: { state: "running", setBy: "operator", setAt: new Date(1795000000000) },
    bootLine: { text: line, latest: true },
    registered: true,
    status: {
      ...{ profile: "coder", up: false, wantedUp: false, pid: null },
      ...{ exitCode: 78, signal: null, seconds: 5, deaths: 1 },
    },
    logLines: ["two", "three", "four"],
  });
});

Deno.test("gatherWhyFacts() reads as many log lines as it is told to", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.home.add("coder");
  temp.mkdir("home/logs/gateways/coder");
  temp.write("home/logs/gateways/coder/current", "one\ntwo\n");
  assertEquals((await world.gather("coder", { logLines: 1 })).logLines, ["two"]);
  assertEquals((await world.gather("coder", { logLines: 9 })).logLines, ["one", "two"]);
});

Deno.test("gatherWhyFacts() finds the root profile at the home itself", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.write("home/gateway_state.json", RUNNING);
  temp.mkdir("scandir/gateway-default");
  assertEquals(await world.gather("default"), {
    profile: "default",
    dir: world.home.path,
    found: "profile",
    recorded: { state: "running", setBy: "operator", setAt: null },
    registered: true,
    status: null,
    logLines: [],
  });
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
});

Deno.test("gatherWhyFacts() does not wait for a boot log that is a FIFO", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.boots("container-boot.log.1", "T1 profile=coder prior_state=None");
  mkfifo(`${world.home.path}/logs/container-boot.log`);
  const { bootLine } = await world.gather("coder");
  assertEquals(bootLine?.text, "T1 profile=coder prior_state=None");
});

Deno.test("gatherWhyFacts() tells a directory without SOUL.md from no directory", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  temp.mkdir("home/profiles/soulless");
  temp.write("home/profiles/file");
  const expected = { ...UNREGISTERED, recorded: { ...NOTHING, problem: "no gateway_state.json" } };
  for (
    const [profile, found] of [["soulless", "no SOUL.md"], ["absent", "no directory"]] as const
  ) {
    const dir = `${world.home.path}/profiles/${profile}`;
    assertEquals(await world.gather(profile), { profile, dir, found, ...expected });
  }
  assertEquals((await world.gather("file")).found, "no directory");
});

Deno.test("gatherWhyFacts() says why a profile is refused a slot", async () => {
  using temp = new TempDir();
  const world = new World(temp);
  world.home.add("coder");
  Deno.symlinkSync("coder", `${world.home.path}/profiles/link`);
  const { found, refusal, nameProblem } = await world.gather("link");
  assertEquals([found, nameProblem], ["profile", undefined]);
  assertStringIncludes(refusal ?? "", "a symlink");
  assertEquals("refusal" in await world.gather("coder"), false);
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
