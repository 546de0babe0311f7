import { assertEquals, assertRejects } from "@std/assert";
import { fingerprintProfiles } from "../../lib/profile/fingerprint.ts";
import { type WatchOptions, watchProfiles } from "../../lib/control/watch.ts";
import { Home, mkfifo } from "../_fixtures.ts";
import { TempDir } from "../_temp.ts";

/** What happens while a home is watched. */
interface Scenario {
  /** What is done to the home, by the time. */
  at?: Readonly<Record<number, () => unknown>>;
  /** What each sync does, by its number; whether it goes well. Default: it does. */
  sync?: (index: number) => boolean;
  /** How long each look takes. Default: no time. */
  lookMs?: number;
  everyMs?: number;
  look?: WatchOptions["look"];
}

/** Watches a home for so many milliseconds of a clock that does not tick; returns what happened. */
async function watch(
  { path }: Home,
  untilMs: number,
  { at = {}, sync = () => true, lookMs = 0, ...rest }: Scenario = {},
): Promise<string[]> {
  const lines: string[] = [];
  const note = (text: string) => lines.push(`${now} ${text.replace(path, "HOME")}`);
  const end = new AbortController();
  let [now, syncs] = [0, 0];
  await watchProfiles({
    ...rest,
    home: path,
    signal: end.signal,
    inform: note,
    warn: (message) => note(`warning: ${message}`),
    sync(intact) {
      const ok = sync(syncs++);
      const found = fingerprintProfiles(path);
      note(`${found.readable ? found.profiles : ""}${intact() ? "" : " not intact"}`);
      return Promise.resolve(ok);
    },
    clock: {
      now: () => now += lookMs,
      sleep(ms) {
        const next = Object.keys(at).map(Number).filter((time) => now < time && time <= now + ms);
        for (const time of next) at[time]?.();
        now += ms;
        if (now >= untilMs) end.abort();
        return Promise.resolve();
      },
    },
  });
  return lines;
}

Deno.test("watchProfiles() syncs at the start, and within 1.5 s when profiles come or go", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const coder = home.add("coder");
  const at = {
    1501: () => home.add("writer"),
    4001: () => Deno.removeSync(coder, { recursive: true }),
  };
  assertEquals(await watch(home, 20_000, { at }), [
    ...["500 +coder", "3000 +coder/+writer", "5500 +writer"],
  ]);
});

Deno.test("watchProfiles() syncs once for a burst, after it, and for one without an end after 10 s", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const lines = async (count: number) => {
    const add = (i: number) => [1600 + 100 * i, () => home.add(`${count}-${i}`)] as const;
    const at = Object.fromEntries(Array.from({ length: count }, (_, i) => add(i)));
    const found = await watch(home, 30_000, { at });
    return found.slice(1).map((line) => [line.split(" ")[0], line.split("/").length]);
  };
  assertEquals(await lines(30), [["5000", 30]]);
  assertEquals(await lines(120), [["12500", 140], ["14000", 150]]);
});

Deno.test("watchProfiles() does nothing about a change that is taken back", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const add = () => home.add("coder");
  const remove = () => Deno.removeSync(`${home.path}/profiles/coder`, { recursive: true });
  // Seen at 2500 and 4500, never twice in a row.
  const at = { 2000: add, 2600: remove, 4100: add, 4600: remove };
  assertEquals(await watch(home, 60_000, { at }), ["500 "]);
});

Deno.test("watchProfiles() sees what came during a sync", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const sync = (index: number) => index > 1 || home.add(`late${index}`) !== "";
  assertEquals(await watch(home, 60_000, { sync }), [
    ...["500 +late0", "2000 +late0/+late1", "3500 +late0/+late1"],
  ]);
});

Deno.test("watchProfiles() tries a failed sync again, ever more rarely, until it goes well or there is a change", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const lines = await watch(home, 3_600_000, { sync: (index) => index > 11 });
  const times = lines.map(Number);
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  assertEquals(gaps, [
    ...[1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000],
    ...[300_000, 300_000, 300_000],
  ]);
  const at = { 10_000: () => home.add("a"), 40_000: () => home.add("b") };
  const again = await watch(home, 60_000, { at, sync: (index) => index > 3 && index !== 5 });
  assertEquals(again.slice(3), ["7500 ", "11000 +a", "40500 +a/+b", "41500 +a/+b"]);
});

Deno.test("watchProfiles() waits while profiles is no directory, with one warning, and goes on", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const [root, away] = [`${home.path}/profiles`, `${home.path}/away`];
  home.add("coder");
  const at = {
    1501: () => Deno.renameSync(root, away),
    5501: () => mkfifo(root),
    9501: () => Deno.removeSync(root),
    9502: () => Deno.symlinkSync(away, root),
    13_501: () => Deno.removeSync(root),
    13_502: () => Deno.renameSync(away, root),
    16_000: () => home.add("writer"),
    16_600: () => Deno.renameSync(root, away), // a change that one look has seen
    18_000: () => Deno.renameSync(away, root),
  };
  const wait = "nothing is done while it is so";
  assertEquals(await watch(home, 60_000, { at, sync: (index) => index > 0 }), [
    "500 +coder",
    "1500 +coder",
    `2500 warning: HOME/profiles is missing: ${wait}`,
    `6500 warning: HOME/profiles is not a directory: ${wait}`,
    "14500 HOME/profiles is back",
    `17000 warning: HOME/profiles is missing: ${wait}`,
    "18000 HOME/profiles is back",
    "18500 +coder/+writer",
  ]);
});

Deno.test("watchProfiles() makes no second try while profiles is away", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const [root, away] = [`${home.path}/profiles`, `${home.path}/away`];
  const at = {
    600: () => Deno.renameSync(root, away),
    50_000: () => Deno.renameSync(away, root),
  };
  const lines = await watch(home, 60_000, { at, sync: (index) => index > 0 });
  assertEquals(lines.filter((line) => line.endsWith(" ")), ["500 ", "50500 "]);
});

Deno.test("watchProfiles() says to a sync when profiles is not what it was", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const root = `${home.path}/profiles`;
  home.add("coder");
  const sync = (index: number) => {
    Deno.renameSync(root, `${home.path}/away${index}`);
    if (index > 0) Deno.mkdirSync(root);
    return true;
  };
  const at = { 3000: () => Deno.mkdirSync(root) };
  assertEquals((await watch(home, 4500, { at, sync })).filter((line) => line.includes("intact")), [
    ...["500  not intact", "4000  not intact"],
  ]);
});

Deno.test("watchProfiles() rests ten times as long as a look has taken", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  // A look from 300 to 600, the next 3 s later; each asking for the time takes as long.
  const at = { 5000: () => home.add("coder") };
  assertEquals(await watch(home, 20_000, { at, lookMs: 300 }), ["4200 ", "11700 +coder"]);
});

Deno.test("watchProfiles() goes by the system's clock, and passes on what a sync throws", async () => {
  using temp = new TempDir();
  const { path: home } = new Home(temp);
  const startedAt = performance.now();
  const sync = () => Promise.reject(new TypeError(`${performance.now() - startedAt >= 490}`));
  const ignore = () => {};
  const ended = watchProfiles({ home, sync, inform: ignore, warn: ignore });
  await assertRejects(() => ended, TypeError, "true");
});

Deno.test("watchProfiles() syncs again after a while if it is told to, and looks as it is told to", async () => {
  using temp = new TempDir();
  const home = new Home(temp);
  const every = { everyMs: 10_000 };
  assertEquals(await watch(home, 31_000, every), ["500 ", "10500 ", "20500 ", "30500 "]);
  const lines = await watch(home, 60_000, { ...every, sync: () => false });
  assertEquals(lines.slice(0, 6), ["500 ", "1500 ", "3500 ", "7500 ", "15500 ", "25500 "]);
  let bell = 0;
  const look = (path: string) => {
    const found = fingerprintProfiles(path);
    return found.readable ? { ...found, profiles: `${bell}` } : found;
  };
  assertEquals(await watch(home, 20_000, { look, at: { 5001: () => bell++ } }), ["500 ", "6000 "]);
});
