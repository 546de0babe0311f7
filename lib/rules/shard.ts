const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over the low byte of each character, from a hash already begun. */
function fnv1a(text: string, hash = FNV_OFFSET): number {
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ (text.charCodeAt(i) & 0xff), FNV_PRIME);
  }
  return hash;
}

// FNV's last byte reaches only the low bits of a product, so that scores of
// neighbouring members would hang together: MurmurHash3's finaliser mixes them.
function fmix32(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Scores a member's claim to a profile. It never changes: containers of
 * different versions of this suite must agree on who has which profile.
 * Pure.
 *
 * @param profile A legal profile name.
 * @param member The member's number, from 1.
 * @returns The 32-bit FNV-1a hash of `<profile>:<member>`, finalised as in
 * MurmurHash3 (fmix32).
 *
 * @example
 * ```ts
 * import { score } from "./shard.ts";
 * score("coder", 1) === score("coder", 1); // true
 * ```
 */
export function score(profile: string, member: number): number {
  return fmix32(fnv1a(`${profile}:${member}`));
}

/**
 * Finds the member that has a profile: the one with the highest score
 * (rendezvous hashing). Every member finds the same without asking the
 * others, and one more member takes its share and moves nothing else.
 * Pure.
 *
 * @param profile A legal profile name.
 * @param members How many members there are, from 1.
 * @returns The member's number, from 1 to `members`.
 *
 * @example
 * ```ts
 * import { memberOf } from "./shard.ts";
 * memberOf("coder", 1); // 1
 * ```
 */
export function memberOf(profile: string, members: number): number {
  const begun = fnv1a(`${profile}:`);
  let best = 1;
  let highest = -1;
  for (let member = 1; member <= members; member++) {
    const claim = fmix32(fnv1a(String(member), begun));
    if (claim <= highest) continue;
    best = member;
    highest = claim;
  }
  return best;
}
