import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { slotName } from "../../lib/profile/name.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, nearestFor, NoSuchProfileError, reportError } from "./report.ts";

/**
 * Tells profiles that are there from those that are not, and reports these.
 *
 * @param args What the command was given.
 * @param profiles The profiles that it is about.
 * @param known Those that are there.
 * @returns Which are there, and the exit code.
 */
export async function present(
  { command }: Arguments,
  profiles: readonly string[],
  known: readonly string[],
): Promise<{ found: Set<string>; exitCode: number }> {
  const there = new Set(known);
  const found = new Set<string>();
  let exitCode: number = EXIT.done;
  for (const profile of profiles) {
    try {
      if (there.has(profile)) {
        found.add(profile);
        continue;
      }
      slotName(profile);
      throw command.name === "list"
        ? new NoSuchProfileError(profile)
        : new GatewayNotRegisteredError(profile);
    } catch (error) {
      const nearest = await nearestFor(error, known);
      exitCode = Math.max(exitCode, reportError(error, profile, { command, nearest }));
    }
  }
  return { found, exitCode };
}
