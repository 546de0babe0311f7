import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments, UsageError } from "../../tasks/_cli.ts";

const SPEC = {
  flags: ["json", "no-wait"],
  values: ["owner", "env"],
  many: ["env"],
  letters: { j: "json", o: "owner" },
};

const taken: [args: string[], values: Record<string, string[]>, operands?: string[]][] = [
  [["--owner=007", "1e3", "0x10"], { owner: ["007"] }, ["1e3", "0x10"]],
  [["--owner", "1:2", "-"], { owner: ["1:2"] }, ["-"]],
  [["--env", "A=1", "--env=B==x\ny", "--env", "1"], { env: ["A=1", "B==x\ny", "1"] }],
  [["--owner=", "--env", ""], { owner: [""], env: [""] }],
  [["--owner=-1", ""], { owner: ["-1"] }, [""]],
  [["--owner", "true", "false"], { owner: ["true"] }, ["false"]],
  [["-o5", "a"], { owner: ["5"] }, ["a"]],
  [["-o", "true", "a"], { owner: ["true"] }, ["a"]],
  [["a", "--", "--json", "--", "true", ""], {}, ["a", "--json", "--", "true", ""]],
];

Deno.test("parseArguments() takes values and operands as they are typed", () => {
  for (const [args, values, operands = []] of taken) {
    const given = parseArguments(args, SPEC);
    assertEquals(
      [Object.fromEntries(given.values), given.operands, given.flags.size],
      [values, operands, 0],
      args.join(" "),
    );
  }
});

Deno.test("parseArguments() takes no word for the value of a flag", () => {
  for (const flag of ["--json", "--no-wait", "-j"]) {
    for (const word of ["true", "false", "1", "x"]) {
      const { flags, operands } = parseArguments([flag, flag, word], SPEC);
      assertEquals([[...flags], operands], [[flag === "-j" ? "json" : flag.slice(2)], [word]]);
    }
  }
});

Deno.test("parseArguments() refuses what is unknown, doubled, without its value or with one too much", () => {
  for (
    const args of [
      ...[["--nope"], ["--nope=1"], ["-x"], ["-jx"], ["--no-json"], ["--wait"], ["--j"], ["---"]],
      ...[["--json=x"], ["--json=true"], ["--json="], ["--no-wait=1"], ["-j=x"], ["-j5"]],
      ...[["--owner"], ["--owner", "--json"], ["--owner", "--"], ["-o"], ["-o="], ["-o", "-1"]],
      ...[["--owner=1", "--owner", "1"], ["-o1", "--owner=1"]],
      ...[["--__proto__=1"], ["--constructor"], ["--owner.x=1"], ["--_=1"], ["-_"], ["-o_"]],
    ]
  ) {
    assertThrows(() => parseArguments(args, SPEC), UsageError, undefined, args.join(" "));
  }
});
