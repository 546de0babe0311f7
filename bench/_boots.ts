import { Container, until } from "../tests/container/container.ts";
import { Cgroup } from "./_cgroup.ts";
import { type Contender, HOOKS_DONE } from "./_contenders.ts";
import { median } from "./_statistics.ts";
import { makeHome, profileNames, STUB_FILE } from "./_worlds.ts";

/** What a contender took for so many gateways. */
export interface Boot {
  contender: string;
  size: number;
  /** From its start to the last gateway up, in milliseconds; ours starts with the first hook. */
  upMs: number;
  /** The part of it after the hooks, which only ours has. */
  afterHooksMs: number | null;
  /** CPU time until then, of it and of the gateways; `null` without a control group. */
  cpuMs: number | null;
  /** Memory of what supervises and logs, shared pages in parts (PSS), in KiB. */
  memoryKiB: number | null;
  /** From a SIGKILL of a gateway to the next one up, in milliseconds. */
  againMs: number | null;
  /** Until all gateways and the contender have ended, in milliseconds. */
  stopMs: number | null;
}

/** How boots are measured. */
export interface Extent {
  sizes: readonly number[];
  /** How often each. */
  runs: number;
  /** Whether only until it is up. */
  upOnly: boolean;
  /** What is kept of the runs. */
  keep: (values: readonly number[]) => number;
}

const UP_TIMEOUT_MS = 120_000;
const KILLS = 5;

// What is in the container joins the control group, and this shell with what it will start.
const JOIN = `[ ! -e /opt/bench/cgroup ] || for pid in $$ $(cd /proc && echo [0-9]*); do
  echo "$pid" >/opt/bench/cgroup/cgroup.procs
done 2>/dev/null
`;

const MEMORY = `for dir in /proc/[0-9]*; do
  { read -r name <"$dir/comm" && while read -r key kib _; do
    [ "$key" != Pss: ] || echo "\${dir#/proc/} $kib $name"
  done <"$dir/smaps_rollup"; } 2>/dev/null
done`;

/**
 * Waits for gateways; the stub notes its PID when it is up.
 *
 * @param data What is /opt/data in the container.
 * @param profiles Whose.
 * @returns When the last one came up, in milliseconds since 1970.
 */
export async function untilUp(data: string, profiles: readonly string[]): Promise<number> {
  const waiting = [...profiles];
  let last = 0;
  await until("every gateway", () => {
    for (let name = waiting.at(-1); name !== undefined; name = waiting.at(-1)) {
      const info = statIfThere(`${data}/up/${name}`);
      if (info === undefined || info.size === 0) return false;
      last = Math.max(last, info.mtime?.getTime() ?? NaN);
      waiting.pop();
    }
    return true;
  }, UP_TIMEOUT_MS);
  return last;
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The PSS of all but gateways, stand-ins, this look, and those that are not the contender's. */
async function memoryOf(container: Container, others: ReadonlySet<string>): Promise<number> {
  const { stdout } = await container.sh(`echo $$; ${MEMORY}`);
  const [own, ...lines] = stdout.trim().split("\n");
  return lines.map((line) => line.split(" ")).filter(([pid = "", , name]) =>
    pid !== own && name !== "sleep" && !others.has(pid)
  ).reduce((sum, [, kib]) => sum + Number(kib), 0);
}

/** Kills some gateways at once; returns how long each was away, in milliseconds. */
async function killSome(
  container: Container,
  data: string,
  profiles: readonly string[],
): Promise<number[]> {
  const files = profiles.map((profile) => `${data}/up/${profile}`);
  const pids = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  await container.sh(`: >/opt/data/up/.killed; kill -9 ${pids.map((pid) => pid.trim()).join(" ")}`);
  for (const [index, file] of files.entries()) {
    await until(`the next of ${file}`, async () => {
      const now = await Deno.readTextFile(file);
      return now !== "" && now !== pids[index];
    }, UP_TIMEOUT_MS);
  }
  const at = (file: string) => statIfThere(file)?.mtime?.getTime() ?? NaN;
  return files.map((file) => at(file) - at(`${data}/up/.killed`));
}

/** Some of them, from the first to the last one. */
function spread(profiles: readonly string[]): string[] {
  const step = Math.max(1, Math.floor(profiles.length / KILLS));
  return profiles.filter((_, index) => index % step === 0).slice(0, KILLS);
}

/** Where boots are measured, and what is laid over the containers. */
export interface Site {
  /** A directory to work in. */
  dir: string;
  /** Trees to lay over `/`. */
  layers: readonly string[];
}

/**
 * Boots once.
 *
 * @param contender What.
 * @param size How many gateways.
 * @param site Where.
 * @param upOnly Whether nothing is measured after it is up.
 * @returns What it took.
 */
async function boot(
  contender: Contender,
  size: number,
  { dir, layers }: Site,
  upOnly: boolean,
): Promise<Boot> {
  const data = await Deno.makeTempDir({ dir, prefix: "boot-" });
  const profiles = profileNames(size);
  await makeHome(data, size, "running");
  for (const name of ["up", "logs"]) await Deno.mkdir(`${data}/${name}`);
  await contender.prepare(data, profiles);
  await new Deno.Command("chown", { args: ["-R", "10000:10000", data] }).output();
  using cgroup = Cgroup.make();
  const mounts = {
    "/usr/local/bin/hermes": STUB_FILE,
    ...cgroup === undefined ? {} : { "/opt/bench/cgroup": cgroup.path },
  };
  const container = await Container.start({ data, env: contender.env, layers, mounts });
  try {
    return await bootIn(container, contender, { data, profiles, cgroup, upOnly });
  } catch (error) {
    const { stdout } = await container.sh("tail -n 5 /tmp/out");
    throw new Error(`${contender.name}: ${(error as Error).message}\n${stdout}`);
  } finally {
    await container.stop(0);
    await Deno.remove(data, { recursive: true });
  }
}

async function bootIn(
  container: Container,
  contender: Contender,
  { data, profiles, cgroup, upOnly }: {
    data: string;
    profiles: readonly string[];
    cgroup: Cgroup | undefined;
    upOnly: boolean;
  },
): Promise<Boot> {
  const before = await container.sh("cd /proc && echo [0-9]*");
  const others = new Set(contender.ownsPid1 ? [] : before.stdout.trim().split(" "));
  const start = Date.now();
  const started = container.sh(`${JOIN}${contender.start}`);
  const up = await untilUp(data, profiles);
  const hooks = statIfThere(`${data}/${HOOKS_DONE}`)?.mtime;
  const result: Boot = {
    contender: contender.name,
    size: profiles.length,
    upMs: up - start,
    afterHooksMs: hooks ? up - hooks.getTime() : null,
    cpuMs: cgroup?.cpuMs() ?? null,
    ...{ memoryKiB: null, againMs: null, stopMs: null },
  };
  if (upOnly) return result;
  // All of them take a death in the first second for a failed start.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  result.memoryKiB = await memoryOf(container, others);
  result.againMs = median(await killSome(container, data, spread(profiles)));
  const stop = performance.now();
  await contender.stop(container, started);
  result.stopMs = performance.now() - stop;
  return result;
}

/** Puts some boots of one contender and size together. */
function together(boots: readonly Boot[], keep: Extent["keep"]): Boot {
  const of = (measure: Exclude<keyof Boot, "contender" | "size" | "upMs">) => {
    const values = boots.flatMap((one) => one[measure] ?? []);
    return values.length === 0 ? null : keep(values);
  };
  return {
    ...boots[0]!,
    upMs: keep(boots.map(({ upMs }) => upMs)),
    afterHooksMs: of("afterHooksMs"),
    cpuMs: of("cpuMs"),
    memoryKiB: of("memoryKiB"),
    againMs: of("againMs"),
    stopMs: of("stopMs"),
  };
}

/**
 * Boots contenders in turn, so that what disturbs the machine disturbs all of them.
 *
 * @param contenders Which.
 * @param site Where.
 * @param extent How.
 * @param progress Told how far it is.
 * @returns What is kept of the runs, one per size and contender.
 */
export async function measureBoots(
  contenders: readonly Contender[],
  site: Site,
  { sizes, runs, upOnly, keep }: Extent,
  progress: (text: string) => void,
): Promise<Boot[]> {
  const boots: Boot[] = [];
  for (const size of sizes) {
    const taken = contenders.map((): Boot[] => []);
    for (let run = 0; run < runs; run++) {
      progress(`boots with ${size} gateways, ${run + 1} of ${runs}`);
      for (const [index, contender] of contenders.entries()) {
        taken[index]!.push(await boot(contender, size, site, upOnly));
      }
    }
    boots.push(...taken.map((some) => together(some, keep)));
  }
  return boots;
}
