import { parse } from "@std/yaml/parse";
import { InvalidPolicyError, survivable } from "../_errors.ts";
import { printable } from "../_quote.ts";
import { DEFAULT_PROFILE, profileNameProblem } from "../profile/name.ts";
import { matchesGlob } from "../rules/selection.ts";
import {
  listOf,
  mapOf,
  type Read,
  readFields,
  readImage,
  readKey,
  readLabel,
  readName,
  readQuantity,
  readResources,
  readToleration,
  refuse,
  type Toleration,
} from "./_policy_readers.ts";
import { parseQuantity } from "./quantity.ts";

/** What is asked of the cluster for one container. */
export interface Settings {
  /** The image. */
  image: string;
  /** What the scheduler keeps free for it, by resource. */
  requests: Readonly<Record<string, string>>;
  /** What it can take at most, by resource. */
  limits: Readonly<Record<string, string>>;
  /** The labels of the nodes it can run on. */
  nodeSelector: Readonly<Record<string, string>>;
  /** The taints of nodes that do not keep it away. */
  tolerations: readonly Toleration[];
}

/** A claim that a profile has to itself. */
export interface OwnVolume {
  /** Its size. */
  storage: string;
  /** Its storage class. Default: the cluster's. */
  storageClassName?: string | undefined;
}

/** What is asked for one profile. */
export interface ProfileSettings extends Settings {
  /**
   * `shared`: the home that all share. Else a claim of the profile's own for a
   * home; of the shared one it then has its own directory, and sees no other.
   */
  volume: "shared" | OwnVolume;
}

/** What is asked for the dashboard. */
export interface DashboardSettings extends Settings {
  /** The Secret whose keys become its environment: the login. */
  secret: string;
}

/** What is asked for the profiles that a glob stands for. */
export interface Override {
  /** A profile's name, or a glob. */
  match: string;
  /** What differs. */
  settings: Partial<ProfileSettings>;
}

/** What an operator asks of a cluster. */
export interface Policy {
  /** The claim with the shared home. */
  claim: string;
  /** The dashboard; absent where there is to be none. */
  dashboard?: DashboardSettings | undefined;
  /** What every profile gets. */
  defaults: ProfileSettings;
  /** What differs for some, in the order in which it counts. */
  globs: readonly Override[];
  /** What differs for one, by its name; it counts last. */
  names: ReadonlyMap<string, readonly Override[]>;
}

const SETTINGS: { readonly [K in keyof Settings]: Read<Settings[K]> } = {
  image: readImage,
  requests: readResources,
  limits: readResources,
  nodeSelector: mapOf(readKey, readLabel),
  tolerations: listOf(readToleration),
};

const PROFILE_SETTINGS: { readonly [K in keyof ProfileSettings]: Read<ProfileSettings[K]> } = {
  ...SETTINGS,
  volume(value, path) {
    if (value === "shared") return value;
    if (typeof value !== "object" || value === null) {
      return refuse(path, "shared, or a mapping with storage", value);
    }
    const volume = readFields<Required<OwnVolume>>(value, path, {
      storage: readQuantity,
      storageClassName: readName,
    });
    const { storage } = volume;
    if (storage !== undefined && parseQuantity(storage)! > 0) return { ...volume, storage };
    return refuse(`${path}.storage`, "a size such as 10Gi", storage);
  },
};

function merge<T extends Settings>(base: T, over: Partial<T>): T {
  return {
    ...base,
    ...over,
    requests: { ...base.requests, ...over.requests },
    limits: { ...base.limits, ...over.limits },
    nodeSelector: { ...base.nodeSelector, ...over.nodeSelector },
  };
}

/** The API server would refuse what asks for more than it may take. */
function checkLimits({ requests, limits }: Settings, path: string): void {
  for (const [name, limit] of Object.entries(limits)) {
    const request = requests[name];
    if (request === undefined || parseQuantity(request)! <= parseQuantity(limit)!) continue;
    throw new InvalidPolicyError(
      `${path}.limits.${name}: expected at least the request, ${request}, got ${limit}`,
    );
  }
}

const readMatch: Read<string> = (value, path) => {
  const glob = typeof value === "string" ? value.replace(/[*?]|\[[!^]?[a-z0-9_-]+\]/g, "x") : "";
  if (profileNameProblem(glob) === undefined) return value as string;
  return refuse(path, "a profile's name, or a glob such as team-*", value);
};

function readOverride(value: unknown, path: string, defaults: ProfileSettings): Override {
  const { match, ...settings } = readFields<ProfileSettings & { match: string }>(value, path, {
    match: readMatch,
    ...PROFILE_SETTINGS,
  });
  if (match === undefined) return refuse(`${path}.match`, "whom it is about", undefined);
  if (match === DEFAULT_PROFILE && typeof settings.volume === "object") {
    throw new InvalidPolicyError(
      `${path}.volume: expected shared, for the root profile's directory is the shared home itself`,
    );
  }
  checkLimits(merge(defaults, settings), path);
  return { match, settings };
}

function readYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const [words = ""] = survivable(error).message.split("\n");
    throw new InvalidPolicyError(`not YAML: ${printable(words)}`);
  }
}

const RESOURCES = { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } };

/**
 * Reads a policy. All of it can be left out:
 *
 * ```yaml
 * claim: hermes-home
 * dashboard: # or false
 *   secret: hermes-dashboard
 *   # and image, requests, limits, nodeSelector, tolerations
 * defaults:
 *   image: hermes-boot
 *   requests: { cpu: 100m, memory: 256Mi }
 *   limits: { memory: 1Gi }
 *   nodeSelector: {}
 *   tolerations: []
 *   volume: shared # or { storage: 10Gi, storageClassName: fast }
 * profiles:
 *   - match: team-*
 *     limits: { memory: 2Gi }
 * ```
 *
 * The entries of `profiles` differ from `defaults` in what they name, resource
 * by resource and label by label. Those with a glob count in their order, then
 * those with a name. Pure.
 *
 * @param text The policy, YAML.
 * @param image The image where it names none. Default: `hermes-boot`.
 * @returns The policy.
 * @throws {InvalidPolicyError} If it is malformed.
 *
 * @example
 * ```ts
 * import { parsePolicy, settingsOf } from "./policy.ts";
 * const policy = parsePolicy("profiles: [{ match: team-*, limits: { memory: 2Gi } }]");
 * settingsOf(policy, "team-a").limits.memory; // "2Gi"
 * ```
 */
export function parsePolicy(text: string, image: string = "hermes-boot"): Policy {
  const { dashboard = {}, defaults: given, ...policy } = readFields<{
    claim: string;
    dashboard: Partial<DashboardSettings> | false;
    defaults: Partial<ProfileSettings>;
    profiles: unknown[];
  }>(readYaml(text), "", {
    claim: readName,
    dashboard: (value, path) =>
      value !== false &&
      readFields<DashboardSettings>(value, path, { ...SETTINGS, secret: readName }),
    defaults: (value, path) => readFields<ProfileSettings>(value, path, PROFILE_SETTINGS),
    profiles: listOf((value) => value),
  });
  const base = { image, ...RESOURCES, nodeSelector: {}, tolerations: [] };
  const defaults = merge<ProfileSettings>({ ...base, volume: "shared" }, given ?? {});
  checkLimits(defaults, "defaults");
  const overrides = (policy.profiles ?? []).map((value, index) =>
    readOverride(value, `profiles[${index}]`, defaults)
  );
  const isName = ({ match }: Override) => profileNameProblem(match) === undefined;
  const globs = overrides.filter((override) => !isName(override));
  const names = Map.groupBy(overrides.filter(isName), ({ match }) => match);
  const { claim = "hermes-home" } = policy;
  if (dashboard === false) return { claim, defaults, globs, names };
  // It has the profiles' image, but is no profile.
  const plain = { ...base, image: defaults.image, secret: "hermes-dashboard" };
  const asked = merge<DashboardSettings>(plain, dashboard);
  checkLimits(asked, "dashboard");
  return { claim, dashboard: asked, defaults, globs, names };
}

/**
 * Finds what a policy asks for a profile. The root profile has no volume of its
 * own, for its directory is the shared home. Pure.
 *
 * @param policy The policy.
 * @param profile A legal profile name.
 * @returns What it asks for.
 *
 * @example
 * ```ts
 * import { parsePolicy, settingsOf } from "./policy.ts";
 * settingsOf(parsePolicy(""), "coder").volume; // "shared"
 * ```
 */
export function settingsOf(policy: Policy, profile: string): ProfileSettings {
  const globs = policy.globs.filter(({ match }) => matchesGlob(profile, match));
  let found = policy.defaults;
  for (const { settings } of [...globs, ...policy.names.get(profile) ?? []]) {
    found = merge(found, settings);
  }
  return profile === DEFAULT_PROFILE ? { ...found, volume: "shared" } : found;
}
