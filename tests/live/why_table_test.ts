import { assert, assertEquals, assertMatch } from "@std/assert";
import { pooledMap } from "@std/async/pool";
import { logWord } from "../../lib/_quote.ts";
import { CAUSES, CLUSTER_CAUSES } from "../../lib/explain/causes.ts";
import { until } from "../container/container.ts";
import { ctl, ctlJson, ctlOk } from "./_gatewayctl.ts";
import { type Boot, liveTest, RUNNING, SCANDIRS, SUPERVISIONS } from "./_live.ts";
import type { Group, Place, Row } from "./_why_row.ts";
import { GROUPS } from "./_why_table.ts";

/** How many containers there are at once: they wait more than they work. */
const AT_ONCE = 3;
const PATIENCE_MS = 30_000;

/** What a command with `--json` says of a gateway. */
interface Said {
  profile: string;
  cause: string;
  text?: string;
  try?: string;
  outside?: string;
}

function run({ container, scandir }: Place, row: Row, script: string, user = row.planter) {
  const slot = `${scandir}/gateway-${row.profile}`;
  return container.exec(["sh", "-c", script, "sh", row.profile, slot], { user: user ?? "hermes" });
}

async function runOk(place: Place, row: Row, script: string | undefined, user?: Row["planter"]) {
  if (script === undefined) return;
  const { code, stderr } = await run(place, row, script, user);
  assertEquals(code, 0, `${row.profile}: ${script}: ${stderr}`);
}

/** Asks until each row's cause has been seen; what passes is planted again. */
async function untilSeen(
  place: Place,
  rows: readonly Row[],
  wanted: (row: Row) => string | undefined,
  ask: () => Promise<readonly Said[]>,
): Promise<Map<Row, Said>> {
  const seen = new Map<Row, Said>();
  let last = "";
  const look = async () => {
    const said = await ask();
    const left = rows.filter((row) => !seen.has(row));
    for (const row of left) {
      const about = said.filter(({ profile }) => profile === row.profile);
      const found = wanted(row) === "absent"
        ? about.some(({ cause }) => cause === row.cause) ? undefined : { profile: "", cause: "" }
        : about.find(({ cause }) => cause === wanted(row));
      if (found !== undefined) seen.set(row, found);
      else if (row.again !== undefined) await run(place, row, row.again);
    }
    const missing = rows.filter((row) => !seen.has(row));
    last = missing.map((row) => {
      const now = said.filter(({ profile }) => profile === row.profile);
      return `${row.profile}: expected ${wanted(row)}, got ${now.map(({ cause }) => cause)}`;
    }).join("; ");
    return missing.length === 0;
  };
  await until("the causes", look, PATIENCE_MS).catch((error) => {
    throw new Error(`${error.message}: ${last}`);
  });
  return seen;
}

async function inMetrics({ container }: Place): Promise<Said[]> {
  const text = await ctlOk(container, ["metrics"]);
  const found = text.matchAll(
    /^hermes_gateway_state\{profile=(".*"),state=".*",cause="(.*)"\} 1$/gm,
  );
  return [...found].map(([, profile = "", cause = ""]) => ({
    profile: JSON.parse(profile),
    cause,
  }));
}

/** Sees a stage's causes everywhere; returns what `why` says of each. */
async function see(place: Place, rows: readonly Row[]): Promise<Map<Row, Said>> {
  const { container } = place;
  const others = (row: Row) => row.others ?? row.cause;
  const names = ["--", ...new Set(rows.map(({ profile }) => profile))];
  await untilSeen(place, rows, others, () => ctlJson<Said[]>(container, ["list"]));
  const said = await untilSeen(place, rows, ({ cause }) => cause, async () => {
    const { stdout, stderr } = await ctl(container, ["why", "--json", ...names]);
    return stdout === "" ? Promise.reject(new Error(stderr)) : JSON.parse(stdout).gateways;
  });
  const metrics = rows.map((row) => ({ ...row, profile: logWord(row.profile) }));
  await untilSeen(place, metrics, others, () => inMetrics(place));
  const { stdout } = await ctl(container, ["why", ...names]);
  for (const [row, { text, try: help, outside }] of said) {
    if (row.says !== undefined) assertMatch(text ?? "", row.says);
    assertEquals(
      [help !== undefined, outside !== undefined],
      [row.outside === undefined && !row.silent, row.outside !== undefined],
      `${row.profile}: ${row.cause}: ${text}`,
    );
    if (row.outside !== undefined) assertMatch(outside ?? "", row.outside);
    if (row.again !== undefined) continue; // it may be over
    const line = help === undefined ? outside === undefined ? "" : `  outside:` : `  try:`;
    const printed = stdout.split("\n").some((one) =>
      one.startsWith(line) && one.endsWith(` ${help ?? outside}`)
    );
    assert(line === "" || printed, `${help ?? outside}: not printed:\n${stdout}`);
  }
  return said;
}

/** Runs the command that `why` has printed, as it is; returns what it says. */
async function follow(place: Place, row: Row, command: string): Promise<string> {
  await runOk(place, row, row.correct);
  const helper = row.helper === "s6" ? place.mode === "shared" ? "root" : "hermes" : row.helper;
  const { code, stdout, stderr } = await run(place, row, command, helper);
  return `\n$ ${command}\n${stdout}${stderr}[${code}]`;
}

async function playStage(place: Place, rows: readonly Row[]): Promise<void> {
  for (const row of rows) await runOk(place, row, row.plant);
  const said = await see(place, rows);
  const commands = rows.flatMap((row) => {
    const { try: command = "" } = said.get(row)!;
    return command === "" ? [] : [{ row, command }];
  });
  const done = pooledMap(AT_ONCE, commands, ({ row, command }) => follow(place, row, command));
  const outputs = (await Array.fromAsync(done)).join("");
  const then = (row: Row) => row.then ?? "running";
  const cured = commands.map(({ row }) => row);
  // Another one's fault makes sync exit 1; what counts is what has become of this one.
  await untilSeen(place, cured, then, () => ctlJson<Said[]>(place.container, ["list"]))
    .catch((error) => Promise.reject(new Error(error.message + outputs)));
}

/** Each gateway is supervised, and has logged something if it starts. */
const SETTLED = `for dir in "$1"/gateway-*; do
  s6-svok "$dir" && s6-svok "$dir/log" || exit
  [ -e "$dir/down" ] || [ -s "/opt/data/logs/gateways/\${dir##*/gateway-}/current" ] || exit
done`;

async function play(boot: Boot, group: Group, mode: Place["mode"]): Promise<void> {
  const scenes = group.stages.flat()
    .flatMap(({ profile, scene }) =>
      scene === undefined || profile === "default" ? [] : [[profile, scene]]
    );
  const { container, home } = await boot({ ...group.profiles, ...Object.fromEntries(scenes) }, {
    env: { ...group.env, HERMES_SUPERVISION: mode },
    hooks: false,
  });
  const place: Place = { container, home, mode, scandir: SCANDIRS[mode] };
  if (group.before !== undefined) await container.sh(group.before);
  await container.boot();
  await until("the gateways", async () => {
    return (await container.exec(["sh", "-c", SETTLED, "sh", place.scandir])).code === 0;
  }, PATIENCE_MS);
  for (const stage of group.stages) {
    await playStage(place, stage.filter(({ modes = SUPERVISIONS }) => modes.includes(mode)));
  }
}

Deno.test("every cause is in the table", () => {
  const planted = new Set(
    GROUPS.flatMap(({ stages }) => stages.flat())
      .flatMap(({ cause, others }) => [cause, others]),
  );
  const causes = (Object.keys(CAUSES) as Row["cause"][])
    .filter((cause) => !CLUSTER_CAUSES.includes(cause));
  assertEquals(causes.filter((cause) => !planted.has(cause)), []);
});

for (const mode of SUPERVISIONS) {
  liveTest(
    `${mode}: list, why and metrics name every cause, and the command that why prints ends it`,
    async (boot) => {
      const groups = GROUPS.filter(({ modes = SUPERVISIONS }) => modes.includes(mode));
      const wrong = pooledMap(AT_ONCE, groups, async (group) => {
        const start = performance.now();
        try {
          await play(boot, group, mode);
          console.log(group.title, performance.now() - start);
        } catch (error) {
          return `${group.title}: ${(error as Error).message}`;
        }
      });
      const found = (await Array.fromAsync(wrong)).filter((one) => one !== undefined);
      assert(found.length === 0, found.join("\n"));
    },
  );
}

/** What breaks a gateway's log, and what is said of it. */
const MUTES: Readonly<Record<string, string>> = {
  "dead": `s6-svc -d "$2/log"`,
  "stopped": `kill -s STOP $(s6-svstat -o pid "$2/log")`,
  "kept-out": `chmod a-w "/opt/data/logs/gateways/$1"; kill -s STOP $(s6-svstat -o pid "$2/log")`,
};

for (const mode of SUPERVISIONS) {
  liveTest(
    `${mode}: a gateway that stands still because nobody reads its log has failed within 10 s, everywhere`,
    async (boot) => {
      const names = Object.keys(MUTES);
      const scenes = names.map((name) => [name, { ...RUNNING, stub: "agent" }]);
      const { container, home } = await boot(Object.fromEntries(scenes), {
        env: { HERMES_SUPERVISION: mode },
      });
      await home.untilLogged(...names);
      await ctlOk(container, ["health"]);
      const place: Place = { container, home, mode, scandir: SCANDIRS[mode] };
      for (const [profile, plant] of Object.entries(MUTES)) {
        await runOk(place, { cause: "logger-down", profile }, plant);
        const dir = home.dir(profile);
        await Deno.writeTextFile(`${dir}/big.sh`, ": >big.begun\nseq 50000\n: >big.done\n");
        await Deno.writeTextFile(`${dir}/stub.do`, "sh big.sh\n");
      }
      const start = performance.now();
      const failed = (cause: string) => cause === "logger-down" || cause === "log-unwritable";
      const commands: readonly (readonly string[])[] = [["list"], ["why"], ["metrics"]];
      for (const command of commands) {
        const said = await ctlJson<Said[]>(container, command);
        const found = said.filter(({ cause }) => failed(cause)).map(({ profile }) => profile);
        assertEquals(found.sort(), names.toSorted(), command.join(" "));
      }
      const { code, stderr } = await ctl(container, ["health"]);
      assertEquals(code, 1);
      for (const name of names) assertMatch(stderr, new RegExp(`error: ${name}: .*stands still`));
      const tookMs = performance.now() - start;
      assert(tookMs < 10_000, `it took ${Math.round(tookMs)} ms`);
      // They stand still, indeed.
      for (const name of names) {
        const dir = home.dir(name);
        await until(
          "a gateway that talks",
          () => Deno.stat(`${dir}/big.begun`).then(() => true, () => false),
        );
        const done = await Deno.stat(`${dir}/big.done`).then(() => true, () => false);
        assertEquals([name, done], [name, false]);
      }
    },
  );
}
