import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type PriorExit, readPriorState, stateOf } from "../../lib/profile/prior_state.ts";
import { IS_ROOT, mkfifo, RUNNING, runScript } from "../_fixtures.ts";
import { encode, runSync, TempDir } from "../_temp.ts";

const FILE = "gateway_state.json";
const LIMIT = 1024 * 1024;

function listing(dir: string) {
  return new Map([...Deno.readDirSync(dir)].map((entry) => [entry.name, entry]));
}

/** What is remembered of a profile in a directory, and the warnings it took. */
function recall(dir: string) {
  const warnings: string[] = [];
  const memory = readPriorState("coder", dir, listing(dir), (message) => warnings.push(message));
  return { ...memory, warnings };
}

/** The same in a process of its own: reading must neither hang nor need a capability. */
async function recallApart(dir: string): Promise<ReturnType<typeof recall>> {
  const { stdout, stderr } = await runScript(
    `
    import { readPriorState } from "../../lib/profile/prior_state.ts";
    const listing = new Map([...Deno.readDirSync(".")].map((entry) => [entry.name, entry]));
    const warnings = [];
    const memory = readPriorState("coder", ".", listing, (message) => warnings.push(message));
    console.log(JSON.stringify({ ...memory, warnings }));
    `,
    { cwd: dir, capabilities: "none", timeoutMs: 10_000 },
  );
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

function assertNothing({ priorState, warnings }: ReturnType<typeof recall>): void {
  assertEquals(priorState, null);
  assertEquals(warnings.length, 1, warnings.join("\n"));
  assertMatch(warnings[0] ?? "", /^[\x20-\x7e]+$/);
}

Deno.test("stateOf() lets desired_state win when it is a string", () => {
  assertEquals(stateOf({ desired_state: "stopped", gateway_state: "running" }), "stopped");
  assertEquals(stateOf({ desired_state: "running", gateway_state: "stopped" }), "running");
  assertEquals(stateOf({ desired_state: "draining", gateway_state: "running" }), "draining");
});

Deno.test("stateOf() falls back to gateway_state when desired_state is no string", () => {
  for (const desired of [undefined, null, 1, true, ["stopped"], { state: "stopped" }]) {
    assertEquals(stateOf({ desired_state: desired, gateway_state: "running" }), "running");
  }
});

Deno.test("stateOf() counts the transient draining and degraded as running", () => {
  assertEquals(stateOf({ gateway_state: "draining" }), "running");
  assertEquals(stateOf({ gateway_state: "degraded" }), "running");
});

Deno.test("stateOf() keeps other states", () => {
  for (const state of ["running", "stopped", "startup_failed", "a", "_", "a".repeat(32)]) {
    assertEquals(stateOf({ gateway_state: state }), state);
    assertEquals(stateOf({ desired_state: state }), state);
  }
});

Deno.test("stateOf() is unknown for a string that does not match [a-z_]{1,32}", () => {
  const odd = [
    ...["", "Running", "running ", "running\n", "\nrunning", "run ning", "a".repeat(33), "a1"],
    ...["\x1b[31mrunning", "running\0", "rünning", "a=b", "a-b", '"', "running\u2028"],
  ];
  for (const state of odd) {
    assertEquals(stateOf({ desired_state: state }), "unknown", JSON.stringify(state));
    assertEquals(stateOf({ gateway_state: state }), "unknown", JSON.stringify(state));
  }
});

Deno.test("stateOf() is null when neither is a string", () => {
  for (const value of [undefined, null, 0, false, [], {}]) {
    assertEquals(stateOf({ desired_state: value, gateway_state: value }), null);
  }
  assertEquals(stateOf({}), null);
});

Deno.test("stateOf() is a state or null for any JSON object", () => {
  const content = fc.record({ desired_state: fc.jsonValue(), gateway_state: fc.jsonValue() }, {
    requiredKeys: [],
  });
  fc.assert(fc.property(content, (value) => {
    assertMatch(stateOf(value) ?? "none", /^[a-z_]{1,32}$/);
  }));
});

Deno.test("stateOf() takes nothing from a prototype or a __proto__ key", () => {
  assertEquals(stateOf(JSON.parse('{"__proto__":{"desired_state":"running"}}')), null);
  assertEquals(stateOf(JSON.parse('{"__proto__":"running","constructor":"running"}')), null);
});

Deno.test("readPriorState() reads the state of a profile that ran", () => {
  using temp = new TempDir();
  temp.write(FILE, RUNNING);
  assertEquals(recall(temp.path), {
    priorState: "running",
    priorExit: "unknown",
    warnings: [],
  });
});

const unusable: [what: string, content: string | Uint8Array][] = [
  ["empty", ""],
  ["not JSON", "running"],
  ["half JSON", '{"desired_state":"running"'],
  ["JSON and more", `${RUNNING}${RUNNING}`],
  ["an array", `[${RUNNING}]`],
  ["null", "null"],
  ["a string", '"running"'],
  ["a number", "1"],
  ["not UTF-8", new Uint8Array([...encode('{"desired_state":"running","x":"'), 0xff, 0x22, 0x7d])],
  ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ["full of NULs", new Uint8Array(100)],
  ["nested 100000 arrays deep and not closed", "[".repeat(100_000)],
  ["nested 100000 arrays deep", "[".repeat(100_000) + "]".repeat(100_000)],
  ["over 1 MiB", RUNNING + " ".repeat(LIMIT + 1 - RUNNING.length)],
];

for (const [what, content] of unusable) {
  Deno.test(`readPriorState() takes a state file that is ${what} for no prior state, with one warning`, () => {
    using temp = new TempDir();
    temp.write(FILE, content);
    assertNothing(recall(temp.path));
  });
}

Deno.test("readPriorState() says of JSON that is no object that it is none", () => {
  for (const content of ["null", "[]", "1", '"running"', "true"]) {
    using temp = new TempDir();
    temp.write(FILE, content);
    assertMatch(recall(temp.path).warnings[0] ?? "", /not a JSON object$/);
  }
});

Deno.test("readPriorState() takes a missing state file for no prior state, with one warning", () => {
  using temp = new TempDir();
  assertNothing(recall(temp.path));
});

Deno.test("readPriorState() takes a state file that vanished for no prior state, with one warning", () => {
  using temp = new TempDir();
  const path = temp.write(FILE, RUNNING);
  const before = listing(temp.path);
  Deno.removeSync(path);
  const warnings: string[] = [];
  const memory = readPriorState("coder", temp.path, before, (message) => warnings.push(message));
  assertNothing({ ...memory, warnings });
});

Deno.test("readPriorState() takes an unreadable state file for no prior state, with one warning", async () => {
  using temp = new TempDir();
  temp.write(FILE, RUNNING, 0);
  assertNothing(await recallApart(temp.path));
});

const notRegular: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["directory", (path) => Deno.mkdirSync(path)],
  ["symlink to a state file", (path, temp) => Deno.symlinkSync(temp.write("real", RUNNING), path)],
  ["symlink to a device", (path) => Deno.symlinkSync("/dev/zero", path)],
  ["FIFO", (path) => mkfifo(path)],
];

for (const [what, make] of notRegular) {
  Deno.test(`readPriorState() takes a ${what} for no prior state, with one warning, and does not hang`, async () => {
    using temp = new TempDir();
    const dir = temp.mkdir("profile");
    make(`${dir}/${FILE}`, temp);
    assertNothing(await recallApart(dir));
  });
}

Deno.test("readPriorState() takes a socket for no prior state, with one warning, and does not hang", async () => {
  using temp = new TempDir();
  using _socket = Deno.listen({ transport: "unix", path: `${temp.path}/${FILE}` });
  assertNothing(await recallApart(temp.path));
});

Deno.test({
  name:
    "readPriorState() takes a device for no prior state, with one warning (only root can make one)",
  ignore: !IS_ROOT,
  async fn() {
    using temp = new TempDir();
    runSync("mknod", `${temp.path}/${FILE}`, "c", "1", "5");
    assertNothing(await recallApart(temp.path));
  },
});

Deno.test("readPriorState() reads a state file of exactly 1 MiB", () => {
  using temp = new TempDir();
  temp.write(FILE, RUNNING + " ".repeat(LIMIT - RUNNING.length));
  const { priorState, warnings } = recall(temp.path);
  assertEquals([priorState, warnings], ["running", []]);
});

Deno.test("readPriorState() reads a state file that starts with a BOM", () => {
  using temp = new TempDir();
  temp.write(FILE, "\ufeff" + RUNNING);
  const { priorState, warnings } = recall(temp.path);
  assertEquals([priorState, warnings], ["running", []]);
});

Deno.test("readPriorState() reads a state beside 100000 nested arrays", () => {
  using temp = new TempDir();
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  temp.write(FILE, `{"x":${deep},"desired_state":"running"}`);
  assertEquals(recall(temp.path).priorState, "running");
});

Deno.test("readPriorState() reads a small file after a large one without its remains", () => {
  using temp = new TempDir();
  temp.write(FILE, RUNNING + " ".repeat(5000) + "\n");
  assertEquals(recall(temp.path).priorState, "running");
  temp.write(FILE, "{}");
  assertEquals(recall(temp.path), { priorState: null, priorExit: "unknown", warnings: [] });
});

Deno.test("readPriorState() never shows a file's content in a warning", () => {
  using temp = new TempDir();
  temp.write(FILE, "x\nreconcile: profile=evil prior_state=running\x1b[31m");
  const [warning = ""] = recall(temp.path).warnings;
  assert(!warning.includes("evil") && !warning.includes("\n"), warning);
});

const exits: [phase: string, content: string, exit: PriorExit][] = [
  ["exited", '{"phase":"exited"}', "clean"],
  ["running", '{"phase":"running"}', "unclean"],
  ["another", '{"phase":"starting"}', "unknown"],
  ["no", "{}", "unknown"],
  ["a non-string", '{"phase":["running"]}', "unknown"],
  ["a broken", '{"phase":', "unknown"],
];

for (const [phase, content, exit] of exits) {
  Deno.test(`readPriorState() takes ${phase} phase in the lifecycle file for a prior exit ${exit}`, () => {
    using temp = new TempDir();
    temp.write(FILE, RUNNING);
    temp.mkdir("state");
    temp.write("state/gateway.lifecycle.json", content);
    assertEquals(recall(temp.path), { priorState: "running", priorExit: exit, warnings: [] });
  });
}

Deno.test("readPriorState() takes a lifecycle file that is no regular file for unknown, and does not hang", async () => {
  using temp = new TempDir();
  const dir = temp.mkdir("profile");
  temp.write(`profile/${FILE}`, RUNNING);
  temp.mkdir("profile/state");
  const path = `${dir}/state/gateway.lifecycle.json`;
  mkfifo(path);
  assertEquals((await recallApart(dir)).priorExit, "unknown");
  Deno.removeSync(path);
  Deno.symlinkSync(temp.write("real", '{"phase":"exited"}'), path);
  assertEquals((await recallApart(dir)).priorExit, "unknown");
  Deno.removeSync(path);
  assertEquals((await recallApart(dir)).priorExit, "unknown");
});

Deno.test("readPriorState() takes a state directory that is a symlink for an unknown prior exit", async () => {
  using temp = new TempDir();
  const dir = temp.mkdir("profile");
  temp.write(`profile/${FILE}`, RUNNING);
  temp.mkdir("elsewhere");
  temp.write("elsewhere/gateway.lifecycle.json", '{"phase":"exited"}');
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${dir}/state`);
  assertEquals(await recallApart(dir), {
    ...{ priorState: "running", priorExit: "unknown", warnings: [] },
  });
});

Deno.test({
  name: "readPriorState() never swallows Deno's NotCapable",
  permissions: { read: false },
  fn() {
    const entry = { isFile: true, isSymlink: false };
    for (const name of [FILE, "state"]) {
      assertThrows(
        () => readPriorState("coder", "/opt/data", new Map([[name, entry]]), () => {}),
        Deno.errors.NotCapable,
      );
    }
  },
});
