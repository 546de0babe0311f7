const SUFFIXES: Readonly<Record<string, number>> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
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
  const factor = SUFFIXES[suffix];
  return factor === undefined ? Number(number + suffix) : Number(number) * factor;
}
