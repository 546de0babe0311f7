import { assertEquals, assertThrows } from "@std/assert";
import type { Arguments } from "../../tasks/_gatewayctl/arguments.ts";
import { nearest } from "../../tasks/_gatewayctl/nearest.ts";
import { chooseProfiles, chosenOf, isPattern } from "../../tasks/_gatewayctl/profiles.ts";
import { NoMatchError } from "../../tasks/_gatewayctl/report.ts";

const KNOWN = ["default", "team-a", "team-b", "team-c1", "x.y"];

function given(operands: string[], ...flags: string[]): Arguments {
  return { operands, flags: new Set(flags) } as unknown as Arguments;
}

Deno.test("chooseProfiles() takes names as they are, what patterns match, and each once", () => {
  const choose = (...operands: string[]) => chooseProfiles(given(operands), KNOWN);
  assertEquals(choose("nope", "My Bot", ""), ["nope", "My Bot", ""]);
  assertEquals(choose("team-b", "team-*", "team-b"), ["team-b", "team-a", "team-c1"]);
  assertEquals(choose("*"), KNOWN);
  assertEquals([choose("team-?"), choose("team-[ab]")], Array(2).fill(["team-a", "team-b"]));
  assertEquals([choose("team-[!a]"), choose("team-[^a]")], Array(2).fill(["team-b"]));
  assertEquals([choose("team-[b-z]*"), choose("?.y")], [["team-b", "team-c1"], ["x.y"]]);
  assertEquals(chooseProfiles(given([], "all"), KNOWN), KNOWN);
});

Deno.test("chooseProfiles() refuses a pattern that matches nothing, whatever it is", () => {
  for (
    const pattern of ["nope-*", "?", "team", "t[", "[]", "[z-a]*", "x?y?", "*\\*", "team-[\\w]x"]
  ) {
    if (!isPattern(pattern)) continue;
    assertThrows(() => chooseProfiles(given(["default", pattern]), KNOWN), NoMatchError);
  }
  assertThrows(() => chooseProfiles(given(["*"]), []), NoMatchError);
});

Deno.test("chosenOf() tells which of some profiles are meant, and minds none that is not there", () => {
  assertEquals(chosenOf(given(["team-*", "default", "gone", "no-*"]), KNOWN), [
    ...["team-a", "team-b", "team-c1", "default"],
  ]);
  assertEquals(chosenOf(given([], "all"), KNOWN), KNOWN);
});

Deno.test("nearest() finds what was meant, and nothing far from it", () => {
  const words = ["list", "status", "start", "stop", "restart", "register", "unregister", "logs"];
  for (
    const [word, meant] of [
      ...[["lsit", "list"], ["stat", "status"], ["regster", "register"], ["unreg", "unregister"]],
      ...[["log", "logs"], ["frobnicate", undefined], ["", undefined], ["s", undefined]],
    ] as const
  ) {
    assertEquals(nearest(word, words), meant, word);
  }
  assertEquals(nearest("--folow", ["--follow", "--lines"]), "--follow");
  assertEquals(nearest("-x", ["--json", "--all"]), undefined);
});
