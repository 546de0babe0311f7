/**
 * Finds the middle value, or that between the two middle ones. Pure; no permission is needed.
 *
 * @param values At least one.
 * @returns It.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [below = NaN, above = NaN] = [(sorted.length - 1) >> 1, sorted.length >> 1]
    .map((index) => sorted[index]);
  return (below + above) / 2;
}

/**
 * Finds the least value. Pure; no permission is needed.
 *
 * @param values At least one.
 * @returns It.
 */
export function least(values: readonly number[]): number {
  return Math.min(...values);
}
