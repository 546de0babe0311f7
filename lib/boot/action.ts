import { jsonAscii, logWord } from "../_quote.ts";
import type { PriorExit, PriorState } from "../profile/prior_state.ts";

/** What a reconciliation did about one profile. */
export interface ReconcileAction {
  /** The profile's name; for a skipped one not necessarily a legal one. */
  profile: string;
  /** Its prior state; `null` where there is none. */
  priorState: string | null;
  /** `started`: s6 starts it by itself. `registered`: down. `skipped`: no slot, or not refreshed. */
  action: "started" | "registered" | "skipped";
  /** How its last life ended. */
  priorExit: PriorExit;
  /** Why it was skipped, or is down although it was running. */
  reason?: string;
  /** Present when it was skipped for an I/O error rather than a rule. */
  failed?: true;
}

/**
 * Decides what to do about a profile that gets a slot: only `running` starts
 * by itself. Pure.
 *
 * @param profile The profile's name.
 * @param memory What the volume remembers of it.
 * @param served Who serves the profile instead of a gateway of its own, if anybody does.
 * @returns The action to take.
 *
 * @example
 * ```ts
 * import { slotAction } from "./action.ts";
 * slotAction("coder", { priorState: "stopped", priorExit: "clean" }).action; // "registered"
 * ```
 */
export function slotAction(
  profile: string,
  { priorState, priorExit }: PriorState,
  served?: string,
): ReconcileAction {
  if (priorState !== "running") return { profile, priorState, action: "registered", priorExit };
  if (served === undefined) return { profile, priorState, action: "started", priorExit };
  return { profile, priorState, action: "registered", priorExit, reason: served };
}

/**
 * Makes the action for a profile that is left alone. Pure.
 *
 * @param profile The profile's name.
 * @param reason Why.
 * @param failed Whether it is an I/O error rather than a rule.
 * @param memory What the volume remembers of it, if that was read.
 * @returns The action.
 */
export function skippedAction(
  profile: string,
  reason: string,
  failed: boolean,
  memory: PriorState = { priorState: null, priorExit: "unknown" },
): ReconcileAction {
  const action = { profile, ...memory, action: "skipped" as const, reason };
  return failed ? { ...action, failed } : action;
}

/**
 * Words an action as `key=value` fields, for standard output and the boot log.
 * Pure.
 *
 * @param action The action.
 * @param extra Fields between `action=` and `reason=`.
 * @returns One line of printable ASCII, without a newline.
 *
 * @example
 * ```ts
 * import { slotAction, wordAction } from "./action.ts";
 * wordAction(slotAction("coder", { priorState: null, priorExit: "unknown" }));
 * // "profile=coder prior_state=None action=registered"
 * ```
 */
export function wordAction(action: ReconcileAction, extra = ""): string {
  const { profile, priorState, reason } = action;
  const fields = `profile=${logWord(profile)} prior_state=${priorState ?? "None"}`;
  const why = reason === undefined ? "" : ` reason=${jsonAscii(reason)}`;
  return `${fields} action=${action.action}${extra}${why}`;
}
