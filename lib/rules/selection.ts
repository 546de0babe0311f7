import { InvalidSelectionError } from "../_errors.ts";
import { DEFAULT_PROFILE, profileNameProblem } from "../profile/name.ts";
import { memberOf } from "./shard.ts";

/** The most members a shard can be of. */
export const MAX_MEMBERS = 1000;

/** What an operator asked for, as the environment has it. */
export interface SelectionText {
  /** `HERMES_GATEWAY_PROFILES`. */
  profiles?: string | undefined;
  /** `HERMES_GATEWAY_SHARD`. */
  shard?: string | undefined;
}

/** Why a profile's gateway is not run here. */
export interface Away {
  /** Which rule says so. */
  rule: "not-selected" | "other-shard";
  /** The reason. */
  reason: string;
  /** The variable to change, its value now, and who has the profile. */
  outside: string;
}

/** Which profiles' gateways a container runs. */
export interface Selection {
  /**
   * Says why a profile's gateway is not run here.
   *
   * @param profile A legal profile name.
   * @returns The rule, or `undefined` when it is run here.
   */
  away(profile: string): Away | undefined;
}

/** One of several containers that share the profiles of a volume. */
interface Shard {
  member: number;
  members: number;
  /** What the names of a StatefulSet's pods begin with. */
  pods?: string | undefined;
}

/** One step of a glob: any characters, or one that is like this. */
type Step = "*" | ((character: string) => boolean);

function isOf(set: string, character: string): boolean {
  const ranges = [...set.matchAll(/([^])(?:-([^]))?/gu)];
  return ranges.some(([, from = "", to = from]) => character >= from && character <= to);
}

function stepsOf(glob: string): Step[] {
  const steps = glob.matchAll(/\[([!^]?)([^\]]+)\]|[^]/gu);
  return Array.from(steps, ([text, not, set]): Step => {
    if (set !== undefined) return (character) => isOf(set, character) === (not === "");
    return text === "*" ? text : (character) => text === "?" || text === character;
  });
}

/**
 * Tells whether a glob stands for a name: `*` any characters, `?` one, `[a-f]`
 * one of these, `[!a-f]` one that is none of these. It takes time linear in the
 * product of their lengths: a RegExp tries `*a*a*a*a*a*ab` on 243 a's for minutes.
 *
 * @param name The name.
 * @param glob The glob.
 * @returns Whether it does.
 *
 * @example
 * ```ts
 * import { matchesGlob } from "./selection.ts";
 * matchesGlob("team-a", "team-[a-f]"); // true
 * ```
 */
export function matchesGlob(name: string, glob: string): boolean {
  const characters = [...name];
  // How many characters of the name the glob so far can stand for.
  let ends = [0];
  for (const step of stepsOf(glob)) {
    const from = ends[0] ?? characters.length + 1;
    ends = step === "*"
      ? Array.from({ length: characters.length + 1 - from }, (_, i) => from + i)
      : ends.filter((i) => i < characters.length && step(characters[i]!)).map((i) => i + 1);
  }
  return ends.includes(characters.length);
}

function parseProfiles(text: string): readonly string[] {
  if (text === "" || text === "*") return ["*"];
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const glob = part.trim();
    // A legal name stays one when its wildcards become letters.
    const name = glob.replace(/[*?]|\[[!^]?[a-z0-9_-]+\]/g, "x");
    if (profileNameProblem(name) === undefined && glob !== "none") return glob;
    const got = JSON.stringify(glob.length > 60 ? glob.slice(0, 60) + "..." : glob);
    throw new InvalidSelectionError(
      "HERMES_GATEWAY_PROFILES: expected *, none alone, or profile names and patterns with " +
        `commas between (default,team-*), got ${got}`,
    );
  });
}

function parseShard(text: string): Shard | undefined {
  if (text === "") return undefined;
  const match = /^(?:([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)-)?(\d{1,4})\/(\d{1,4})$/.exec(text);
  if (match !== null) {
    const [, pod, position, members] = match;
    const first = pod === undefined ? 1 : 0;
    const shard = { member: Number(position) + 1 - first, members: +members!, pods: pod };
    const { member } = shard;
    if (member >= 1 && member <= shard.members && shard.members <= MAX_MEMBERS) return shard;
  }
  throw new InvalidSelectionError(
    `HERMES_GATEWAY_SHARD: expected MEMBER/MEMBERS from 1/1 to ${MAX_MEMBERS}/${MAX_MEMBERS}, or ` +
      `NAME-ORDINAL/MEMBERS with the ordinal below MEMBERS, got ${
        JSON.stringify(text.slice(0, 60))
      }`,
  );
}

/**
 * Reads which profiles' gateways a container runs. Spaces around are ignored.
 *
 * `profiles`: empty or `*` for all, `none` for none, else names and globs, see
 * {@linkcode matchesGlob}, with commas between. A profile that is itself called
 * `none` is meant by `non[e]`.
 *
 * `shard`: empty for all; `2/5` for those that {@linkcode memberOf} gives to
 * the second of five members; or, counted from 0, the name of a StatefulSet's
 * pod in front of the slash: `hermes-1/5` is the second of five, too. In a
 * manifest that is `$(POD_NAME)/5`, with `metadata.name` in `POD_NAME`.
 *
 * A profile is run here when both select it. Pure.
 *
 * @param text What the environment has; an absent variable is an empty one.
 * @returns The selection.
 * @throws {InvalidSelectionError} If either is malformed.
 *
 * @example
 * ```ts
 * import { parseSelection } from "./selection.ts";
 * parseSelection({ profiles: "default,team-*" }).away("team-a"); // undefined
 * parseSelection({ profiles: "none" }).away("coder")?.rule; // "not-selected"
 * ```
 */
export function parseSelection(text: SelectionText): Selection {
  const globs = parseProfiles((text.profiles ?? "").trim());
  const shard = parseShard((text.shard ?? "").trim());
  return {
    away(profile) {
      if (!globs.some((glob) => matchesGlob(profile, glob))) {
        const reason = "not in HERMES_GATEWAY_PROFILES";
        const outside = `HERMES_GATEWAY_PROFILES is "${text.profiles}" here: add ${profile}`;
        return { rule: "not-selected", reason, outside };
      }
      const member = shard === undefined ? undefined : memberOf(profile, shard.members);
      if (shard === undefined || member === undefined || member === shard.member) return undefined;
      const { members, pods } = shard;
      const other = pods === undefined
        ? `the container with ${member}/${members}`
        : `the pod ${pods}-${member - 1}`;
      return {
        rule: "other-shard",
        reason: `member ${member} of ${members} has it, this is member ${shard.member} ` +
          "(HERMES_GATEWAY_SHARD)",
        outside: `HERMES_GATEWAY_SHARD is ${text.shard} here: ${other} has ${profile}`,
      };
    },
  };
}

/**
 * Has every profile where the root profile is, for it is the one whose gateway
 * serves them. Pure.
 *
 * @param selection What the operator selected.
 * @returns All profiles where that has `default`, else none.
 *
 * @example
 * ```ts
 * import { parseSelection, selectWithRoot } from "./selection.ts";
 * selectWithRoot(parseSelection({ profiles: "default" })).away("coder"); // undefined
 * ```
 */
export function selectWithRoot(selection: Selection): Selection {
  const rootAway = selection.away(DEFAULT_PROFILE);
  return {
    away(profile) {
      if (rootAway === undefined) return undefined;
      const reason = `the root profile's gateway serves it, elsewhere: ${rootAway.reason}`;
      return selection.away(profile) ?? { ...rootAway, reason };
    },
  };
}
