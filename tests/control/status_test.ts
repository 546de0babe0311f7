import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidProfileNameError } from "../../lib/_errors.ts";
import { askGateway, confirmStates, inOrder, legalProfiles } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { fakeBin, Home } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

const NOT_REGISTERED = { registered: false, supervised: false, status: null };
const NOT_SUPERVISED = { registered: true, supervised: false, status: null };

/** A home with a slot for `coder`, and a manager whose s6-svstat is this script. */
function setUp(temp: TempDir, svstat: string, timeoutMs = 10_000): [S6ServiceManager, Home] {
  const home = new Home(temp);
  temp.mkdir("scandir/gateway-coder/supervise");
  const bin = fakeBin(`${temp.path}/bin`, { "s6-svstat": svstat });
  const options = { home: home.path, scandir: home.scandir, bin, timeoutMs };
  return [new S6ServiceManager(options), home];
}

Deno.test("legalProfiles() lists default, then what can have a gateway, by name", () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const names = ["writer", "coder-2", "coder_2", "a", "coder", "0"];
  for (const name of [...names, "Coder", "my bot", ".hidden", "a".repeat(244)]) home.add(name);
  temp.mkdir("home/profiles/default");
  temp.write("home/profiles/default/SOUL.md");
  temp.mkdir("home/profiles/soulless");
  temp.write("home/profiles/file");
  Deno.symlinkSync("coder", `${home.path}/profiles/link`);
  const warnings: string[] = [];
  const listed = legalProfiles(home.path, (message) => warnings.push(message));
  assertEquals(listed, ["default", "0", "a", "coder", "coder-2", "coder_2", "writer"]);
  assertEquals(warnings, []);
});

Deno.test("legalProfiles() has the root profile alone where there are no profiles", () => {
  using temp = new TempDir();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  assertEquals([legalProfiles(temp.path, warn), warnings], [["default"], []]);
  const file = temp.write("profiles");
  assertEquals(legalProfiles(temp.path, warn), ["default"]);
  assertEquals(warnings, [`${file} is not a directory: no named profiles`]);
});

Deno.test("askGateway() says what s6 says, with the deaths", async () => {
  using temp = new TempDir();
  const [manager] = setUp(temp, "echo false true -1 3 NA 5");
  temp.write("scandir/gateway-coder/supervise/death_tally", new Uint8Array(2 * 14));
  assertEquals(await askGateway(manager, "coder"), {
    registered: true,
    supervised: true,
    status: {
      ...{ profile: "coder", up: false, wantedUp: true, pid: null },
      ...{ exitCode: 3, signal: null, seconds: 5, deaths: 2 },
    },
  });
});

Deno.test("askGateway() says that there is no slot, also when it goes while s6 is asked", async () => {
  using temp = new TempDir();
  const [manager] = setUp(
    temp,
    `touch '${temp.path}/asked'; for dir; do :; done; rm -r "$dir"; exit 1`,
  );
  assertEquals(await askGateway(manager, "writer"), NOT_REGISTERED);
  assertThrows(() => Deno.lstatSync(`${temp.path}/asked`), Deno.errors.NotFound);
  assertEquals(await askGateway(manager, "coder"), NOT_REGISTERED);
});

Deno.test("askGateway() has a slot without a status when s6 does not say one", async () => {
  for (const [svstat, timeoutMs] of [["exit 1"], ["exit 111"], ["exec sleep 60", 50]] as const) {
    using temp = new TempDir();
    const [manager] = setUp(temp, svstat, timeoutMs);
    assertEquals(await askGateway(manager, "coder"), NOT_SUPERVISED, svstat);
    Deno.removeSync(`${temp.path}/bin`, { recursive: true });
    assertEquals(await askGateway(manager, "coder"), NOT_SUPERVISED, "there is no s6");
  }
});

Deno.test("askGateway() passes on any other error", async () => {
  using temp = new TempDir();
  const [manager] = setUp(temp, "echo up 5 seconds");
  const error = await assertRejects(
    () => askGateway(manager, "../coder"),
    InvalidProfileNameError,
  );
  assertEquals(error.profile, "../coder");
  await assertRejects(() => askGateway(manager, "coder"), TypeError, "up 5 seconds");
});

Deno.test("inOrder() has default first, then the others by name, each once", () => {
  assertEquals(inOrder(["coder", "default", "a", "coder", "B"]), ["default", "B", "a", "coder"]);
  assertEquals(inOrder(["coder", "a"]), ["a", "coder"]);
  assertEquals(inOrder([]), []);
});

Deno.test("confirmStates() believes s6 where it cannot be known which processes are there", async () => {
  using temp = new TempDir();
  const [manager] = setUp(temp, "echo true true 7 -1 NA 5");
  const states = [await askGateway(manager, "coder"), await askGateway(manager, "writer")];
  assertEquals(states[0]?.status?.pid, 7);
  assertEquals(await confirmStates(manager, states), states);
});
