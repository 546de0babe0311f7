import { assertEquals, assertLess, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { memberOf } from "../../lib/rules/shard.ts";
import { InvalidSelectionError } from "../../lib/_errors.ts";
import {
  MAX_MEMBERS,
  parseSelection,
  type SelectionText,
  selectWithRoot,
} from "../../lib/rules/selection.ts";

const NAMES = ["default", "coder", "team-a", "team-b", "team", "none"];

/** The names of a list that a selection runs here. */
function selected(text: SelectionText, names: readonly string[] = NAMES) {
  const selection = parseSelection(text);
  return names.filter((name) => selection.away(name) === undefined);
}

const profile = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
const members = fc.integer({ min: 1, max: 40 });

Deno.test("parseSelection() runs every profile when nothing is asked for", () => {
  for (const text of [{}, { profiles: "", shard: "" }, { profiles: "*" }, { profiles: " * " }]) {
    assertEquals(selected(text), NAMES);
  }
});

for (
  const [profiles, names] of [
    ["none", []],
    ["code", []],
    ["default,coder", ["default", "coder"]],
    [" default ,\tteam-* ", ["default", "team-a", "team-b"]],
    ["team-?", ["team-a", "team-b"]],
    ["?????", ["coder"]],
    ["*a*", ["default", "team-a", "team-b", "team"]],
    ["non?", ["none"]],
    ["non[e]", ["none"]],
    ["team-[!b-z],[c-d]*", ["default", "coder", "team-a"]],
    ["coder,*", NAMES],
  ] as const
) {
  Deno.test(`parseSelection() runs ${names.join() || "nothing"} of all for ${profiles}`, () => {
    assertEquals(selected({ profiles }), [...names]);
  });
}

Deno.test("parseSelection() matches globs as the shell does", () => {
  const glob = fc.stringMatching(/^[ab*?]{1,8}$/);
  const name = fc.stringMatching(/^[ab]{1,8}$/);
  fc.assert(fc.property(glob, name, (glob, name) => {
    const same = new RegExp(`^${glob.replace(/\*+/g, ".*").replaceAll("?", ".")}$`).test(name);
    assertEquals(selected({ profiles: glob }, [name]).length === 1, same);
  }));
});

Deno.test("parseSelection() is not slow on any glob", () => {
  for (const glob of ["*a".repeat(100) + "b", "*".repeat(243), "*?".repeat(100)]) {
    const start = performance.now();
    selected({ profiles: glob }, ["a".repeat(243)]);
    assertLess(performance.now() - start, 1000, glob);
  }
});

const REFUSED = {
  profiles: [
    ...[",", "coder,", ",coder", "coder,,default", "none,coder", "coder,none"],
    ...[
      "Coder",
      "my bot",
      "team-[]",
      "[a",
      "[A]",
      "-team",
      "../x",
      "a\nb",
      "é",
      "all!",
      "a".repeat(244),
    ],
  ],
  shard: [
    ...["0/5", "6/5", "1/0", "0/0", "1", "1/", "/5", "1/2/3", "-1/5", "+1/5", "1.0/5", "a/5"],
    ...["1 / 5", "1/5x", "1/5\n1/5", "hermes-5/5", "hermes/5", "-0/5", "Hermes-0/5", "hermes-0"],
    ...[`1/${MAX_MEMBERS + 1}`, "1/99999999999999999999", "$(POD_NAME)/5"],
  ],
};

for (const [key, texts] of Object.entries(REFUSED)) {
  Deno.test(`parseSelection() refuses malformed ${key} in one line that names the variable`, () => {
    const line = new RegExp(`^HERMES_GATEWAY_${key.toUpperCase()}: expected [^\\n]{1,250}$`);
    for (const text of texts) {
      const error = assertThrows(() => parseSelection({ [key]: text }), InvalidSelectionError);
      assertMatch(error.message, line, JSON.stringify(text));
    }
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

Deno.test("parseSelection() says why not: the list, or the member that has the profile", () => {
  const taker = memberOf("coder", 2);
  const other = 3 - taker;
  const whyNot = (text: SelectionText) => parseSelection(text).away("coder")?.reason;
  assertEquals(whyNot({ profiles: "default" }), "not in HERMES_GATEWAY_PROFILES");
  assertEquals(
    whyNot({ profiles: "coder", shard: `${other}/2` }),
    `member ${taker} of 2 has it, this is member ${other} (HERMES_GATEWAY_SHARD)`,
  );
  assertEquals(whyNot({ profiles: "coder", shard: `${taker}/2` }), undefined);
});

Deno.test("selectWithRoot() has every profile where default is, and none elsewhere", () => {
  const here = selectWithRoot(parseSelection({ profiles: "default" }));
  assertEquals(["default", "coder"].map((profile) => here.away(profile)), [undefined, undefined]);
  const away = selectWithRoot(parseSelection({ profiles: "coder" }));
  const why = "not in HERMES_GATEWAY_PROFILES";
  assertEquals(["default", "writer", "coder"].map((profile) => away.away(profile)?.reason), [
    ...[why, why, `the root profile's gateway serves it, elsewhere: ${why}`],
  ]);
});

Deno.test("away() says what to change outside, and who has the profile", () => {
  const outside = (text: SelectionText) => parseSelection(text).away("coder")?.outside;
  assertEquals(
    outside({ profiles: "a,b" }),
    'HERMES_GATEWAY_PROFILES is "a,b" here: add coder',
  );
  const taker = memberOf("coder", 2);
  const other = 3 - taker;
  assertEquals(
    outside({ shard: `${other}/2` }),
    `HERMES_GATEWAY_SHARD is ${other}/2 here: the container with ${taker}/2 has coder`,
  );
  assertEquals(
    outside({ shard: `hermes-${other - 1}/2` }),
    `HERMES_GATEWAY_SHARD is hermes-${other - 1}/2 here: the pod hermes-${taker - 1} has coder`,
  );
});
