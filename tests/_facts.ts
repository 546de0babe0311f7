import { shellQuote } from "../lib/_quote.ts";
import type { Places } from "../lib/image/permissions.ts";

/** Places that a stage does not use. */
export const NOWHERE: Places = {
  facts: "/no",
  home: "/no",
  scandir: "/no",
  servicedirs: "/no",
  listen: "/no",
};

/**
 * Makes the text of a facts file.
 *
 * @param values Its values; what a reader needs besides comes by itself.
 * @returns The text, as 015-supervise-perms writes it.
 */
export function factsText(values: Readonly<Record<string, string>>): string {
  return Object.entries({ role: "other", ...values, refused: values.refused ?? "" })
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`).join("");
}

/**
 * Writes a facts file that everybody can read.
 *
 * @param values Its values.
 * @param dir Where. Default: the system's directory for temporary files.
 * @returns Its path.
 */
export function writeFacts(values: Readonly<Record<string, string>>, dir?: string): string {
  const path = Deno.makeTempFileSync({ prefix: "facts-", ...dir && { dir } });
  Deno.writeTextFileSync(path, factsText(values));
  Deno.chmodSync(path, 0o644);
  return path;
}
