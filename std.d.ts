// deno-std on npm has the sources of @std without their types: these are the
// functions in use here, as @std declares them.

declare module "@std/assert" {
  export function assert(expr: unknown, msg?: string): asserts expr;
  export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
  export function assertGreater<T>(actual: T, expected: T, msg?: string): void;
  export function assertLess<T>(actual: T, expected: T, msg?: string): void;
  export function assertMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void;
  export function assertStringIncludes(actual: string, expected: string, msg?: string): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any
    ErrorClass: abstract new (...args: any[]) => E,
    msgIncludes?: string,
    msg?: string,
  ): Promise<E>;
}

declare module "@std/async/pool" {
  export function pooledMap<T, R>(
    poolLimit: number,
    array: Iterable<T> | AsyncIterable<T>,
    iteratorFn: (data: T) => Promise<R>,
  ): AsyncIterableIterator<R>;
}

declare module "@std/cli/parse-args" {
  /** What comes of options that are all declared as flags or as collected strings. */
  export interface Args {
    [name: string]: unknown;
    _: string[];
  }
  export function parseArgs(args: string[], options: {
    alias: Record<string, string>;
    boolean: readonly string[];
    collect: readonly string[];
    string: readonly string[];
    unknown: (arg: string, key?: string, value?: unknown) => unknown;
  }): Args;
}

declare module "@std/crypto/timing-safe-equal" {
  export function timingSafeEqual(
    a: ArrayBufferView | ArrayBufferLike,
    b: ArrayBufferView | ArrayBufferLike,
  ): boolean;
}

declare module "@std/fmt/colors" {
  export function blue(str: string): string;
  export function cyan(str: string): string;
  export function magenta(str: string): string;
  export function dim(str: string): string;
  export function green(str: string): string;
  export function red(str: string): string;
  export function yellow(str: string): string;
}

declare module "@std/http/etag" {
  export function eTag(entity: Uint8Array, options?: { weak?: boolean }): Promise<string>;
  export function ifNoneMatch(value: string | null, etag: string): boolean;
}

declare module "@std/path" {
  export function basename(path: string, suffix?: string): string;
  export function dirname(path: string): string;
  export function fromFileUrl(url: string | URL): string;
  export function join(path: string, ...paths: string[]): string;
}

declare module "@std/text/levenshtein-distance" {
  export function levenshteinDistance(first: string, second: string): number;
}

declare module "@std/yaml/parse" {
  export function parse(content: string): unknown;
}
