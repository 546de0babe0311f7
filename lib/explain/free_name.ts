import { MAX_PROFILE_NAME_LENGTH, profileNameProblem } from "../profile/name.ts";

/**
 * Finds a legal profile name that looks like one that is not, and is free. Pure.
 *
 * @param name The name.
 * @param taken The names that are taken.
 * @returns A legal name.
 *
 * @example
 * ```ts
 * import { freeName } from "./free_name.ts";
 * freeName("My Bot", ["coder"]); // "my-bot"
 * freeName("default", ["default"]); // "default-2"
 * ```
 */
export function freeName(name: string, taken: Iterable<string>): string {
  const used = new Set(taken);
  const legal = name.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9_-]+/g, "-").replace(/^[-_]+|[-_]+$/g, "") || "profile";
  const base = legal.slice(0, MAX_PROFILE_NAME_LENGTH - 8);
  let free = base;
  for (let n = 2; used.has(free) || profileNameProblem(free) !== undefined; n++) {
    free = `${base}-${n}`;
  }
  return free;
}
