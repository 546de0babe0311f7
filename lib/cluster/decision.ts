import type { ProfilePlan } from "../boot/plan.ts";
import { DEFAULT_PROFILE } from "../profile/name.ts";
import type { Topology } from "../rules/topology.ts";

/** What stage 02 decides about a profile, as far as a cluster goes by it. */
export interface Decision {
  /** The profile; a skipped one's name is not necessarily legal. */
  profile: string;
  /** Whether its gateway is to run, is not, or it has no workload. */
  wanted: "running" | "stopped" | "skipped";
  /** Why, where that is not the profile's own recorded state. */
  reason?: string | undefined;
  /** Present where it is skipped for an I/O error: its workload, if it has one, stays as it is. */
  failed?: true | undefined;
  /** Whether its gateway serves every profile (`one`) or itself alone. */
  topology: Topology;
}

/**
 * Reads what becomes of each profile's workload from what stage 02 would do
 * about its slot. Where one gateway serves every profile there is one workload.
 *
 * @param profiles What is to become of each profile.
 * @param topology How many gateways there are.
 * @returns One decision a profile, in the same order.
 *
 * @example
 * ```ts
 * import { planProfile } from "../boot/plan.ts";
 * import { decide } from "./decision.ts";
 * const memory = { priorState: "running", priorExit: "clean" } as const;
 * const plan = planProfile({ profile: "coder", listing: new Map(), memory }, "/opt/data");
 * decide([plan], "per-profile")[0]?.wanted; // "running"
 * ```
 */
export function decide(profiles: readonly ProfilePlan[], topology: Topology): Decision[] {
  return profiles.map(({ action: { profile, action, reason, failed } }) => {
    if (action === "skipped") return { profile, wanted: "skipped", reason, failed, topology };
    if (topology === "one" && profile !== DEFAULT_PROFILE) {
      const reason = "the root profile's gateway serves it";
      return { profile, wanted: "skipped", reason, topology };
    }
    return { profile, wanted: action === "started" ? "running" : "stopped", reason, topology };
  });
}
