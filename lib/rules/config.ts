import { survivable } from "../_errors.ts";

/** Hermes's own configuration, relative to a profile's directory. */
export const CONFIG_FILE = "config.yaml";

/** The size limit of the configuration, in bytes. */
export const MAX_CONFIG_BYTES = 1 << 20;

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads a file that may be anything; opening a FIFO would wait for ever. */
function readText(path: string): string {
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

/**
 * Reads a configuration, if it has a key anywhere.
 * Needs `--allow-read` for the file.
 *
 * @param path The file.
 * @param key The key.
 * @returns What the YAML says; `undefined` where the key is not in it.
 * @throws {Deno.errors.NotFound} If there is no such file.
 * @throws {Error} If it cannot be read, is not a regular file, over
 * {@linkcode MAX_CONFIG_BYTES}, not UTF-8 or not YAML; the words hold nothing of its content.
 *
 * @example
 * ```ts no-eval
 * import { readConfig } from "./config.ts";
 * await readConfig("/opt/data/config.yaml", "restart_drain_timeout");
 * ```
 */
export async function readConfig(path: string, key: string): Promise<unknown> {
  const text = readText(path);
  // The parser costs milliseconds that only those who use the key shall pay.
  if (!text.includes(key)) return undefined;
  const { parse } = await import("@std/yaml/parse");
  try {
    return parse(text);
  } catch (error) {
    survivable(error);
    throw new Error("not YAML"); // the parser quotes its input, which may hold secrets
  }
}

/**
 * Looks a key up in what may be no mapping.
 *
 * @param mapping What may be one.
 * @param key The key.
 * @returns Its value; `undefined` if there is none.
 *
 * @example
 * ```ts
 * import { ownValue } from "./config.ts";
 * ownValue({ agent: 1 }, "agent"); // 1
 * ```
 */
export function ownValue(mapping: unknown, key: string): unknown {
  if (typeof mapping !== "object" || mapping === null || !Object.hasOwn(mapping, key)) {
    return undefined;
  }
  return (mapping as Record<string, unknown>)[key];
}
