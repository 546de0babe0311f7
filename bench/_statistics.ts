/** What is kept of several measurements of one thing. */
export interface Spread {
  /** The least. */
  min: number;
  /** A quarter was less. */
  low: number;
  /** The middle one. */
  median: number;
  /** A quarter was more. */
  high: number;
}

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (above - below) * (at % 1);
}

/**
 * Sums up measurements. Pure; no permission is needed.
 *
 * @param values At least one.
 * @returns Their spread.
 */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    min: quantile(sorted, 0),
    low: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    high: quantile(sorted, 0.75),
  };
}
