import { LOOK } from "./places.ts";
import { parseProcesses, type Processes } from "./processes.ts";

/** Options of {@linkcode runLook}. */
export interface LookOptions {
  /** The directories whose room is asked about. Default: none. */
  dirs?: readonly string[] | undefined;
  /** How long it may take, in milliseconds; what it was ended in says nothing. Default: for ever. */
  timeoutMs?: number | undefined;
  /** The program. Default: {@linkcode LOOK}. */
  program?: string | undefined;
}

/**
 * Runs the program that tells what runs in the container, with an empty
 * environment. Needs `--allow-run` for it.
 *
 * @param options What to ask about, and how long to wait.
 * @returns What runs; nothing where there was no time to see it.
 * @throws {Error} If the program cannot be run.
 *
 * @example
 * ```ts no-eval
 * import { runLook } from "./look.ts";
 * (await runLook({ timeoutMs: 1000 })).all.get(1)?.program; // "s6-svscan"
 * ```
 */
export async function runLook(
  { dirs = [], timeoutMs, program = LOOK }: LookOptions = {},
): Promise<Processes> {
  const { stdout } = await new Deno.Command(program, {
    args: [...dirs],
    clearEnv: true,
    ...{ stdin: "null", stderr: "null" },
    ...timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) },
  }).output();
  return parseProcesses(new TextDecoder().decode(stdout));
}
