import { START_TIME } from "./places.ts";
import { survivable } from "../_errors.ts";

/**
 * Asks when processes were started. Needs `--allow-run` for {@linkcode START_TIME}.
 *
 * @param pids Their PIDs.
 * @param timeoutMs How long that may take, in milliseconds.
 * @returns The time of each that is there, in clock ticks since the host started;
 * `undefined` if it is not known.
 *
 * @example
 * ```ts no-eval
 * import { startTimesOf } from "./start_time.ts";
 * (await startTimesOf([1], 1000))?.get(1); // 2
 * ```
 */
export async function startTimesOf(
  pids: readonly number[],
  timeoutMs: number,
): Promise<Map<number, number> | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(START_TIME, {
      args: pids.map(String),
      clearEnv: true,
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    if (!success) return undefined;
    const lines = new TextDecoder().decode(stdout).matchAll(/^(\d+) (\d{1,15})$/gm);
    return new Map([...lines].map(([, pid, ticks]) => [Number(pid), Number(ticks)]));
  } catch (error) {
    survivable(error);
    return undefined;
  }
}
