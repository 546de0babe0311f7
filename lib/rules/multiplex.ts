import { errorWords, survivable } from "../_errors.ts";
import { onOff } from "./on_off.ts";
import type { Warn } from "../_warn.ts";

/** Hermes's own configuration, relative to the Hermes home. */
export const CONFIG_FILE = "config.yaml";

/** The key in it that says whether one gateway serves every profile. */
export const MULTIPLEX_KEY = "multiplex_profiles";

/** The size limit of the configuration, in bytes. */
export const MAX_CONFIG_BYTES = 1 << 20;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a file that may be anything; opening a FIFO would wait for ever. */
function readConfig(path: string): string {
  const { isFile, size } = Deno.lstatSync(path);
  if (!isFile) throw new Error("not a regular file");
  if (size > MAX_CONFIG_BYTES) throw new Error(`larger than ${MAX_CONFIG_BYTES} bytes`);
  const bytes = Deno.readFileSync(path);
  try {
    return decoder.decode(bytes);
  } catch (error) {
    survivable(error);
    throw new Error("not UTF-8");
  }
}

function switchOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  const on = typeof value === "string" ? onOff(value) : undefined;
  if (on === undefined) throw new Error(`${MULTIPLEX_KEY}: expected true or false`);
  return on;
}

async function readSwitch(path: string): Promise<boolean> {
  const text = readConfig(path);
  // The parser costs milliseconds that only those who use the key shall pay.
  if (!text.includes(MULTIPLEX_KEY)) return false;
  const { parse } = await import("@std/yaml/parse");
  let config: unknown;
  try {
    config = parse(text);
  } catch (error) {
    survivable(error);
    throw new Error("not YAML"); // the parser quotes its input, which may hold secrets
  }
  if (typeof config !== "object" || config === null || !Object.hasOwn(config, MULTIPLEX_KEY)) {
    return false;
  }
  return switchOf((config as Record<string, unknown>)[MULTIPLEX_KEY]);
}

/**
 * Tells whether one gateway serves every profile of a home, so that named
 * profiles need none of their own: by the variable, else by
 * `multiplex_profiles` at the top level of `config.yaml`. A configuration that
 * is missing or does not mention it says no; so does, with a warning, one that
 * cannot be read, is not a regular file, over {@linkcode MAX_CONFIG_BYTES}, not
 * UTF-8, not YAML, or has another value there than a switch.
 *
 * Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param home The Hermes home.
 * @param variable `GATEWAY_MULTIPLEX_PROFILES`; wins unless it is empty, and
 * then is on for the words that {@linkcode onOff} takes for on.
 * @param warn Told of a configuration, or a variable, that makes no sense.
 * @returns Whether it does.
 *
 * @example
 * ```ts no-eval
 * import { isMultiplexed } from "./multiplex.ts";
 * await isMultiplexed("/opt/data", "", console.warn);
 * ```
 */
export async function isMultiplexed(home: string, variable: string, warn: Warn): Promise<boolean> {
  if (variable !== "") {
    const on = onOff(variable);
    if (on === undefined) {
      warn("GATEWAY_MULTIPLEX_PROFILES: expected true or false: taken for false");
    }
    return on ?? false;
  }
  try {
    return await readSwitch(`${home}/${CONFIG_FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    warn(`${CONFIG_FILE}: ${errorWords(survivable(error))}: taken for no multiplexing`);
    return false;
  }
}
