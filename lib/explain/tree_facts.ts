import { errorWords, survivable } from "../_errors.ts";
import { lstatIfPresent } from "../_fs.ts";
import { readBootRecord } from "../boot/record.ts";
import { foldIntents } from "../boot/plan.ts";
import { type GatewayState, inOrder, legalProfiles } from "../control/status.ts";
import { DEFAULT_PROFILE, profileDir, slotName } from "../profile/name.ts";
import type { ContainerRole } from "../rules/facts.ts";
import type { Rules } from "../rules/rules.ts";
import { isUnregistered } from "../slot/unregistered.ts";
import type { RecordedState } from "./why.ts";
import { readRecordedState } from "./why_facts.ts";

/** What is known of one gateway. */
export interface GatewayFacts extends GatewayState {
  /** The profile. */
  profile: string;
  /** Whether its profile is on the volume now. */
  present: boolean;
  /** Why the container's rules give it no gateway here. */
  notSelected?: string | undefined;
  /** Whether something else serves it: the root profile's gateway, or the container's command. */
  served: boolean;
  /** The profiles that its gateway serves and that are to run. */
  wantedBy: readonly string[];
  /** What state is recorded. */
  recorded: RecordedState;
  /** Whether an operator has unregistered it since the container started. */
  unregistered: boolean;
}

/** What is known of a container's gateways. */
export interface TreeFacts {
  /** What the container is for. */
  role: ContainerRole;
  /** Why there is no scandir. */
  scandirProblem?: string | undefined;
  /** Why it is not known what the last boot did. */
  bootProblem?: string | undefined;
  /** Why the profiles cannot be listed. */
  volumeProblem?: string | undefined;
  /** Every profile that can have a gateway, and every one that has a slot. */
  gateways: readonly GatewayFacts[];
}

/** Options of {@linkcode gatherTreeFacts}. */
export interface TreeOptions {
  /** The Hermes home, an absolute path. */
  home: string;
  /** The scandir, an absolute path. */
  scandir: string;
  /** What the container is for. */
  role: ContainerRole;
  /** The container's rules. */
  rules: Rules;
  /** The profiles that have a slot. */
  registered: readonly string[];
  /** Asks about gateways; the answers come in the same order. */
  ask(profiles: readonly string[]): Promise<readonly GatewayState[]>;
}

function problemOf(act: () => void): string | undefined {
  try {
    act();
  } catch (error) {
    return errorWords(survivable(error));
  }
}

/**
 * Gathers what there is to know of all gateways of a container, once.
 *
 * Needs `--allow-read` for the scandir, `<home>/profiles` and the root profile's
 * state file, and what `ask` needs.
 *
 * @param options Where, and whom to ask.
 * @returns The facts; the gateways with `default` first, then by name.
 *
 * @example
 * ```ts no-eval
 * import { gatherTreeFacts } from "./tree_facts.ts";
 * import { NO_RULES } from "../rules/rules.ts";
 * await gatherTreeFacts({
 *   home: "/opt/data",
 *   scandir: "/run/service",
 *   role: "other",
 *   rules: NO_RULES,
 *   registered: [],
 *   ask: () => Promise.resolve([]),
 * });
 * ```
 */
export async function gatherTreeFacts(options: TreeOptions): Promise<TreeFacts> {
  const { home, scandir, role, rules, registered, ask } = options;
  let present: string[] = [DEFAULT_PROFILE];
  const volumeProblem = problemOf(() => present = legalProfiles(home, () => {}));
  const recorded = new Map<string, RecordedState>();
  for (const profile of [...present, ...registered]) {
    recorded.set(profile, readRecordedState(profileDir(home, profile)));
  }
  const fold = foldIntents(
    present.map((profile) => {
      const priorState = recorded.get(profile)?.state ?? null;
      return { profile, memory: { priorState, priorExit: "unknown" as const } };
    }),
    rules,
  );
  const profiles = inOrder([...present, ...registered]);
  const states = await ask(profiles);
  const gateways = profiles.map((profile, index): GatewayFacts => ({
    ...states[index] ?? { registered: false, supervised: false, status: null },
    profile,
    present: present.includes(profile),
    notSelected: rules.selection.whyNot(profile),
    served: profile === DEFAULT_PROFILE ? role === "own-gateway" : rules.topology === "one",
    wantedBy: profile === DEFAULT_PROFILE ? fold : [],
    recorded: recorded.get(profile) ?? { state: null, setBy: null, setAt: null },
    unregistered: isUnregistered(scandir, slotName(profile)),
  }));
  const absent = lstatIfPresent(scandir) === undefined;
  return {
    role,
    volumeProblem,
    scandirProblem: absent ? `there is no ${scandir}` : undefined,
    bootProblem: problemOf(() => void readBootRecord(scandir)),
    gateways,
  };
}
