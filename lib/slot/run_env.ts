import { lstatIfPresent } from "../_fs.ts";
import { survivable } from "../_errors.ts";
import { readExtraEnv } from "./render.ts";

/**
 * Reads the environment that a slot's `run` exports to its gateway.
 * Needs `--allow-read` for it.
 *
 * @param path The `run`, which may be anything, or nothing.
 * @returns The environment; empty where it cannot be read from that.
 *
 * @example
 * ```ts no-eval
 * import { readRunEnv } from "./run_env.ts";
 * readRunEnv("/run/service/gateway-coder/run"); // { TOKEN: "x" }
 * ```
 */
export function readRunEnv(path: string): Record<string, string> {
  try {
    // Opening a FIFO would wait for ever.
    if (!lstatIfPresent(path)?.isFile) return {};
    return readExtraEnv(Deno.readTextFileSync(path)) ?? {};
  } catch (error) {
    survivable(error);
    return {};
  }
}
