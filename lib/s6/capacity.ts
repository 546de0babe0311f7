import { SHARED_SCANDIR } from "./places.ts";

// s6-svscan's own default, in services without their loggers.
const MAX_SHARED_SERVICES = 500;

/**
 * Says when PID 1's s6-svscan will not take up all that is in its scandir. It
 * holds 1000 services, of which a gateway and its logger are two (s6 2.11: 500
 * with their loggers); isolated supervision is started with room for thousands.
 * Pure.
 *
 * @param scandir The scandir.
 * @param services How many services are in it, loggers not counted.
 * @returns The words, or `undefined`.
 *
 * @example
 * ```ts
 * import { capacityProblem } from "./capacity.ts";
 * capacityProblem("/run/service", 12); // undefined
 * ```
 */
export function capacityProblem(scandir: string, services: number): string | undefined {
  if (scandir !== SHARED_SCANDIR || services <= MAX_SHARED_SERVICES) return undefined;
  return `${services} services in ${scandir}: s6-svscan supervises ${MAX_SHARED_SERVICES} there, ` +
    "with their loggers; HERMES_SUPERVISION=isolated has room for more";
}
