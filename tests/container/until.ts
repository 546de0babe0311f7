/**
 * Waits until a condition holds.
 *
 * @param what What is waited for, for the error.
 * @param condition Asked every 20 ms; a value other than `undefined`, `false`
 * and the empty string ends the wait.
 * @param timeoutMs How long, in milliseconds.
 * @returns What the condition returned.
 * @throws {Error} When the time is over.
 */
export async function until<T>(
  what: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    const value = await condition();
    if (value !== undefined && value !== false && value !== "") return value;
    if (performance.now() >= deadline) throw new Error(`Timed out after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
