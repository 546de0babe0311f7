import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertWholeSlot, visible } from "../_fixtures.ts";
import type { Outcome } from "../_temp.ts";
import type { World } from "./_build.ts";
import { SECRET } from "./_config.ts";
import { HERMES } from "./_install.ts";
import type { Expected, ExpectedAction } from "./_oracle.ts";

/** An action as the stage has reported it. */
type Reported = Omit<ExpectedAction, "priorExit"> & { priorExit?: string };

/** Which kind of reason it is. */
function whyOf(reason: unknown): ExpectedAction["why"] {
  if (reason === undefined) return "none";
  if (typeof reason !== "string" || reason === "") throw new Error(`no reason: ${reason}`);
  const [, kind] = /^(served|wanted|not selected)\b./.exec(reason) ?? [];
  return kind as ExpectedAction["why"] | undefined ?? "other";
}

const LINE =
  /^reconcile: profile=(\S+) prior_state=([a-z_]{1,32}|None) action=([a-z]+)(?: reason=(".*"))?$/;
const LOG_LINE =
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 (profile=\S+ prior_state=\S+ action=\S+) prior_exit=([a-z]+)( reason=".*")?$/;

function parseLine(line: string): Reported {
  assertMatch(line, /^[\x20-\x7e]+$/);
  const [, name = "", state = "", action = "", reason] = LINE.exec(line) ?? [];
  if (action === "") throw new Error(`no line of a reconcile: ${line}`);
  return {
    profile: name.startsWith('"') ? JSON.parse(name) : name,
    priorState: state === "None" ? null : state,
    action: action as ExpectedAction["action"],
    why: whyOf(reason === undefined ? undefined : JSON.parse(reason)),
  };
}

function parseJson(line: string): Reported {
  const { reason, failed: _, ...action } = JSON.parse(line);
  return { ...action, why: whyOf(reason) };
}

/** Compares standard output with the oracle's actions. */
export function assertStdout(stdout: string, { code, actions }: Expected, json: boolean): void {
  const lines = stdout.split("\n");
  assertEquals(lines.pop(), "", "the last line ends");
  if (code === 2) return assertEquals(lines, []);
  if (json) return assertEquals(lines.map(parseJson), actions);
  const summary = lines.pop() ?? "";
  const count = (action: string) => actions.filter((one) => one.action === action).length;
  assertMatch(
    summary,
    new RegExp(
      `^reconcile: ${count("started")} started, ${count("registered")} registered, ` +
        `${count("skipped")} skipped in \\d+ ms$`,
    ),
  );
  assertEquals(lines.map(parseLine), actions.map(({ priorExit: _, ...action }) => action));
}

const COMPLAINTS: readonly [pattern: RegExp, words: string][] = [
  [/^warning: profile=([a-z0-9_-]+): no prior state: gateway_state\.json: .+$/, "$1 state"],
  [/^warning: profile=([a-z0-9_-]+): cannot remove the stale ([a-z.]+): .+$/, "$1 stale $2"],
  [/^warning: \/\S+\/profiles is not a directory: .+$/, "profiles"],
  [/^warning: cannot write the boot log: .+$/, "log"],
  [/^warning: config\.yaml: .{1,100}$/, "config"],
  [/^warning: GATEWAY_MULTIPLEX_PROFILES: .{1,100}$/, "multiplex"],
  [/^warning: HERMES_GATEWAY_TOPOLOGY: .{1,100}$/, "topology"],
  [/^warning: hermes 0\.21\.4 has one gateway for all profiles: .+$/, "only one"],
  [/^error: (HERMES_GATEWAY_(?:PROFILES|SHARD)): expected .{1,300}$/, "error $1"],
  [/^error: cannot read \/\S+\/profiles: .+$/, "error profiles"],
];

/** Compares standard error with the oracle's complaints. */
export function assertStderr(stderr: string, { complaints }: Expected): void {
  const found = stderr.split("\n").slice(0, -1).map((line) => {
    assertMatch(line, /^reconcile: [\x20-\x7e]+$/);
    const said = line.slice("reconcile: ".length);
    const [pattern, words] = COMPLAINTS.find(([pattern]) => pattern.test(said)) ?? [];
    if (pattern === undefined || words === undefined) throw new Error(`unexpected: ${line}`);
    return said.replace(pattern, words);
  });
  assertEquals(found.sort(), complaints);
}

/** Every profile that is not skipped has a whole slot, and nothing else is there. */
export function assertScandir(scandir: string, { code, actions }: Expected): void {
  if (code === 2) return assertEquals([...Deno.readDirSync(scandir)], []);
  const slots = actions.filter(({ action }) => action !== "skipped");
  assertEquals(visible(scandir), slots.map(({ profile }) => `gateway-${profile}`).sort());
  for (const { profile, action } of slots) {
    const down = action !== "started";
    assertWholeSlot(`${scandir}/gateway-${profile}`, { down, uid: HERMES.uid });
  }
  const own = [...Deno.readDirSync(`${scandir}/.hermes`)].map(({ name }) => name);
  assertEquals(own.sort(), ["last-boot.json", "lock"]);
}

/** Compares the boot log with the oracle's actions. */
export function assertBootLog({ home }: World, expected: Expected, before: string): void {
  if (expected.bootLog === "untouched") return;
  const path = `${home}/logs/container-boot.log`;
  const rotated = expected.bootLog === "rotated";
  if (rotated) assertEquals(Deno.readTextFileSync(`${path}.1`), before, "what was rotated");
  const text = Deno.readTextFileSync(path);
  const old = rotated ? "" : before;
  assertEquals(text.slice(0, old.length), old, "what was in the log");
  assert(!text.includes(SECRET), "a secret got into the boot log");
  const lines = text.slice(old.length).split("\n");
  assertEquals(lines.pop(), "", "the log's last line ends");
  const actions = lines.map((line) => {
    const [, fields, priorExit = "", reason = ""] = LOG_LINE.exec(line) ?? [];
    return { ...parseLine(`reconcile: ${fields}${reason}`), priorExit };
  });
  assertEquals(actions, expected.actions);
}

/** Compares all that a run said with the oracle. */
export function assertOutcome(outcome: Outcome, expected: Expected, json: boolean): void {
  assert(!(outcome.stdout + outcome.stderr).includes(SECRET), "a secret got into the output");
  assertEquals(outcome.code, expected.code, outcome.stderr);
  assertStdout(outcome.stdout, expected, json);
  assertStderr(outcome.stderr, expected);
}
