/**
 * Waits until a condition holds, but no longer than that. It is looked at once
 * at least.
 *
 * @param condition The condition.
 * @param timeoutMs How long to wait, in milliseconds.
 * @param pollMs The time from one look to the next, in milliseconds.
 * @returns Whether it holds.
 *
 * @example
 * ```ts
 * import { waitUntil } from "./_wait.ts";
 * await waitUntil(() => true, 1000, 10); // true
 * ```
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pollMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!await condition()) {
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
}
