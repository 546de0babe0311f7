import { pooledMap } from "@std/async/pool";

/** How many gateways are asked or changed at a time. */
const AT_ONCE = 8;

/**
 * Does something about each of several things, {@linkcode AT_ONCE} at a time.
 *
 * @param items The things.
 * @param act What to do about one.
 * @returns What came of each, in the order of the things, as soon as it is known.
 * @throws What `act` threw first, once what had begun is done.
 */
export async function* pooled<T, R>(
  items: readonly T[],
  act: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  try {
    yield* pooledMap(AT_ONCE, items, act);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  }
}
