import { assert, assertEquals, assertLess, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { memberOf, score } from "../../lib/rules/shard.ts";
import { InvalidSelectionError } from "../../lib/_errors.ts";
import { MAX_MEMBERS, parseSelection } from "../../lib/rules/selection.ts";

const NAMES = ["default", "coder", "team-a", "team-b", "team", "none"];

/** The names of a list that a selection runs here. */
function selected(text: Parameters<typeof parseSelection>[0], names: readonly string[] = NAMES) {
  const selection = parseSelection(text);
  return names.filter((name) => selection.whyNot(name) === undefined);
}

const profile = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const members = fc.integer({ min: 1, max: 40 });

Deno.test("parseSelection() runs every profile when nothing is asked for", () => {
  for (const text of [{}, { profiles: "", shard: "" }, { profiles: "*" }, { profiles: " * " }]) {
    assertEquals(selected(text), NAMES);
  }
});

Deno.test("parseSelection() runs no profile for none, with the reason", () => {
  assertEquals(selected({ profiles: "none" }), []);
  assertMatch(
    parseSelection({ profiles: " none " }).whyNot("coder") ?? "",
    /HERMES_GATEWAY_PROFILES/,
  );
});

Deno.test("parseSelection() takes names and globs, with spaces around", () => {
  assertEquals(selected({ profiles: "default,coder" }), ["default", "coder"]);
  assertEquals(selected({ profiles: " default ,\tteam-* " }), ["default", "team-a", "team-b"]);
  assertEquals(selected({ profiles: "team-?" }), ["team-a", "team-b"]);
  assertEquals(selected({ profiles: "?????" }), ["coder"]);
  assertEquals(selected({ profiles: "*a*" }), ["default", "team-a", "team-b", "team"]);
  assertEquals(selected({ profiles: "non?" }), ["none"]);
  assertEquals(selected({ profiles: "coder,*" }), NAMES);
  assertEquals(selected({ profiles: "code" }), []);
});

Deno.test("parseSelection() matches globs as the shell does", () => {
  const glob = fc.stringMatching(/^[ab*?]{1,8}$/);
  const name = fc.stringMatching(/^[ab]{1,8}$/);
  fc.assert(fc.property(glob, name, (glob, name) => {
    const same = new RegExp(`^${glob.replace(/\*+/g, ".*").replaceAll("?", ".")}$`).test(name);
    assertEquals(selected({ profiles: glob }, [name]).length === 1, same);
  }));
});

Deno.test("parseSelection() is not slow on any glob", () => {
  const start = performance.now();
  selected({ profiles: "*a".repeat(100) + "b" }, ["a".repeat(243)]);
  assertLess(performance.now() - start, 1000);
});

for (
  const profiles of [
    ",",
    "coder,",
    ",coder",
    "coder,,default",
    "none,coder",
    "coder,none",
    "Coder",
    "my bot",
    "team-[ab]",
    "-team",
    "../x",
    "a\nb",
    "é",
    "all!",
    "a".repeat(244),
  ]
) {
  Deno.test(`parseSelection() refuses the profiles ${JSON.stringify(profiles.slice(0, 20))}`, () => {
    const error = assertThrows(() => parseSelection({ profiles }), InvalidSelectionError);
    assertMatch(error.message, /^HERMES_GATEWAY_PROFILES: expected [^\n]{1,250}$/);
  });
}

Deno.test("parseSelection() gives each profile to the member that memberOf() names", () => {
  fc.assert(fc.property(profile, members, (profile, members) => {
    const takers = [];
    for (let member = 1; member <= members; member++) {
      if (selected({ shard: `${member}/${members}` }, [profile]).length === 1) takers.push(member);
    }
    assertEquals(takers, [memberOf(profile, members)]);
  }));
});

Deno.test("parseSelection() counts a StatefulSet's pods from 0", () => {
  fc.assert(fc.property(profile, members, (profile, members) => {
    for (let member = 1; member <= members; member++) {
      assertEquals(
        selected({ shard: `my-hermes-${member - 1}/${members}` }, [profile]),
        selected({ shard: ` ${member}/${members} ` }, [profile]),
      );
    }
  }));
  assertEquals(selected({ shard: "0-0/1" }), NAMES);
});

Deno.test("parseSelection() names the member that has a profile, and this one", () => {
  const taker = memberOf("coder", 2);
  const other = 3 - taker;
  assertEquals(
    parseSelection({ shard: `${other}/2` }).whyNot("coder"),
    `member ${taker} of 2 has it, this is member ${other} (HERMES_GATEWAY_SHARD)`,
  );
});

Deno.test("parseSelection() runs a profile only when the list and the shard both have it", () => {
  const taker = memberOf("coder", 2);
  assertEquals(selected({ profiles: "coder", shard: `${taker}/2` }), ["coder"]);
  assertEquals(selected({ profiles: "coder", shard: `${3 - taker}/2` }), []);
});

for (
  const shard of [
    "0/5",
    "6/5",
    "1/0",
    "0/0",
    "1",
    "1/",
    "/5",
    "1/2/3",
    "-1/5",
    "+1/5",
    "1.0/5",
    "a/5",
    "1 / 5",
    "1/5x",
    "1/5\n1/5",
    "hermes-5/5",
    "hermes/5",
    "-0/5",
    "Hermes-0/5",
    "hermes-0",
    `1/${MAX_MEMBERS + 1}`,
    "1/99999999999999999999",
    "$(POD_NAME)/5",
  ]
) {
  Deno.test(`parseSelection() refuses the shard ${JSON.stringify(shard)}`, () => {
    const error = assertThrows(() => parseSelection({ shard }), InvalidSelectionError);
    assertMatch(error.message, /^HERMES_GATEWAY_SHARD: expected [^\n]{1,250}$/);
  });
}

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
