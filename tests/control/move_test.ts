import { assertEquals, assertMatch } from "@std/assert";
import { bringDown, bringUp, forceDown } from "../../lib/control/move.ts";
import { PLANNED_STOP_FILE } from "../../lib/profile/planned_stop.ts";
import { readDeaths } from "../../lib/s6/status.ts";
import { Supervision } from "../../lib/s6/supervision.ts";
import { fakeBin, recorded, recorder } from "../_fixtures.ts";
import { exists, TempDir } from "../_temp.ts";

/** A slot whose gateway is up or down, and a supervision tree of shell scripts. */
function makeScene(temp: TempDir, svstat: string, svc = "") {
  temp.mkdir("scandir/gateway-coder/supervise");
  temp.write("scandir/gateway-coder/supervise/death_tally", new Uint8Array(14));
  const dir = temp.mkdir("coder");
  const marker = `${dir}/${PLANNED_STOP_FILE}`;
  const bin = fakeBin(`${temp.path}/bin`, {
    "s6-svok": "",
    "s6-svstat": `echo ${svstat}`,
    "s6-svc": recorder(
      `${temp.path}/svc`,
      `cp '${marker}' '${temp.path}/seen' 2>/dev/null || :; ${svc}`,
    ),
  });
  const supervision = new Supervision({ scandir: `${temp.path}/scandir`, bin, timeoutMs: 1234 });
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return { supervision, gateway: { profile: "coder", dir }, warnings, warn };
}

const UP = "true true 4711 -1 NA 5";
const DOWN = "false false -1 0 NA 5";

Deno.test("bringUp() forgets the deaths before it", async () => {
  using temp = new TempDir();
  const { supervision } = makeScene(temp, DOWN);
  await bringUp(supervision, "gateway-coder");
  assertEquals(readDeaths(`${temp.path}/scandir/gateway-coder`), 0);
});

Deno.test("bringDown() tells a gateway that is up that the stop is intended, before it comes", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warnings, warn } = makeScene(temp, UP);
  await bringDown(supervision, gateway, {}, warn);
  assertEquals(JSON.parse(Deno.readTextFileSync(`${temp.path}/seen`)).target_pid, 4711);
  assertEquals(warnings, []);
});

Deno.test("bringDown() writes nothing for a gateway that is down", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warn } = makeScene(temp, DOWN);
  await bringDown(supervision, gateway, { wait: false }, warn);
  assertEquals([...Deno.readDirSync(gateway.dir)], []);
});

Deno.test("bringDown() warns when the gateway cannot be told, and brings it down all the same", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warnings, warn } = makeScene(temp, UP);
  Deno.removeSync(gateway.dir);
  await bringDown(supervision, gateway, {}, warn);
  assertMatch(
    warnings.join(),
    /^profile=coder: its gateway takes the stop for a crash: No such file/,
  );
  assertEquals(exists(`${temp.path}/svc`), true);
});

/** What the slot's files say at each `s6-svc`, which takes too long to have done what it was told. */
function makeHanging(temp: TempDir, svstat: string) {
  const cat = 'for dir; do :; done; cd "$dir"';
  const log = `${temp.path}/words`;
  const said = ["timeout-kill", "again"].map((file) => `$(cat ${file} 2>/dev/null || echo -)`);
  const svc = `${cat}; echo "${said.join(" ")}" >>'${log}'; exit 99`;
  const words = () => Deno.readTextFileSync(log);
  return { ...makeScene(temp, svstat, svc), words };
}

Deno.test("bringDown() leaves word of the kill and of the start before it tells s6, and says what goes on", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warn, words } = makeHanging(temp, UP);
  const before = Date.now();
  const options = { killAfterMs: 5000.5, again: true };
  const stopping = await bringDown(supervision, gateway, options, warn);
  assertEquals([stopping?.again, words()], [true, "5001 4711\n"]);
  assertEquals(Math.round((Number(stopping?.killAt) - before) / 5000), 1);
  // s6-supervise has read it: the container's stop, and hermes's, shall not.
  assertEquals(exists(`${temp.path}/scandir/gateway-coder/timeout-kill`), false);
});

Deno.test("bringDown() has nobody killed or started who was to be before, unless that is asked for", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warn, words } = makeHanging(temp, UP);
  for (const file of ["timeout-kill", "again"]) {
    temp.write(`scandir/gateway-coder/${file}`, "4711\n");
  }
  const stopping = await bringDown(supervision, gateway, {}, warn);
  assertEquals([stopping, words()], [{ killAt: null, again: false }, "- -\n"]);
});

Deno.test("bringDown() with again has one that is down by s6's word stay so, and leaves no word", async () => {
  using temp = new TempDir();
  const { supervision, gateway, warn } = makeScene(temp, DOWN);
  const slot = `${temp.path}/scandir/gateway-coder`;
  assertEquals(await bringDown(supervision, gateway, { again: true }, warn), undefined);
  assertEquals(recorded(`${temp.path}/svc`), ["-T", "1234", "-wD", "-d", slot]);
  assertEquals([exists(`${slot}/again`), exists(`${slot}/timeout-kill`)], [false, false]);
});

Deno.test("bringUp() has a gateway that is still stopping started when it is down", async () => {
  for (const [svstat, again] of [["true false 4711 -1 NA 5", ""], [UP, "4711\n"]] as const) {
    using temp = new TempDir();
    const { supervision, words } = makeHanging(temp, svstat);
    if (again !== "") temp.write("scandir/gateway-coder/again", again);
    const stopping = await bringUp(supervision, "gateway-coder");
    assertEquals([stopping, words()], [{ killAt: undefined, again: true }, "- 4711\n"]);
  }
});

Deno.test("forceDown() kills what does not go down in time, and warns", async () => {
  using temp = new TempDir();
  const svc = 'case "$*" in *-dk*) ;; *) exit 99 ;; esac';
  const { supervision, warnings, warn } = makeScene(temp, UP, svc);
  await forceDown(supervision, "coder", warn);
  assertEquals(warnings, ["profile=coder: not down within 1234 ms: killing it"]);
});
