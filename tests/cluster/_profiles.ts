import fc from "fast-check";

/** Legal profile names that somebody could make to break a cluster. */
export const HOSTILE_PROFILES: readonly string[] = [
  ..."default none null true false yes no on off y n nan 0 00 09 0o17 0x1f 1e3 1_000 12e03".split(
    " ",
  ),
  ..."dashboard loop gateways gateway-coder home run tmp shared status constructor valueof".split(
    " ",
  ),
  ..."a- a_ a__ a-- a-_ a-b a_b a--b a---b a-_b a_-b 0- 0_ x--y-- x-0 x-0-0".split(" "),
  ...[44, 45, 46, 52, 63, 64, 242, 243].flatMap((length) => [
    "a".repeat(length),
    "a".repeat(length - 1) + "-",
    "a".repeat(length - 1) + "_",
    "a-".repeat(length).slice(0, length),
    "a_".repeat(length).slice(0, length),
  ]),
  // What names of others look like when they are hashed.
  "my-bot--3430ffa949a448f3d963be93",
  "a-b--90827a2e56361a8fd77208d8",
];

const legal = (max: number, alphabet: string) =>
  fc.stringMatching(new RegExp(`^[a-z0-9][${alphabet}]{0,${max}}$`));

/** Legal profile names, such as those that differ only in what a DNS label does not have. */
export const profileNames: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_PROFILES),
  legal(8, "ab_-"),
  legal(60, "a-z0-9_-"),
  legal(242, "a_-"),
);
