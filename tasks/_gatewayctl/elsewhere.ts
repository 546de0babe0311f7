import type { Facts } from "../../lib/rules/facts.ts";
import type { Rules } from "../../lib/rules/rules.ts";
import { ElsewhereError } from "./report.ts";

/**
 * Makes sure that a profile's gateway is this container's to run.
 *
 * @param rules The container's rules.
 * @param facts The container's facts.
 * @param profile The profile.
 * @throws {ElsewhereError} If a rule gives it to somebody else; it names the
 * variable, its value and who has the profile, as far as that is known.
 */
export function assertHere({ selection }: Rules, { env }: Facts, profile: string): void {
  const reason = selection.whyNot(profile);
  if (reason === undefined) return;
  const [variable] = /HERMES_GATEWAY_[A-Z]+/.exec(reason) ?? [];
  const value = variable === undefined ? "" : `; ${variable} is ${JSON.stringify(env(variable))}`;
  throw new ElsewhereError(`${profile}: not this container's to run: ${reason}${value}`);
}
