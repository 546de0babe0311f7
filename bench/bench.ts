import { fromFileUrl, join } from "@std/path";
import { RECONCILE_PROFILES } from "../lib/image/stages.ts";
import { table } from "../tasks/_table.ts";
import { type Live, measureLive } from "./_live.ts";
import { compileTools } from "./_measure.ts";
import type { Phases } from "./_phases.ts";
import { plot, type Series } from "./_plot.ts";
import { BARE, measureAll, perItemUs, type Result, resultOf } from "./_results.ts";
import { spreadOf } from "./_statistics.ts";
import { onTmpfs } from "./_tmpfs.ts";
import { makeHome, Suite } from "./_worlds.ts";

const RESULTS = join(fromFileUrl(import.meta.url), "../results");
const EXTENT = {
  services: [1, 20, 200],
  profiles: [1, 5, 100, 1000, 4000],
  rounds: 40,
  traced: [0, 5, 20, 1000],
};

const ms = (value: number) => value.toFixed(1);

function resultTable(results: readonly Result[]): string {
  const bare = resultOf(results, BARE, 0).ms.median;
  return table([
    ["WHAT", "N", "RUNS", "MEDIAN MS", "QUARTILES", "X BARE", "US EACH", "CALLS", "STARTED", "MIB"],
    ...results.map((result) => {
      const each = perItemUs(results, result);
      const { title, size, runs, ms: spread, calls, started, peakKiB } = result;
      const total = calls && Object.values(calls).reduce((sum, count) => sum + count, 0);
      return [
        title,
        String(size),
        String(runs),
        ms(spread.median),
        `${ms(spread.low)}-${ms(spread.high)}`,
        (spread.median / bare).toFixed(2),
        each === null ? "-" : each.toFixed(0),
        total === null ? "-" : String(total),
        started === null ? "-" : String(started),
        peakKiB === null ? "-" : (peakKiB / 1024).toFixed(0),
      ];
    }),
  ]);
}

function liveTable({ boots, statusMs }: Live): string {
  return table([
    ["ON A REAL S6", "N", "RUNS", "HOOKS DONE MS", "LAST UP MS"],
    ...boots.map(({ profiles, runs, hooksMs, upMs }) => [
      "boot",
      String(profiles),
      String(runs),
      ms(hooksMs.median),
      ms(upMs.median),
    ]),
    ["gatewayctl status", "100", "10", ms(statusMs.median), "-"],
  ]);
}

/** Stage 02 in pieces, with 1000 profiles: the median of each. */
async function measurePhases(dir: string): Promise<Phases> {
  const [home, scandir] = [`${dir}/home`, `${dir}/scandir`];
  const suite = await Suite.install(`${dir}/hermes-boot`);
  await makeHome(home, 1000);
  const entry = "bench/_phases.ts";
  const { path, args, env } = suite.stage({ ...RECONCILE_PROFILES, entry }, { home, scandir }, [
    home,
    scandir,
  ]);
  const taken: Phases[] = [];
  for (let run = -1; run < 10; run++) {
    const { success, stdout, stderr } = await new Deno.Command(path, {
      args: [...args],
      env,
      clearEnv: true,
    }).output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(decoder.decode(stderr));
    if (run >= 0) taken.push(JSON.parse(decoder.decode(stdout)));
    await Deno.remove(scandir, { recursive: true });
  }
  const median = (phase: keyof Phases) => spreadOf(taken.map((one) => one[phase])).median;
  return {
    reading: median("reading"),
    building: median("building"),
    mkfifo: median("mkfifo"),
    publishing: median("publishing"),
    logging: median("logging"),
  };
}

const COLOURS = [
  "#c0392b",
  "#2471a3",
  "#1e8449",
  "#8e44ad",
  "#b9770e",
  "#7d8a8c",
  "#117a65",
  "#000",
];

/** One line per scene that has several sizes, and for the boots. */
function seriesOf(results: readonly Result[], live: Live | undefined): Series[] {
  const titles = [...new Set(results.map(({ title }) => title))].filter((title) => title !== BARE);
  const lines = titles.map((title) => ({
    name: title.replace(/,.*/, ""),
    points: results.filter((one) => one.title === title)
      .map(({ size, ms }) => [size, ms.median] as const),
  }));
  const boots = live?.boots ?? [];
  if (boots.length > 0) {
    lines.push({
      name: "boot: hooks done",
      points: boots.map(({ profiles, hooksMs }) => [profiles, hooksMs.median]),
    }, {
      name: "boot: last gateway up",
      points: boots.map(({ profiles, upMs }) => [profiles, upMs.median]),
    });
  }
  return lines.map((line, index) => ({ ...line, colour: COLOURS[index] ?? "#000" }));
}

function progress(text: string): void {
  console.error(`bench: info: ${text}`);
}

const code = await onTmpfs(async ({ path, tmpfs }) => {
  await Deno.mkdir(RESULTS, { recursive: true });
  const results = await measureAll(path, await compileTools(path), EXTENT, progress);
  console.log(`${resultTable(results)}\n`);
  const phases = await measurePhases(`${path}/phases`);
  const words = Object.entries(phases).map(([name, value]) => `${name} ${ms(value)}`);
  console.log(`02 with 1000 profiles, in ms: ${words.join(", ")}\n`);

  const live = await measureLive([10, 100, 1000], 3, progress).catch((error) => {
    console.error(`bench: warning: nothing measured on a real s6: ${error.message}`);
    return undefined;
  });
  if (live !== undefined) console.log(liveTable(live));
  const picture = plot(seriesOf(results, live), {
    title: "The boot stages, their floors, and boots on a real s6",
    x: "services or profiles",
    y: "milliseconds, median",
  });
  await Deno.writeTextFile(`${RESULTS}/bench.svg`, picture);
  const report = { deno: Deno.version.deno, tmpfs, results, phases, live };
  await Deno.writeTextFile(`${RESULTS}/bench.json`, JSON.stringify(report, null, 2) + "\n");
  progress(`${RESULTS}/bench.json, bench.svg`);
  return 0;
});
Deno.exit(code);
