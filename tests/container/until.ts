/**
 * Waits until a condition holds.
 *
 * @param what What is waited for, for the error.
 * @param condition Asked after 20 ms, then ever more rarely, up to every 150 ms:
 * most conditions run programs in a container. A value other than `undefined`,
 * `false` and the empty string ends the wait.
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
  for (let pauseMs = 20;; pauseMs = Math.min(150, pauseMs * 1.5)) {
    const value = await condition();
    if (value !== undefined && value !== false && value !== "") return value;
    if (performance.now() >= deadline) throw new Error(`Timed out after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
