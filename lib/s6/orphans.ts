import { survivable } from "../_errors.ts";
import { runLook } from "./look.ts";
import { type Processes, supervisorsOf } from "./processes.ts";

/**
 * Finds the supervisors whose service is not in the scandir, or has another
 * supervisor.
 *
 * @param supervised The service of each s6-supervise.
 * @param expected The services that have one by right.
 * @returns The services of those that are too many, in order, each once.
 *
 * @example
 * ```ts
 * import { findOrphans } from "./orphans.ts";
 * findOrphans(["gateway-a", "gateway-a/log"], ["gateway-a"]); // ["gateway-a/log"]
 * ```
 */
export function findOrphans(supervised: readonly string[], expected: readonly string[]): string[] {
  const left = new Set(expected);
  return [...new Set(supervised.filter((service) => !left.delete(service)))].sort();
}

/**
 * Lists the service of each s6-supervise of a gateway or a logger, also of one
 * whose service has been removed.
 *
 * @param processes What runs.
 * @returns The services, one an s6-supervise.
 *
 * @example
 * ```ts
 * import { supervisedGateways } from "./orphans.ts";
 * import { NO_PROCESSES } from "./processes.ts";
 * supervisedGateways(NO_PROCESSES); // []
 * ```
 */
export function supervisedGateways(processes: Processes): string[] {
  return [...supervisorsOf(processes)]
    .flatMap(([service, supervisors]) => supervisors.map(() => service))
    .filter((service) => service.startsWith("gateway-"));
}

/**
 * Looks for {@linkcode supervisedGateways} in this container.
 * Needs `--allow-run` for {@linkcode runLook}.
 *
 * @param timeoutMs How long that may take, in milliseconds.
 * @returns The services; none where the program is not.
 *
 * @example
 * ```ts no-eval
 * import { listSupervised } from "./orphans.ts";
 * await listSupervised(1000); // ["gateway-coder", "gateway-coder/log"]
 * ```
 */
export async function listSupervised(timeoutMs: number): Promise<string[]> {
  try {
    return supervisedGateways(await runLook({ timeoutMs }));
  } catch (error) {
    survivable(error);
    return [];
  }
}
