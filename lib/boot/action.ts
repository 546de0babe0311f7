import { jsonAscii, logWord } from "../_quote.ts";
import type { PriorExit, PriorState } from "../profile/prior_state.ts";

/** What a reconciliation did about one profile. */
export interface ReconcileAction {
  /** The profile's name; for a skipped one not necessarily a legal one. */
  profile: string;
  /** Its prior state; `null` where there is none. */
  priorState: string | null;
  /**
   * `started`: s6 starts it by itself, or when its turn has come. `registered`: down. `skipped`: no slot, or
   * not refreshed. Of a slot that is supervised already, whose gateway is left as
   * it is: `unchanged`, or `refreshed` where files were replaced.
   */
  action: "started" | "registered" | "skipped" | "unchanged" | "refreshed";
  /** How its last life ended. */
  priorExit: PriorExit;
  /** Why it was skipped, is down although it was running, or starts for others. */
  reason?: string;
  /** Present when it was skipped for an I/O error rather than a rule. */
  failed?: true;
}

/** What others have to do with a profile's gateway. */
export interface Company {
  /** Who serves the profile instead of a gateway of its own, if anybody does. */
  served?: string | undefined;
  /** Other profiles that its gateway serves and that were running. */
  wantedBy?: readonly string[];
}

/**
 * Names the profiles for which a gateway runs, at most five. Pure.
 *
 * @param profiles Their names; at least one.
 * @returns Such as `wanted by coder, writer`.
 *
 * @example
 * ```ts
 * import { wordWantedBy } from "./action.ts";
 * wordWantedBy(["coder"]); // "wanted by coder"
 * ```
 */
export function wordWantedBy(profiles: readonly string[]): string {
  const more = profiles.length - 5;
  return `wanted by ${profiles.slice(0, 5).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/**
 * Decides what to do about a profile that gets a slot: it starts by itself if it
 * was running, or one that its gateway serves was. Pure.
 *
 * @param profile The profile's name.
 * @param memory What the volume remembers of it.
 * @param company Whom it serves, and who serves it.
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
  { served, wantedBy = [] }: Company = {},
): ReconcileAction {
  const registered = { profile, priorState, action: "registered" as const, priorExit };
  if (priorState !== "running" && wantedBy.length === 0) return registered;
  if (served !== undefined) return { ...registered, reason: served };
  const started = { ...registered, action: "started" as const };
  return wantedBy.length === 0 ? started : { ...started, reason: wordWantedBy(wantedBy) };
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
 * Makes the action for a profile whose slot is supervised already. Pure.
 *
 * @param action What it would be for a new slot.
 * @param outcome What became of the slot's files.
 * @returns The action. How the last life ended is not known of one that goes on.
 *
 * @example
 * ```ts
 * import { keptAction, slotAction } from "./action.ts";
 * const action = slotAction("coder", { priorState: "running", priorExit: "unclean" });
 * keptAction(action, "unchanged").priorExit; // "unknown"
 * ```
 */
export function keptAction(
  { profile, priorState }: ReconcileAction,
  outcome: "unchanged" | "refreshed",
): ReconcileAction {
  return { profile, priorState, action: outcome, priorExit: "unknown" };
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
