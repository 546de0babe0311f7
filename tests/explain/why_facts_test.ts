import { assertEquals } from "@std/assert";
import { reconcileProfileGateways } from "../../lib/boot/reconcile.ts";
import { findBootLine, findEdited, readBootLog } from "../../lib/explain/why_facts.ts";
import { gatewaySlot } from "../../lib/slot/slot.ts";
import { Home, mkfifo, RUNNING } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

/** Writes a log of boots. */
function writeBoots(temp: TempDir, name: string, ...lines: string[]): void {
  temp.mkdir("home/logs");
  temp.write(`home/logs/${name}`, lines.map((line) => `${line}\n`).join(""));
}

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

Deno.test("readBootLog() goes back to the boot log that was rotated away", () => {
  using temp = new TempDir();
  const home = temp.mkdir("home");
  const readBootLine = (home: string, profile: string) => findBootLine(readBootLog(home), profile);
  assertEquals(readBootLine(home, "coder"), undefined);
  const lines = ["T1 profile=coder prior_state=None", "T1 profile=writer prior_state=None"];
  writeBoots(temp, "container-boot.log.1", ...lines);
  assertEquals(readBootLine(home, "coder"), { text: lines[0]!, latest: true });
  writeBoots(temp, "container-boot.log", "T2 profile=writer prior_state=running");
  assertEquals(readBootLine(home, "coder"), { text: lines[0]!, latest: false });
  assertEquals(readBootLine(home, "writer"), {
    ...{ text: "T2 profile=writer prior_state=running", latest: true },
  });
  // It does not wait for a FIFO.
  Deno.removeSync(`${home}/logs/container-boot.log`);
  mkfifo(`${home}/logs/container-boot.log`);
  assertEquals(readBootLine(home, "coder")?.latest, true);
});

/** A home whose slots a boot has made. */
async function booted(temp: TempDir, ...profiles: string[]) {
  const home = new Home(temp);
  for (const profile of profiles) home.add(profile, RUNNING);
  const places = { home: home.path, scandir: home.scandir };
  await reconcileProfileGateways(places);
  return { home, places };
}

Deno.test("findEdited() finds nothing in what a boot has made, whoever starts", async () => {
  using temp = new TempDir();
  const { home, places } = await booted(temp, "coder");
  assertEquals(findEdited("coder", places), []);
  assertEquals(findEdited("default", places), []);
  assertEquals(findEdited("nobody", places), []);
  temp.write("scandir/gateway-coder/down");
  // What register has written: an environment of its own.
  const description = { profile: "coder", home: home.path, multiplex: false };
  const { files } = gatewaySlot({ ...description, extraEnv: { TOKEN: "it's" } }, false);
  temp.write("scandir/gateway-coder/run", files.run, 0o755);
  assertEquals(findEdited("coder", places), []);
});

Deno.test("findEdited() names the files that are not what the suite writes", async () => {
  using temp = new TempDir();
  const { home, places } = await booted(temp, "coder");
  const slot = home.slot("coder");
  Deno.writeTextFileSync(`${slot}/run`, "# more\n", { append: true });
  assertEquals(findEdited("coder", places), ["run"]);
  Deno.chmodSync(`${slot}/finish`, 0o644);
  temp.write("scandir/gateway-coder/log/run", "#!/bin/sh\n", 0o755);
  assertEquals(findEdited("coder", places), ["run", "finish", "log/run"]);
});

Deno.test("findEdited() does not take a profile that has come or gone since for an edit", async () => {
  using temp = new TempDir();
  const { home, places } = await booted(temp);
  const rules = { selection: { away: () => undefined }, topology: "one" } as const;
  for (const profiles of [[], ["coder"]]) {
    Deno.removeSync(home.scandir, { recursive: true });
    for (const profile of profiles) home.add(profile);
    await reconcileProfileGateways({ ...places, rules });
    assertEquals(findEdited("default", { ...places, rules }), []);
  }
});
