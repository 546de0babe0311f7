import { Container, REPOSITORY, until } from "../tests/container/container.ts";
import { findS6 } from "../tests/container/s6_packages.ts";
import { type Spread, spreadOf } from "./_statistics.ts";
import { makeHome } from "./_worlds.ts";

/** A boot in a container with a real s6, from the first hook on. */
export interface Boot {
  profiles: number;
  runs: number;
  /** Until the hooks are done, in milliseconds. */
  hooksMs: Spread;
  /** Until the last gateway is up, in milliseconds. */
  upMs: Spread;
}

/** What was measured with a real s6. */
export interface Live {
  boots: Boot[];
  /** `gatewayctl status` with 100 gateways, in milliseconds. */
  statusMs: Spread;
}

const STATUS_SLOTS = 100;

async function inContainer<T>(
  profiles: number,
  act: (container: Container, data: string) => Promise<T>,
): Promise<T> {
  const data = await Deno.makeTempDir({ prefix: "hermes-bench-" });
  try {
    await makeHome(data, profiles, "running");
    if (Deno.uid() === 0) {
      await new Deno.Command("chown", { args: ["-R", "10000:10000", data] }).output();
    }
    // PID 1's s6-svscan would take no more than 500 services.
    const env = { HERMES_SUPERVISION: "isolated" };
    await using container = await Container.start({ data, env });
    return await act(container, data);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

/** Waits for every gateway; the stub notes its PID when it is up. */
async function untilUp(data: string): Promise<void> {
  const waiting = [`${data}/gateway.pid`];
  for await (const { name } of Deno.readDir(`${data}/profiles`)) {
    waiting.push(`${data}/profiles/${name}/gateway.pid`);
  }
  await until("every gateway", async () => {
    for (let path = waiting.at(-1); path !== undefined; path = waiting.at(-1)) {
      if (!await Deno.lstat(path).catch(() => undefined)) return false;
      waiting.pop();
    }
    return true;
  }, 300_000);
}

async function boot(container: Container, data: string): Promise<number[]> {
  const start = performance.now();
  const hooks = await container.boot();
  const hooksMs = performance.now() - start;
  for (const [name, { code, stderr }] of hooks) {
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
  }
  await untilUp(data);
  return [hooksMs, performance.now() - start];
}

/**
 * Measures boots and `gatewayctl status` on a real s6.
 *
 * @param sizes How many profiles the boots have, all of them running.
 * @param runs How often each boots.
 * @param progress Told how far it is.
 * @returns What was measured.
 */
export async function measureLive(
  sizes: readonly number[],
  runs: number,
  progress: (text: string) => void,
): Promise<Live> {
  await findS6(REPOSITORY, "debian", progress);
  const boots: Boot[] = [];
  for (const profiles of sizes) {
    const taken: number[][] = [];
    for (let run = 0; run < runs; run++) {
      progress(`boot ${run + 1} of ${runs} with ${profiles} profiles`);
      taken.push(await inContainer(profiles, (container, data) => boot(container, data)));
    }
    const [hooksMs, upMs] = [0, 1].map((index) => spreadOf(taken.map((one) => one[index] ?? NaN)));
    boots.push({ profiles, runs, hooksMs: hooksMs!, upMs: upMs! });
  }
  progress("gatewayctl status");
  const statusMs = await inContainer(STATUS_SLOTS, async (container, data) => {
    await boot(container, data);
    const times: number[] = [];
    for (let run = -1; run < 10; run++) {
      const start = performance.now();
      const { code, stderr } = await container.exec(["gatewayctl", "status"], { user: "hermes" });
      if (code !== 0) throw new Error(`gatewayctl status: ${stderr}`);
      if (run >= 0) times.push(performance.now() - start);
    }
    return spreadOf(times);
  });
  return { boots, statusMs };
}
