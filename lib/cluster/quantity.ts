const DECIMAL: Readonly<Record<string, number>> = {
  ...{ n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 },
};

const BINARY: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * Reads a quantity as Kubernetes has it: a decimal number of at most 20 digits
 * on either side, with a suffix such as `m`, `k` or `Mi`, or an exponent. Pure.
 *
 * @param text The quantity.
 * @returns What it stands for; `undefined` if it is none, or less than nothing.
 *
 * @example
 * ```ts
 * import { parseQuantity } from "./quantity.ts";
 * parseQuantity("250m"); // 0.25
 * parseQuantity("1.5Ki"); // 1536
 * parseQuantity("lots"); // undefined
 * ```
 */
export function parseQuantity(text: string): number | undefined {
  const match = /^\+?((?=\.?\d)\d{0,20}\.?\d{0,20})([eE][+-]?\d{1,2}|[numkMGTPE]|[KMGTPE]i|)$/
    .exec(text);
  if (match === null) return undefined;
  const [, number = "", suffix = ""] = match;
  // As an exponent, for 7 times 0.1 is not 0.7.
  const exponent = DECIMAL[suffix];
  if (exponent !== undefined) return Number(`${number}e${exponent}`);
  return BINARY[suffix] === undefined ? Number(number + suffix) : Number(number) * BINARY[suffix];
}
