import type { Warn } from "../_warn.ts";
import { DEFAULT_PROFILE } from "../profile/name.ts";
import { readMultiplex } from "./multiplex.ts";

/**
 * How many gateways there are: `one`, the root profile's, which serves every
 * profile; or one `per-profile`.
 */
export type Topology = "one" | "per-profile";

/** From this version of hermes on one gateway serves every profile (NousResearch/hermes-agent#118273). */
export const ONE_SINCE = "0.21.4";

/**
 * Tells whether a version of hermes knows no other topology than `one`: it
 * refuses a gateway of a named profile while the root profile's runs.
 *
 * @param version The version, such as `0.21.4`; empty: not known.
 * @returns Whether it is {@linkcode ONE_SINCE} or later.
 *
 * @example
 * ```ts
 * import { knowsOnlyOne } from "./topology.ts";
 * knowsOnlyOne("0.21.3"); // false
 * knowsOnlyOne("0.100"); // true
 * knowsOnlyOne(""); // false
 * ```
 */
export function knowsOnlyOne(version: string): boolean {
  if (!/^\d+(\.\d+)*$/.test(version)) return false;
  const found = version.split(".").map(Number);
  for (const [index, least] of ONE_SINCE.split(".").map(Number).entries()) {
    const number = found[index] ?? 0;
    if (number !== least) return number > least;
  }
  return true;
}

function parseTopology(text: string, warn: Warn): Topology | undefined {
  if (text === "one" || text === "per-profile") return text;
  if (text !== "") warn("HERMES_GATEWAY_TOPOLOGY: expected one or per-profile: taken for not set");
}

/**
 * Reads how many gateways there are: by `HERMES_GATEWAY_TOPOLOGY`, else by
 * {@linkcode readMultiplex}, else by the version of the image's hermes, and
 * `per-profile` where that is not known. A hermes that knows only `one` gets
 * that, with a warning if it was asked for the other.
 *
 * Needs `--allow-read` for `<home>/config.yaml`.
 *
 * @param home The Hermes home.
 * @param fact Looks a fact up: the two variables, and `hermes_version`.
 * @param warn Told of what makes no sense.
 * @returns The topology.
 *
 * @example
 * ```ts no-eval
 * import { readTopology } from "./topology.ts";
 * await readTopology("/opt/data", (name) => Deno.env.get(name), console.warn);
 * ```
 */
export async function readTopology(
  home: string,
  fact: (name: string) => string | undefined,
  warn: Warn,
): Promise<Topology> {
  const version = fact("hermes_version") ?? "";
  let asked = parseTopology((fact("HERMES_GATEWAY_TOPOLOGY") ?? "").trim(), warn);
  if (asked === undefined) {
    const multiplex = await readMultiplex(home, fact("GATEWAY_MULTIPLEX_PROFILES") ?? "", warn);
    if (multiplex !== undefined) asked = multiplex ? "one" : "per-profile";
  }
  if (!knowsOnlyOne(version)) return asked ?? "per-profile";
  if (asked === "per-profile") {
    warn(`hermes ${version} has one gateway for all profiles: no gateway per profile`);
  }
  return "one";
}

/**
 * Finds the named profiles for which the root profile's gateway has to run.
 *
 * @param profiles The profiles, each with the state that is recorded of it.
 * @param topology How many gateways there are.
 * @returns Their names, in the same order.
 *
 * @example
 * ```ts
 * import { foldIntents } from "./topology.ts";
 * foldIntents([{ profile: "coder", state: "running" }], "one"); // ["coder"]
 * foldIntents([{ profile: "coder", state: "running" }], "per-profile"); // []
 * ```
 */
export function foldIntents(
  profiles: readonly { profile: string; state?: string | null | undefined }[],
  topology: Topology,
): string[] {
  if (topology !== "one") return [];
  return profiles.filter(({ profile, state }) => profile !== DEFAULT_PROFILE && state === "running")
    .map(({ profile }) => profile);
}
