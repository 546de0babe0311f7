import { planVolume } from "../boot/plan.ts";
import { DEFAULT_PROFILE, profileNameProblem } from "../profile/name.ts";
import { STATE_FILE } from "../profile/list.ts";
import type { Rules } from "../rules/rules.ts";
import type { Warn } from "../_warn.ts";
import { keyOf, markObject, type Wanted } from "./changes.ts";
import { decide, type Decision } from "./decision.ts";
import { workloadName } from "./name.ts";
import type { Policy } from "./policy.ts";
import { renderCluster } from "./render.ts";

/**
 * Reads a volume and decides about each profile, as a boot does. A profile whose
 * state file is there and cannot be read is failed: nobody knows what is wanted
 * of it, and a gateway is not stopped for that.
 * Needs `--allow-read` for `<home>/profiles` and the root profile's files.
 *
 * @param home The Hermes home, an absolute path.
 * @param rules What the container is told.
 * @param warn Told of what was survived.
 * @returns One decision a profile.
 * @throws {Error} If the profiles cannot be listed.
 */
export function readDecisions(home: string, rules: Rules, warn: Warn): Decision[] {
  const { profiles, error } = planVolume(home, warn, { rules });
  if (error !== undefined) throw error;
  const unknown = new Map(
    profiles.filter(({ action: { priorState }, listing }) =>
      listing?.has(STATE_FILE) && priorState !== "running" && priorState !== "stopped"
    ).map(({ action: { profile, priorState } }) => [profile, priorState]),
  );
  return decide(profiles, rules.topology).map((decision) => {
    const state = unknown.get(decision.profile);
    if (decision.wanted === "skipped" || state === undefined) return decision;
    // Such as "starting": what a gateway says of itself meanwhile is no intent.
    const said = state === null ? "is unusable" : `says ${state}, and no intent`;
    return { ...decision, wanted: "skipped", reason: `${STATE_FILE} ${said}`, failed: true };
  });
}

/** What a look at a volume leads to. */
export interface Desired extends Wanted {
  /** What is to be said about profiles that have no workload, or keep the one they have. */
  notes: readonly string[];
}

/**
 * Renders what a volume asks for.
 *
 * @param decisions What is decided about each profile.
 * @param policy What is asked of the cluster.
 * @param volume The volume's ID.
 * @returns The objects, by their keys, and what is to stay as it is.
 *
 * @example
 * ```ts
 * import { renderDesired } from "./desired.ts";
 * import { parsePolicy } from "./policy.ts";
 * const coder = { profile: "coder", wanted: "running", topology: "per-profile" } as const;
 * renderDesired([coder], parsePolicy(""), "an ID").objects.has("StatefulSet/hermes-coder"); // true
 * ```
 */
export function renderDesired(
  decisions: readonly Decision[],
  policy: Policy,
  volume: string,
): Desired {
  const objects = renderCluster(decisions, policy).map((object) => markObject(object, volume));
  const failed = decisions.filter(({ failed }) => failed);
  const names = failed.map(({ profile }) => profile)
    .filter((profile) => profile === DEFAULT_PROFILE || profileNameProblem(profile) === undefined);
  const notes = failed.map(({ profile, reason }) =>
    `profile=${profile}: its workload stays as it is: ${reason}`
  );
  return {
    objects: new Map(objects.map((object) => [keyOf(object), object])),
    keep: new Set(names.map((profile) => `StatefulSet/${workloadName(profile)}`)),
    volume,
    notes,
  };
}
