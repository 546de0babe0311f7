import { CAUSES } from "../explain/causes.ts";

/** Where the status page finds the words of each cause, below the root. */
export const PAGE_WORDS_FILE = "opt/hermes-boot/status/causes.js";

/**
 * Renders the status page's module with the words of each cause, which are those
 * of `gatewayctl list`. Pure.
 *
 * @returns The module.
 *
 * @example
 * ```ts
 * import { renderPageWords } from "./page_words.ts";
 * renderPageWords().includes('["crash-loop", "crash loop"]'); // true
 * ```
 */
export function renderPageWords(): string {
  const lines = Object.entries(CAUSES).map(([cause, [, words]]) =>
    `  ${JSON.stringify([cause, words]).replace(",", ", ")},\n`
  );
  return `// Generated from lib/explain/causes.ts by "deno task generate"; do not edit.

/** @type {ReadonlyMap<string, string>} */
export const WORDS = new Map([\n${lines.join("")}]);
`;
}
