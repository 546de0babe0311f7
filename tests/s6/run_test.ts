import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseStatus, runS6, type RunS6Options, S6_PROGRAMS } from "../../lib/s6/run.ts";
import { S6CommandError, S6TimeoutError } from "../../lib/_errors.ts";
import { until } from "../container/container.ts";
import { fakeBin, recorded, recorder, REPO, runScript } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const SERVICE = "gateway-coder";

/** Runs a fake s6-svc with this body. */
function runFake(
  temp: TempDir,
  body: string,
  { args = [], ...options }: Partial<RunS6Options> & { args?: string[] } = {},
): Promise<string> {
  const bin = fakeBin(`${temp.path}/bin`, { "s6-svc": body });
  return runS6("s6-svc", args, { service: SERVICE, timeoutMs: 10_000, bin, ...options });
}

/** Whether a process is there and no zombie. */
function alive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("parseStatus() reads a service that is up, exited, was killed, or never ran", () => {
  const up = { up: true, wantedUp: true, exitCode: null, signal: null };
  const down = { up: false, wantedUp: false, pid: null, seconds: 3, signal: null };
  assertEquals(parseStatus("true true 4711 -1 NA 60\n"), { ...up, pid: 4711, seconds: 60 });
  assertEquals(parseStatus("false false -1 78 NA 3\n"), { ...down, exitCode: 78 });
  assertEquals(parseStatus("false false -1 0 NA 3"), { ...down, exitCode: 0 });
  assertEquals(parseStatus("false true -1 -1 SIGKILL 3\n"), {
    ...{ ...down, wantedUp: true, exitCode: null, signal: "SIGKILL" },
  });
});

Deno.test("parseStatus() refuses what is no such line", () => {
  for (
    const output of [
      ...["", "\n", "up (pid 4711) 60 seconds\n", "true true 4711 -1 NA\n"],
      ...["true true 4711 -1 NA 60 more\n", "true true 4711 -1 NA 60\n\n"],
      ...["yes true 4711 -1 NA 60\n", "true true x -1 NA 60\n"],
    ]
  ) {
    assertThrows(() => parseStatus(output), TypeError, JSON.stringify(output));
  }
});

Deno.test("runS6() passes the arguments as they are and returns what was said", async () => {
  using temp = new TempDir();
  const args = ["-T", "5", "a b", "", "$(id)", "ü\n"];
  const noted = `${temp.path}/args`;
  assertEquals(await runFake(temp, recorder(noted, "echo said"), { args }), "said\n");
  assertEquals(recorded(noted), args);
});

Deno.test("runS6() gives an empty environment and no standard input", async () => {
  using temp = new TempDir();
  const said = await runFake(temp, "/usr/bin/env; /bin/cat");
  const names = said.trim().split("\n").map((line) => line.split("=")[0]);
  // What the shell itself sets.
  assertEquals(names.filter((name) => name !== "PWD" && name !== "_" && name !== "SHLVL"), []);
});

Deno.test("runS6() takes more output than a pipe holds", async () => {
  using temp = new TempDir();
  const body = "head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero | tr '\\\\0' x";
  assertEquals((await runFake(temp, body)).length, 1_000_000);
});

Deno.test("runS6() words a failure with all that the caller needs", async () => {
  using temp = new TempDir();
  const failing = runFake(temp, "echo lost; echo one >&2; echo two >&2; exit 111", {
    args: ["-u"],
  });
  const error = await assertRejects(() => failing, S6CommandError, "gateway-coder: two");
  assertEquals({ ...error }, {
    name: "S6CommandError",
    command: ["s6-svc", "-u"],
    service: SERVICE,
    exitCode: 111,
    stderr: "one\ntwo\n",
  });
  const silent = () => runFake(temp, "exit 3");
  await assertRejects(silent, S6CommandError, "gateway-coder: s6-svc exited 3");
  const killed = await assertRejects(() => runFake(temp, "kill -9 $$"), S6CommandError);
  assertEquals(killed.exitCode, 128 + 9);
});

for (
  const [what, body] of [
    ["hangs", "exec sleep 60"],
    ["ignores SIGTERM", "trap '' TERM INT HUP; while :; do sleep 1; done"],
    ["closes its output and hangs", "exec >&- 2>&- sleep 60"],
    ["hangs in a child that holds its output", "sleep 60; :"],
    ["talks for ever", "while :; do echo more; done"],
  ] as const
) {
  Deno.test(`runS6() kills a program that ${what}, in bounded time`, async () => {
    using temp = new TempDir();
    const pid = `${temp.path}/pid`;
    const start = performance.now();
    const late = () => runFake(temp, `echo $$ >${pid}\n${body}`, { timeoutMs: 300 });
    await assertRejects(late, S6TimeoutError, "300 ms");
    const elapsed = performance.now() - start;
    assert(elapsed >= 300 && elapsed < 5000, `${elapsed} ms`);
    const killed = Number(Deno.readTextFileSync(pid));
    await until(`${killed} is gone`, () => !alive(killed), 2000);
  });
}

Deno.test("runS6() leaves a program that minds the time itself its grace: 99 is its time-out", async () => {
  using temp = new TempDir();
  const options = { timeoutMs: 100, graceMs: 5000 };
  const late = () => runFake(temp, "sleep 0.3; exit 99", options);
  const error = await assertRejects(late, S6TimeoutError, "100 ms");
  assertEquals([error.name, error.service, error.timeoutMs], ["S6TimeoutError", SERVICE, 100]);
  assertEquals(await runFake(temp, "sleep 0.3; echo done", options), "done\n");
});

Deno.test("runS6() stands a program that ends at the very time it would be killed", async () => {
  using temp = new TempDir();
  const bin = fakeBin(`${temp.path}/bin`, { "s6-svc": "exec sleep 0.05" });
  const verdicts = await Promise.all(Array.from({ length: 40 }, async (_, index) => {
    try {
      return await runS6("s6-svc", [], { service: SERVICE, timeoutMs: 40 + index, bin });
    } catch (error) {
      return error instanceof S6TimeoutError ? "" : error;
    }
  }));
  assertEquals(verdicts, verdicts.map(() => ""));
});

Deno.test("runS6() that gave up keeps neither a timer nor a stream: the process can end", async () => {
  using temp = new TempDir();
  const bin = fakeBin(`${temp.path}/bin`, { "s6-svc": "sleep 30; :", "s6-svok": "exit 0" });
  const { stdout, stderr } = await runScript(
    `
    import { runS6 } from "../../lib/s6/run.ts";
    const options = { service: "x", bin: "${bin}" };
    await runS6("s6-svok", [], { ...options, timeoutMs: 60000 });
    await runS6("s6-svc", [], { ...options, timeoutMs: 100 }).catch(({ name }) => console.log(name));
    `,
    { timeoutMs: 10_000 },
  );
  assertEquals([stdout, stderr], ["S6TimeoutError\n", ""]);
});

Deno.test("runS6() words a program that cannot be run as exit code 127", async () => {
  using temp = new TempDir();
  temp.mkdir("bin/s6-svok");
  temp.write("bin/s6-svc", "#!/bin/sh\n", 0o644);
  temp.write("bin/s6-svstat", "#!/nowhere\n", 0o755);
  for (const program of S6_PROGRAMS) {
    const options = { service: SERVICE, timeoutMs: 5000, bin: `${temp.path}/bin` };
    const error = await assertRejects(() => runS6(program, ["-d"], options), S6CommandError);
    assertEquals([error.exitCode, error.command], [127, [program, "-d"]]);
    assert(error.stderr.startsWith(`${temp.path}/bin/${program}: `), error.stderr);
  }
});

Deno.test("runS6() passes a missing permission on", async () => {
  const { stdout, stderr } = await runScript(
    `
    import { runS6 } from "../../lib/s6/run.ts";
    await runS6("s6-svc", [], { service: "x", timeoutMs: 1000, bin: "/bin" })
      .catch((error) => console.log(error instanceof Deno.errors.NotCapable));
    `,
    { flags: [`--allow-read=${REPO}`] },
  );
  assertEquals([stdout, stderr], ["true\n", ""]);
});
