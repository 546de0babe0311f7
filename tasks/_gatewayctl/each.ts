import type { Arguments } from "./arguments.ts";
import { pooled } from "./pool.ts";
import { withProgress } from "./progress.ts";
import { printJson } from "./json.ts";
import { EXIT, type Failure, nearestFor, wordFailure } from "./report.ts";

/** What became of one profile. */
type Outcome = { profile: string; done: Done } | {
  profile: string;
  failure: Failure;
};

/** What was done about a profile: in words, and for JSON. */
export type Done = Readonly<Record<string, unknown>> & {
  /** The words. */
  text: string;
};

/**
 * Does something about each of several profiles, whatever becomes of the
 * others, and prints a line for each, or one JSON array.
 *
 * @param args What the command was given.
 * @param profiles The profiles.
 * @param act What to do; returns what was done.
 * @param known The profiles that there are, for one that is mistyped.
 * @returns The exit code: the highest of all.
 */
export async function eachProfile(
  { command, flags }: Arguments,
  profiles: readonly string[],
  act: (profile: string) => Promise<Done>,
  known: readonly string[] = [],
): Promise<number> {
  const attempt = async (profile: string): Promise<Outcome> => {
    try {
      return { profile, done: await withProgress(`${command.name} ${profile}`, act(profile)) };
    } catch (error) {
      const nearest = await nearestFor(error, known);
      return { profile, failure: wordFailure(error, profile, { command, nearest }) };
    }
  };
  const json = flags.has("json");
  const results: Record<string, unknown>[] = [];
  let worst: number = EXIT.done;
  for await (const outcome of pooled(profiles, attempt)) {
    const { profile } = outcome;
    if ("failure" in outcome) {
      const { message, exitCode, stopping } = outcome.failure;
      worst = Math.max(worst, exitCode);
      const more = stopping !== undefined && { pending: true, killAt: stopping.killAt };
      results.push({ profile, ok: false, error: message, ...more });
      console.error(`gatewayctl: error: ${message}`);
    } else {
      const { text, ...done } = outcome.done;
      results.push({ profile, ok: true, ...done });
      if (!json) console.log(`${profile}: ${text}`);
    }
  }
  if (json) printJson({ results });
  else if (profiles.length === 0) console.error("gatewayctl: info: no gateway: nothing to do");
  return worst;
}
