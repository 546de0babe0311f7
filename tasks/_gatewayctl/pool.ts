/** How many gateways are asked or changed at a time. */
const AT_ONCE = 8;

/**
 * Does something about each of several things, {@linkcode AT_ONCE} at a time.
 *
 * @param items The things.
 * @param act What to do about one.
 * @returns What came of each, in the order of the things, as soon as it is known.
 */
export async function* pooled<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for (const item of items) {
    const result = act(item);
    result.catch(() => {}); // whoever awaits it hears of it
    running.push(result);
    if (running.length === AT_ONCE) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
