import { assertEquals, assertRejects } from "@std/assert";
import { askGateway, inOrder, legalProfiles } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { InvalidProfileNameError } from "../../lib/_errors.ts";
import { fakeBin, Home } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

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

Deno.test("inOrder() has default first, then the others by name, each once", () => {
  assertEquals(inOrder(["coder", "default", "a", "coder", "B"]), ["default", "B", "a", "coder"]);
  assertEquals(inOrder(["coder", "a"]), ["a", "coder"]);
  assertEquals(inOrder([]), []);
});

/** Asks about a gateway that is registered, where s6-svstat is this script; about no other. */
async function ask(svstat: string, profile = "coder"): Promise<unknown> {
  using temp = new TempDir();
  const { path, scandir } = new Home(temp);
  temp.mkdir("scandir/gateway-coder/supervise");
  temp.write("scandir/gateway-coder/supervise/death_tally", new Uint8Array(2 * 14));
  const bin = fakeBin(`${temp.path}/bin`, { "s6-svstat": svstat });
  const manager = new S6ServiceManager({ home: path, scandir, bin, timeoutMs: 1000 });
  return await askGateway(manager, profile);
}

Deno.test("askGateway() says what s6 says, with the deaths", async () => {
  assertEquals(await ask("echo false true -1 3 NA 5"), {
    ...{ profile: "coder", up: false, wantedUp: true, pid: null },
    ...{ exitCode: 3, signal: null, seconds: 5, deaths: 2 },
  });
});

Deno.test("askGateway() has nothing to say without a slot, and where s6 says nothing", async () => {
  assertEquals(await ask("echo false true -1 3 NA 5", "writer"), null);
  for (const svstat of ["exit 1", "exit 111", "exec sleep 5", 'rm -r "$3"; exit 1']) {
    assertEquals(await ask(svstat), null, svstat);
  }
});

Deno.test("askGateway() passes on any other error", async () => {
  await assertRejects(() => ask("exit 1", "../coder"), InvalidProfileNameError);
  await assertRejects(() => ask("echo up 5 seconds"), TypeError, "up 5 seconds");
});
