import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Finds the word that was probably meant: the only one that begins so, or the
 * one that the fewest letters make of it, a third of its length at most.
 *
 * @param word What was typed.
 * @param known The words that there are.
 * @returns The word; `undefined` if none is near.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const begun = known.filter((one) => one.startsWith(word));
  if (word.replace(/^-+/, "").length > 1 && begun.length === 1) return begun[0];
  const limit = Math.ceil(word.replace(/^-+/, "").length / 3);
  const [first] = known.filter((one) => one !== word)
    .map((one) => ({ one, distance: levenshteinDistance(word, one) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return first?.one;
}
