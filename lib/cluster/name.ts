import { sha256 } from "./_sha256.ts";

/** What every workload's name begins with. */
export const WORKLOAD_PREFIX = "hermes-";

/** A StatefulSet's pods carry its name and a hash in a label, which holds 63 characters. */
export const MAX_WORKLOAD_NAME_LENGTH = 52;

const HASH_LENGTH = 24;
const MAX_REST = MAX_WORKLOAD_NAME_LENGTH - WORKLOAD_PREFIX.length;

/**
 * Hashes a profile's name for a label, which holds no name of 243 characters. Pure.
 *
 * @param profile A profile's name.
 * @returns 40 hexadecimal digits of its SHA-256.
 *
 * @example
 * ```ts
 * import { profileHash } from "./name.ts";
 * profileHash("coder").length; // 40
 * ```
 */
export function profileHash(profile: string): string {
  return sha256(profile).slice(0, 40);
}

/**
 * Names the workload of a profile: `hermes-<profile>` where that is a DNS label
 * of at most {@linkcode MAX_WORKLOAD_NAME_LENGTH} characters, else what is left
 * of the profile's name with a hash of it. Only the latter has `--` in it, so
 * that none of these can be another profile's plain name. It never changes, for
 * a workload of another name would be a second one. Pure.
 *
 * @param profile A legal profile name.
 * @returns The name; that of no other profile.
 *
 * @example
 * ```ts
 * import { workloadName } from "./name.ts";
 * workloadName("coder"); // "hermes-coder"
 * workloadName("my_bot"); // "hermes-my-bot--3430ffa949a448f3d963be93"
 * ```
 */
export function workloadName(profile: string): string {
  const isLabel = /^[a-z0-9](?:-?[a-z0-9])*$/.test(profile);
  if (isLabel && profile.length <= MAX_REST) return WORKLOAD_PREFIX + profile;
  const hash = profileHash(profile).slice(0, HASH_LENGTH);
  const readable = profile.replace(/[^a-z0-9]+/g, "-").slice(0, MAX_REST - HASH_LENGTH - 2)
    .replace(/^-|-$/g, "");
  return `${WORKLOAD_PREFIX}${readable}--${hash}`;
}
