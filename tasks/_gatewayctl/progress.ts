const FIRST_MS = 2000;
const NEXT_MS = 5000;

/**
 * Says on standard error that something is still going on, from two seconds on.
 *
 * @param what What is going on.
 * @param task It.
 * @returns What it returns.
 */
export async function withProgress<T>(what: string, task: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  let timer = setTimeout(tell, FIRST_MS);
  function tell(): void {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.error(`gatewayctl: info: ${what}: still at it after ${seconds} s`);
    timer = setTimeout(tell, NEXT_MS);
  }
  try {
    return await task;
  } finally {
    clearTimeout(timer);
  }
}
