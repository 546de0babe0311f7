import { START_TIME } from "./places.ts";
import { survivable } from "../_errors.ts";

/**
 * Asks when a process was started. Needs `--allow-run` for {@linkcode START_TIME}.
 *
 * @param pid Its PID.
 * @param timeoutMs How long that may take, in milliseconds.
 * @returns The time, in clock ticks since the host started; `null` if it is not known.
 *
 * @example
 * ```ts no-eval
 * import { startTimeOf } from "./start_time.ts";
 * await startTimeOf(1, 1000); // 2
 * ```
 */
export async function startTimeOf(pid: number, timeoutMs: number): Promise<number | null> {
  try {
    const { success, stdout } = await new Deno.Command(START_TIME, {
      args: [String(pid)],
      clearEnv: true,
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    const [, ticks] = /^(\d{1,15})\n$/.exec(new TextDecoder().decode(stdout)) ?? [];
    return success && ticks !== undefined ? Number(ticks) : null;
  } catch (error) {
    survivable(error);
    return null;
  }
}
