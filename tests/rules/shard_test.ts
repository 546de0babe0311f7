import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { memberOf, score } from "../../lib/rules/shard.ts";

const profile = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const members = fc.integer({ min: 1, max: 40 });

Deno.test("score() is FNV-1a finalised by fmix32, for good", () => {
  // FNV-1a with 64-bit integers as its definition has it, and MurmurHash3's fmix32.
  const definition = (text: string) => {
    const mask = 0xffffffffn;
    let h = 0x811c9dc5n;
    for (const byte of new TextEncoder().encode(text)) {
      h = ((h ^ BigInt(byte)) * 0x01000193n) & mask;
    }
    if (text === "foobar") assertEquals(h, 0xbf9cf968n); // the FNV authors' test vector
    h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & mask;
    h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & mask;
    return Number(h ^ (h >> 16n));
  };
  definition("foobar");
  fc.assert(fc.property(profile, members, (profile, member) => {
    assertEquals(score(profile, member), definition(`${profile}:${member}`));
  }));
});

Deno.test("memberOf() finds the highest score", () => {
  fc.assert(fc.property(profile, members, (profile, members) => {
    const scores = Array.from({ length: members }, (_, i) => score(profile, i + 1));
    assertEquals(scores[memberOf(profile, members) - 1], Math.max(...scores));
  }));
});

Deno.test("memberOf() moves a profile only to the new member when one is added", () => {
  fc.assert(fc.property(profile, members, (profile, members) => {
    const [before, after] = [memberOf(profile, members), memberOf(profile, members + 1)];
    assert(after === before || after === members + 1, `${before} -> ${after}`);
  }));
});

Deno.test("memberOf() shares profiles out evenly, and moves the new member's share", () => {
  const count = 6000;
  for (const name of [(i: number) => `profile-${i}`, (i: number) => i.toString(36)]) {
    const names = Array.from({ length: count }, (_, i) => name(i));
    for (const members of [1, 2, 3, 5, 8, 12]) {
      const shares = new Array<number>(members).fill(0);
      let moved = 0;
      for (const name of names) {
        const member = memberOf(name, members);
        shares[member - 1] = (shares[member - 1] ?? 0) + 1;
        if (memberOf(name, members + 1) !== member) moved++;
      }
      // Five standard deviations of a fair draw.
      const within = (got: number, p: number) => {
        const off = Math.abs(got - count * p);
        assert(off <= 5 * Math.sqrt(count * p * (1 - p)), `${got} of ${count}, p = ${p}`);
      };
      for (const share of shares) within(share, 1 / members);
      within(moved, 1 / (members + 1));
    }
  }
});
