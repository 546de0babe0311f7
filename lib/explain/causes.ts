/** What a cause means for somebody who counts gateways. */
export type Kind = "running" | "starting" | "stopped" | "failed" | "not here" | "unusable";

/** Every cause: its kind, and the words of `gatewayctl list`. */
export const CAUSES = {
  "running": ["running", "running"],
  "starting": ["starting", "starting"],
  "waiting": ["starting", "waiting"],
  "served": ["running", "served"],
  "stopped": ["stopped", "stopped"],
  "never-started": ["stopped", "never started"],
  "ended": ["stopped", "ended by itself"],
  "stopping": ["failed", "does not stop"],
  "restarting": ["failed", "keeps dying"],
  "crash-loop": ["failed", "crash loop"],
  "wrong-configuration": ["failed", "bad config"],
  "no-hermes": ["failed", "no hermes"],
  "no-space": ["failed", "no space"],
  "brought-down": ["failed", "brought down"],
  "not-started": ["failed", "not started"],
  "server-down": ["failed", "default is down"],
  "gateway-frozen": ["failed", "frozen"],
  "unknown": ["failed", "not known"],
  "two-gateways": ["failed", "two gateways"],
  "logger-down": ["failed", "logger down"],
  "log-unwritable": ["failed", "log unwritable"],
  "supervisor-frozen": ["failed", "s6 frozen"],
  "no-supervisor": ["failed", "no supervisor"],
  "svscan-down": ["failed", "no s6-svscan"],
  "svscan-full": ["failed", "no room in s6"],
  "no-slot": ["failed", "no service"],
  "not-a-directory": ["failed", "no directory"],
  "run-edited": ["failed", "run edited"],
  "state-unusable": ["failed", "state unusable"],
  "removed": ["failed", "profile removed"],
  "unschedulable": ["failed", "no node for it"],
  "no-image": ["failed", "no image"],
  "pod-refused": ["failed", "pod refused"],
  "out-of-memory": ["failed", "out of memory"],
  "evicted": ["failed", "evicted"],
  "node-lost": ["failed", "node lost"],
  "no-workload": ["failed", "no workload"],
  "name-taken": ["failed", "name taken"],
  "unregistered": ["stopped", "unregistered"],
  "dashboard-container": ["not here", "dashboard only"],
  "not-selected": ["not here", "not selected"],
  "other-shard": ["not here", "other shard"],
  "illegal-name": ["unusable", "illegal name"],
  "reserved-name": ["unusable", "reserved name"],
  "symlink": ["unusable", "symlink"],
  "unreadable": ["unusable", "unreadable"],
  "no-soul": ["unusable", "no SOUL.md"],
  "no-profile": ["unusable", "no profile"],
} as const satisfies Record<string, readonly [kind: Kind, words: string]>;

/** Those that only the loop of a cluster gives, of a gateway in a pod of its own. */
export const CLUSTER_CAUSES: readonly Cause[] = [
  "unschedulable",
  "no-image",
  "pod-refused",
  "out-of-memory",
  "evicted",
  "node-lost",
  "no-workload",
  "name-taken",
];

/** Why a gateway is as it is. Codes are only ever added. */
export type Cause = keyof typeof CAUSES;

/**
 * Finds what a cause means. Pure.
 *
 * @param cause The cause.
 * @returns Its kind.
 *
 * @example
 * ```ts
 * import { kindOf } from "./causes.ts";
 * kindOf("crash-loop"); // "failed"
 * ```
 */
export function kindOf(cause: Cause): Kind {
  return CAUSES[cause][0];
}

/** Failures that the gateway, its settings or its operator cause, and not what supervises it. */
const OWN: ReadonlySet<Cause> = new Set<Cause>([
  "restarting",
  "crash-loop",
  "wrong-configuration",
  "brought-down",
  "not-started",
  "two-gateways",
  "gateway-frozen",
  "log-unwritable",
  "run-edited",
  "stopping",
  "state-unusable",
  "removed",
]);

/**
 * Tells whether a container is ready although a gateway is like this: what one
 * tenant did wrong must not keep a pod from serving the others. Pure.
 *
 * @param cause The cause.
 * @returns Whether nobody is still at work on it, and the supervision does its part.
 *
 * @example
 * ```ts
 * import { isSettled } from "./causes.ts";
 * isSettled("wrong-configuration"); // true
 * isSettled("starting"); // false
 * ```
 */
export function isSettled(cause: Cause): boolean {
  const kind = kindOf(cause);
  return kind === "failed" ? OWN.has(cause) : kind !== "starting";
}
