import { errorWords, survivable } from "../_errors.ts";
import { CONFIG_FILE, ownValue, readConfig } from "./config.ts";
import { onOff } from "./on_off.ts";
import type { Warn } from "../_warn.ts";

/** The key in {@linkcode CONFIG_FILE}, at the top level or under `gateway`, that has one gateway serve every profile. */
export const MULTIPLEX_KEY = "multiplex_profiles";

async function readSwitch(path: string): Promise<boolean | undefined> {
  const config = await readConfig(path, MULTIPLEX_KEY);
  const said = [config, ownValue(config, "gateway")].map((one) => ownValue(one, MULTIPLEX_KEY))
    .filter((value) => value !== undefined);
  const value = said.find((value) => value !== null) ?? said[0];
  if (value === undefined || typeof value === "boolean") return value;
  const on = typeof value === "string" || typeof value === "number"
    ? onOff(String(value))
    : undefined;
  if (on === undefined) throw new Error(`${MULTIPLEX_KEY}: expected true or false`);
  return on;
}

/**
 * Reads what hermes's own settings say about one gateway for every profile: the
 * variable, else `multiplex_profiles` in `config.yaml`, at the top level or else
 * under `gateway`. What makes no sense is a warning, and the next one counts: a
 * variable that is no switch; a configuration that cannot be read, is not a
 * regular file, over {@linkcode MAX_CONFIG_BYTES}, not UTF-8, not YAML, or has
 * another value there than a switch.
 *
 * Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param home The Hermes home.
 * @param variable `GATEWAY_MULTIPLEX_PROFILES`; spaces around are ignored.
 * @param warn Told of what makes no sense.
 * @returns Whether one gateway serves every profile; `undefined` if neither says.
 *
 * @example
 * ```ts no-eval
 * import { readMultiplex } from "./multiplex.ts";
 * await readMultiplex("/opt/data", "", console.warn);
 * ```
 */
export async function readMultiplex(
  home: string,
  variable: string,
  warn: Warn,
): Promise<boolean | undefined> {
  const on = onOff(variable.trim());
  if (on !== undefined) return on;
  if (variable.trim() !== "") {
    warn("GATEWAY_MULTIPLEX_PROFILES: expected true or false: taken for not set");
  }
  try {
    return await readSwitch(`${home}/${CONFIG_FILE}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const words = errorWords(survivable(error));
    warn(`${CONFIG_FILE}: ${words}: taken for saying nothing about ${MULTIPLEX_KEY}`);
    return undefined;
  }
}
