import { lstatIfPresent, removeIfPresent, replaceFile } from "../_fs.ts";

/** The file of a slot that holds the PID after which its `finish` lets it be started again. */
export const AGAIN = "again";

/**
 * The file of a slot whose gateway waits for its turn to be started. A `down` is beside it, and goes
 * before it: who is killed in between leaves a gateway that still waits.
 */
export const WAITS = "waits";

/** servicedir(7): how long s6-supervise waits after `s6-svc -d` until it kills, in milliseconds. */
const TIMEOUT_KILL = "timeout-kill";

function note(servicedir: string, name: string, number: number | undefined): void {
  const path = `${servicedir}/${name}`;
  if (number === undefined) removeIfPresent(path);
  else replaceFile(path, `${number}\n`, 0o644, `${path}.${Deno.pid}`);
}

/**
 * Has s6-supervise kill a service that is still up so long after it is told to go
 * down. It reads that when it is told, and goes by it whatever becomes of the caller.
 * Needs `--allow-read` and `--allow-write` for the service directory.
 *
 * @param servicedir The service directory.
 * @param ms The time, in milliseconds; `undefined`: it is not killed.
 * @throws {Error} If that cannot be written down.
 *
 * @example
 * ```ts no-eval
 * import { killAfter } from "./orders.ts";
 * killAfter("/run/service/gateway-coder", 60_000);
 * ```
 */
export function killAfter(servicedir: string, ms: number | undefined): void {
  // 0 would be never.
  note(servicedir, TIMEOUT_KILL, ms === undefined ? ms : Math.max(1, Math.ceil(ms)));
}

/**
 * Has a slot's `finish` let s6-supervise start it again, however it ends.
 * Needs `--allow-read` and `--allow-write` for the slot.
 *
 * @param servicedir The slot.
 * @param pid The process after whose end that is; `undefined`: none.
 * @throws {Error} If that cannot be written down.
 *
 * @example
 * ```ts no-eval
 * import { startAfter } from "./orders.ts";
 * startAfter("/run/service/gateway-coder", 4711);
 * ```
 */
export function startAfter(servicedir: string, pid: number | undefined): void {
  note(servicedir, AGAIN, pid);
}

/**
 * Tells whether a process that ends is started again by {@linkcode startAfter}.
 * Needs `--allow-read` for the slot.
 *
 * @param servicedir The slot.
 * @param pid The process.
 * @returns Whether it is.
 * @throws {Error} If that cannot be read.
 *
 * @example
 * ```ts no-eval
 * import { startsAfter } from "./orders.ts";
 * startsAfter("/run/service/gateway-coder", 4711);
 * ```
 */
export function startsAfter(servicedir: string, pid: number): boolean {
  const path = `${servicedir}/${AGAIN}`;
  return lstatIfPresent(path)?.isFile === true && Deno.readTextFileSync(path) === `${pid}\n`;
}

/**
 * Tells whether a slot's gateway waits for its turn to be started.
 * Needs `--allow-read` for the slot.
 *
 * @param servicedir The slot.
 * @returns Since when it does; `undefined`: it does not.
 * @throws {Error} If the slot cannot be looked into.
 *
 * @example
 * ```ts no-eval
 * import { waitsSince } from "./orders.ts";
 * waitsSince("/run/service/gateway-coder");
 * ```
 */
export function waitsSince(servicedir: string): Date | undefined {
  const info = lstatIfPresent(`${servicedir}/${WAITS}`);
  return info?.isFile ? info.mtime ?? new Date(0) : undefined;
}

/**
 * Has a slot's gateway wait no longer.
 * Needs `--allow-write` for the slot. Hold the scandir's lock.
 *
 * @param servicedir The slot.
 * @throws {Error} If that cannot be written down.
 *
 * @example
 * ```ts no-eval
 * import { waitNoLonger } from "./orders.ts";
 * waitNoLonger("/run/service/gateway-coder");
 * ```
 */
export function waitNoLonger(servicedir: string): void {
  removeIfPresent(`${servicedir}/${WAITS}`);
}
