import { assertEquals } from "@std/assert";
import { type Container, until } from "../container/container.ts";
import { ctl, ctlJson } from "./_gatewayctl.ts";
import { type BootOptions, type Scene, type Supervision, THREE } from "./_live.ts";

/** One process of a container. */
export interface Process {
  /** Its PID in there. */
  pid: number;
  /** Its parent's. */
  ppid: number;
  /** The state, as in proc(5): `Z` for a zombie. */
  state: string;
  /** Its command line, without the NULs. */
  line: string;
}

/** A container with a fault to be. */
export interface World {
  container: Container;
  /** How its gateways are supervised. */
  mode: Supervision;
  scandir: string;
}

/** What is expected of a profile's gateway once a fault is over. */
export type Expected = Readonly<Record<string, "up" | "down">>;

/** What each row of the table is. */
export interface Fault {
  /** What is planted, in words. */
  title: string;
  /** Where it can exist. Default: {@linkcode KINDS}. */
  kinds?: readonly Kind[];
  /** Beside {@linkcode PROFILES}. */
  profiles?: Readonly<Record<string, Scene>>;
  /** How the container boots. */
  boot?: BootOptions;
  /** Planted before the hooks run. */
  before?: (world: World) => Promise<unknown>;
  /** Plants it. */
  plant?: (world: World) => Promise<unknown>;
  /** What is so while it lasts, where {@linkcode EXPECTED} is so only when it is over. */
  during?: (world: World) => Promise<unknown>;
  /** What `health` exits with while it lasts, and it is not ended. Default: 0. */
  health?: number;
  /** Ends it: what an operator does. */
  end?: (world: World) => Promise<unknown>;
  /** How long until all is as it should be, in milliseconds. */
  withinMs: number;
}

/** A way to supervise. */
export type Kind = "shared" | "isolated" | "three capabilities";

/** Every {@linkcode Kind}, and how it boots. */
export const KINDS: Readonly<Record<Kind, BootOptions>> = {
  shared: { env: { HERMES_SUPERVISION: "shared" } },
  isolated: { env: { HERMES_SUPERVISION: "isolated" } },
  "three capabilities": { capabilities: THREE },
};

/** How long a container may take to stop, in milliseconds. */
export const STOP_MS = 10_000;

const LIST = `for dir in /proc/[0-9]*; do
  line='' stat=''
  { read -r stat <"$dir/stat" && read -r line <"$dir/cmdline"; printf '%s|%s\\n' "$stat" "$line"; }
done 2>/dev/null`;

/** Lists a container's processes. */
export async function processes(container: Container): Promise<Process[]> {
  const { stdout } = await container.sh(LIST);
  return stdout.split("\n").flatMap((text) => {
    const [, pid, state, ppid, line = ""] = /^(\d+) \(.*\) (\S) (\d+) [^|]*\|(.*)$/.exec(text) ??
      [];
    return pid === undefined ? [] : { pid: Number(pid), ppid: Number(ppid), state: state!, line };
  });
}

/** Finds the one process whose command line, without its NULs, is this. */
export async function find(container: Container, line: RegExp): Promise<number> {
  return await until(`a process ${line}`, async () => {
    const found = (await processes(container)).filter((one) => line.test(one.line));
    return found.length === 1 && found[0]!.pid;
  });
}

/** The gateways of a profile: processes of the stub whose parent is none. */
function gatewaysOf(all: readonly Process[], profile: string): number[] {
  const option = profile === "default" ? "" : `-p${profile}`;
  const own = new Map(
    all.filter(({ line }) => line.endsWith(`/hermes${option}gatewayrun--replace`))
      .map(({ pid, ppid }) => [pid, ppid]),
  );
  return [...own].filter(([, ppid]) => !own.has(ppid)).map(([pid]) => pid);
}

/** What `gatewayctl` says, and what is so. */
interface Truth {
  /** The PIDs of each profile's gateways. */
  gateways: Record<string, number[]>;
  /** What `list` takes for them. */
  listed: Record<string, number[]>;
  /** The exit code of `health`. */
  health: number;
  /** The processes that nobody has waited for. */
  zombies: string[];
}

async function look(container: Container, profiles: readonly string[]): Promise<Truth> {
  const all = await processes(container);
  const listed = await ctlJson<{ profile: string; up: boolean; pid: number | null }[]>(
    container,
    ["list"],
  );
  const pidOf = (profile: string) => {
    const { up, pid } = listed.find((one) => one.profile === profile) ?? {};
    return up && typeof pid === "number" ? [pid] : [];
  };
  return {
    gateways: Object.fromEntries(profiles.map((one) => [one, gatewaysOf(all, one)])),
    listed: Object.fromEntries(profiles.map((one) => [one, pidOf(one)])),
    health: (await ctl(container, ["health"])).code,
    zombies: all.filter(({ state }) => state === "Z").map(({ line, pid }) => `${pid} ${line}`),
  };
}

/** Waits until each gateway is as expected, once, and `list` and `health` say so. */
export async function untilTrue(
  { container }: World,
  expected: Expected,
  timeoutMs: number,
  healthCode = 0,
): Promise<void> {
  const profiles = Object.keys(expected);
  let last: Truth | undefined;
  const isSo = async () => {
    last = await look(container, profiles);
    const { gateways, listed, health, zombies } = last;
    return health === healthCode && zombies.length === 0 && profiles.every((one) => {
      const wanted = expected[one] === "up" ? 1 : 0;
      return gateways[one]?.length === wanted && String(gateways[one]) === String(listed[one]);
    });
  };
  try {
    await until("all is as it should be", isSo, timeoutMs);
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(last)}`);
  }
}

/** Stops a container, which has to end by itself; returns how long it took, in milliseconds. */
export async function stopWithin({ container }: World, limitMs = STOP_MS): Promise<number> {
  const start = performance.now();
  const ended = await container.stop(2 * limitMs);
  const tookMs = performance.now() - start;
  assertEquals(ended && tookMs < limitMs, true, `its stop took ${Math.round(tookMs)} ms`);
  return tookMs;
}
