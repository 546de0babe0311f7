import { configSays, type Says } from "./_config.ts";
import type { ConfigNode } from "./_volume.ts";

/** What an operator's variables are; an empty one is as good as none. */
export interface RuleTexts {
  profiles: string;
  shard: string;
  multiplex: string;
  topology: string;
  version: string;
}

/** What a boot must make of them. */
export type ExpectedRules =
  | { refused: "HERMES_GATEWAY_PROFILES" | "HERMES_GATEWAY_SHARD" }
  | {
    refused?: undefined;
    /** Whether a profile is selected. */
    selects(profile: string): boolean;
    /** Whether named profiles register down, and the root profile starts for them. */
    one: boolean;
    /** What is said on standard error. */
    complaints: string[];
  };

const SWITCHES: Readonly<Record<string, boolean>> = {
  ...{ "1": true, "true": true, "yes": true, "on": true },
  ...{ "0": false, "false": false, "no": false, "off": false },
};

/** A glob as a regular expression; `undefined` if it is none. */
function globPattern(glob: string): RegExp | undefined {
  if (glob === "none" || glob.length > 243) return undefined;
  if (!/^([a-z0-9*?]|\[[a-z0-9_-]+\])([a-z0-9*?_-]|\[[a-z0-9_-]+\])*$/.test(glob)) return undefined;
  // Stars in a row are one; else a regular expression might take for ever.
  return new RegExp(
    `^${glob.replace(/\*+/g, "*").replace(/[*?]/g, (c) => c === "*" ? ".*" : ".")}$`,
  );
}

function selectionOf(text: string): ((profile: string) => boolean) | undefined {
  const words = text.trim();
  if (words === "" || words === "*") return () => true;
  if (words === "none") return () => false;
  const patterns = words.split(",").map((word) => globPattern(word.trim()));
  if (patterns.includes(undefined)) return undefined;
  return (profile) => patterns.some((pattern) => pattern?.test(profile));
}

/** Whether a shard is well formed; only those of one member are asked about here. */
function isShard(text: string): boolean {
  const words = text.trim();
  return words === "" || words === "1/1" || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?-0\/1$/.test(words);
}

function configOf(config: ConfigNode, homeIsSearchable: boolean): Says {
  if (!homeIsSearchable) return "broken";
  if (config.is === "absent") return "nothing";
  // The canary that hard links lead to has no such key.
  if (config.is === "hard link") return "nothing";
  if (config.is !== "file" || (config.mode & 0o400) === 0) return "broken";
  return configSays(config.config);
}

/** Says what a boot must make of its rules, from the documentation alone: nothing of lib/ is used here. */
export function expectedRules(
  { profiles, shard, multiplex, topology, version }: RuleTexts,
  config: ConfigNode,
  homeIsSearchable: boolean,
): ExpectedRules {
  const selects = selectionOf(profiles);
  if (selects === undefined) return { refused: "HERMES_GATEWAY_PROFILES" };
  if (!isShard(shard)) return { refused: "HERMES_GATEWAY_SHARD" };
  const complaints: string[] = [];
  const onlyOne = version === "0.21.4";
  let one = topology === "one" ? true : topology === "per-profile" ? false : undefined;
  if (one === undefined) {
    if (topology !== "") complaints.push("topology");
    const text = multiplex.trim().toLowerCase();
    one = SWITCHES[text];
    if (one === undefined) {
      if (text !== "") complaints.push("multiplex");
      const says = configOf(config, homeIsSearchable);
      if (says === "broken") complaints.push("config");
      if (says === "on" || says === "off") one = says === "on";
    }
  }
  if (onlyOne && one === false) complaints.push("only one");
  one = onlyOne || one === true;
  return { selects: one ? () => selects("default") : selects, one, complaints };
}
