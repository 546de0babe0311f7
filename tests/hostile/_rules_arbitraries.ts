import fc from "fast-check";
import type { RuleTexts } from "./_rules_oracle.ts";

const SELECTIONS = [
  ...["", "*", " * ", "none", " none ", "default", "default,*-*", "a*,b*,c*,d*,e*,f*", "?*"],
  ...["**", "*?*", "non?", "default , nobody", "[a-m]*", "*_*,*-*", "*0*,*1*,*2*", "d*t"],
  // A backtracking matcher would take for ever.
  "*a".repeat(40) + "b",
  ...["a,,b", ",", "none,default", "Coder", "../x", "a b", "-x", "*.x", "\x1b[31m", "*evil\u2028"],
  ...["é*", "a".repeat(243), "a".repeat(244), "*".repeat(300), "{a,b}", "!a", "default;id"],
];
const SHARDS = [
  ...["", "1/1", " 1/1 ", "pod-0/1", "a.b-0/1"],
  ...["0/1", "2/1", "1/0", "1", "/", "1/1/1", "-1/1", "1/1001", "pod-1/1", "-0/1", "Pod-0/1"],
  ...["0x1/1", "1/1;id", "\x1b]0;x\x07/1", "9".repeat(400) + "/1", "1 / 1"],
];
const SWITCHES = [
  ...["", "1", "TRUE", "yes", "On", "0", "false", "NO", "off"],
  ...["2", "ture", " on", "on ", "\x1b[31m", "y".repeat(10_000)],
];
const rarely = (values: readonly string[], weight: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  );

/** Variables of an operator, sound and malformed; mostly there are none. */
export const rules: fc.Arbitrary<RuleTexts> = fc.record({
  profiles: rarely(SELECTIONS, 2),
  shard: rarely(SHARDS, 4),
  multiplex: rarely(SWITCHES, 4),
  topology: rarely(["one", "per-profile", "One", "both", "\x1b[31m", "one,one"], 6),
  version: rarely(["0.21.4", "0.21.3", "latest"], 6),
});
