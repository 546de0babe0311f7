import type { Rules } from "../../lib/rules/rules.ts";
import { ElsewhereError } from "./report.ts";

/**
 * Makes sure that a profile's gateway is this container's to run.
 *
 * @param rules The container's rules.
 * @param profile The profile.
 * @throws {ElsewhereError} If a rule gives it to somebody else; it names the
 * variable, its value and who has the profile.
 */
export function assertHere({ selection }: Rules, profile: string): void {
  const away = selection.away(profile);
  if (away === undefined) return;
  const words = `${profile}: not this container's to run: ${away.reason}; ${away.outside}`;
  throw new ElsewhereError(words);
}
