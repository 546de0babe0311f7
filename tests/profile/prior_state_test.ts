import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type PriorExit, readPriorState, stateOf } from "../../lib/profile/prior_state.ts";
import { IS_ROOT, mkfifo, RUNNING, runScript } from "../_fixtures.ts";
import { runSync, TempDir, writeFile } from "../_temp.ts";

const FILE = "gateway_state.json";
const LIMIT = 1024 * 1024;

function listing(dir: string) {
  return new Map([...Deno.readDirSync(dir)].map((entry) => [entry.name, entry]));
}

/** What is remembered of a profile in a directory, and the warnings it took. */
function recall(dir: string, entries = listing(dir)) {
  const warnings: string[] = [];
  const found = readPriorState("coder", dir, entries, (message) => warnings.push(message));
  return { ...found, warnings };
}

/** The same in a process of its own: reading must neither hang nor need a capability. */
async function recallApart(dir: string): Promise<ReturnType<typeof recall>> {
  const { stdout, stderr } = await runScript(
    `
    import { readPriorState } from "../../lib/profile/prior_state.ts";
    const listing = new Map([...Deno.readDirSync(".")].map((entry) => [entry.name, entry]));
    const warnings = [];
    const found = readPriorState("coder", ".", listing, (message) => warnings.push(message));
    console.log(JSON.stringify({ ...found, warnings }));
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

for (
  const [why, content, state] of [
    ["desired_state wins", { desired_state: "stopped", gateway_state: "running" }, "stopped"],
    ["also the other way", { desired_state: "running", gateway_state: "stopped" }, "running"],
    ["also a transient one", { desired_state: "draining", gateway_state: "stopped" }, "draining"],
    ["no desired_state", { gateway_state: "running" }, "running"],
    ["one that is no string", { desired_state: ["stopped"], gateway_state: "running" }, "running"],
    ["draining was running", { gateway_state: "draining" }, "running"],
    ["degraded was running", { gateway_state: "degraded" }, "running"],
    ["another state stays", { gateway_state: "startup_failed" }, "startup_failed"],
    ["32 characters", { desired_state: "a".repeat(32) }, "a".repeat(32)],
    ["nothing", {}, null],
    ["neither is a string", { desired_state: 1, gateway_state: null }, null],
    ["a __proto__", JSON.parse('{"__proto__":{"desired_state":"running"}}'), null],
  ] as const
) {
  Deno.test(`stateOf() says ${state} of ${JSON.stringify(content)}: ${why}`, () => {
    assertEquals(stateOf(content), state);
  });
}

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

Deno.test("stateOf() is a state or null for any JSON object", () => {
  const content = fc.record({ desired_state: fc.jsonValue(), gateway_state: fc.jsonValue() }, {
    requiredKeys: [],
  });
  fc.assert(fc.property(content, (value) => {
    assertMatch(stateOf(value) ?? "none", /^[a-z_]{1,32}$/);
  }));
});

Deno.test("readPriorState() warns of what it cannot use without showing any of it", () => {
  for (const content of ["x\nreconcile: profile=evil\x1b[31m", "[1]", "x".repeat(LIMIT + 1)]) {
    using temp = new TempDir();
    temp.write(FILE, content);
    const found = recall(temp.path);
    assertNothing(found);
    assert(!/evil|xx|1\]/.test(found.warnings.join()), found.warnings.join());
  }
});

Deno.test("readPriorState() takes a state file that is missing or has vanished for none", () => {
  using temp = new TempDir();
  assertNothing(recall(temp.path));
  const path = temp.write(FILE, RUNNING);
  const before = listing(temp.path);
  Deno.removeSync(path);
  assertNothing(recall(temp.path, before));
});

const WHOLE = '{"desired_state":"running","phase":"exited"}';

const unreadable: [what: string, make: (path: string, temp: TempDir) => void][] = [
  ["an unreadable file", (path) => writeFile(path, WHOLE, 0)],
  ["a directory", (path) => Deno.mkdirSync(path)],
  ["a symlink to a file", (path, temp) => Deno.symlinkSync(temp.write("real", WHOLE), path)],
  ["a symlink to a device", (path) => Deno.symlinkSync("/dev/zero", path)],
  ["a FIFO", (path) => mkfifo(path)],
  ["a socket", (path) => {
    using _listener = Deno.listen({ transport: "unix", path: `${path}.made` });
    Deno.linkSync(`${path}.made`, path);
  }],
];

if (IS_ROOT) unreadable.push(["a device", (path) => runSync("mknod", path, "c", "1", "5")]);

for (const [what, make] of unreadable) {
  Deno.test(`readPriorState() takes ${what} for no state and no exit, and does not hang`, async () => {
    using temp = new TempDir();
    const dir = temp.mkdir("profile/state");
    make(`${temp.path}/profile/${FILE}`, temp);
    make(`${dir}/gateway.lifecycle.json`, temp);
    const found = await recallApart(`${temp.path}/profile`);
    assertNothing(found);
    assertEquals(found.priorExit, "unknown");
  });
}

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

Deno.test("readPriorState() knows no prior exit without a lifecycle file, or without its directory", () => {
  using temp = new TempDir();
  temp.write(FILE, RUNNING);
  const expected = { priorState: "running", priorExit: "unknown" as const, warnings: [] };
  assertEquals(recall(temp.path), expected);
  temp.mkdir("state");
  assertEquals(recall(temp.path), expected);
});

Deno.test("readPriorState() takes a state directory that is a symlink for an unknown prior exit", () => {
  using temp = new TempDir();
  const dir = temp.mkdir("profile");
  temp.write(`profile/${FILE}`, RUNNING);
  temp.mkdir("elsewhere");
  temp.write("elsewhere/gateway.lifecycle.json", '{"phase":"exited"}');
  Deno.symlinkSync(`${temp.path}/elsewhere`, `${dir}/state`);
  assertEquals(recall(dir), { priorState: "running", priorExit: "unknown", warnings: [] });
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
