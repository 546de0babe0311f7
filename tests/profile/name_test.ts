import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidProfileNameError } from "../../lib/_errors.ts";
import { profileDir, profileNameProblem, slotName } from "../../lib/profile/name.ts";

Deno.test("profileNameProblem() accepts [a-z0-9][a-z0-9_-]* up to 243 characters", () => {
  for (const name of ["a", "0", "default", "my_bot-2", "0-_", "a".repeat(243)]) {
    assertEquals(profileNameProblem(name), undefined, name);
  }
  fc.assert(fc.property(fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,242}$/), (name) => {
    assertEquals(profileNameProblem(name), undefined);
  }));
});

Deno.test("profileNameProblem() refuses everything else", () => {
  const illegal = [
    ...["", "-a", "_a", ".", "..", ".hidden", "A", "Coder", "a b", "a.b", "a/b", "a\n", "\na"],
    ...["a\0", "a;b", "$(id)", "`id`", "é", "\u{1f600}", "a\u202e", "ａ", "bad\ufffd"],
  ];
  for (const name of illegal) {
    assert(profileNameProblem(name) !== undefined, JSON.stringify(name));
  }
  const outside = fc.tuple(
    fc.stringMatching(/^[a-z0-9_-]{0,8}$/),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((c) => !/[a-z0-9_-]/.test(c)),
    fc.stringMatching(/^[a-z0-9_-]{0,8}$/),
  );
  fc.assert(fc.property(outside, (parts) => {
    assert(profileNameProblem(parts.join("")) !== undefined);
  }));
});

Deno.test("profileNameProblem() refuses 244 characters and says how many are allowed", () => {
  const problem = profileNameProblem("a".repeat(244)) ?? "";
  assert(problem.includes("243") && problem.includes("244"), problem);
});

Deno.test("slotName() puts the prefix before the name, within s6-svscan's 251 characters", () => {
  assertEquals(slotName("coder"), "gateway-coder");
  assertEquals(slotName("default"), "gateway-default");
  assertEquals(slotName("a".repeat(243)).length, 251);
});

Deno.test("slotName() throws InvalidProfileNameError, one line with the name in it", () => {
  const error = assertThrows(() => slotName("../e\ntc"), InvalidProfileNameError, '"../e\\ntc"');
  assertEquals([error.profile, error.name], ["../e\ntc", "InvalidProfileNameError"]);
  assert(!error.message.includes("\n"));
});

Deno.test("profileDir() is the home for default, else a directory in profiles", () => {
  assertEquals(profileDir("/opt/data", "default"), "/opt/data");
  assertEquals(profileDir("/opt/data", "coder"), "/opt/data/profiles/coder");
});
