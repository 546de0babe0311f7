import { assertEquals, assertThrows } from "@std/assert";
import { COMMANDS } from "../../lib/image/commands.ts";
import { UsageError } from "../../tasks/_cli.ts";
import { type Arguments, numberOf, parseCommand } from "../../tasks/_gatewayctl/arguments.ts";
import { duration, parseWhen, timeWords } from "../../tasks/_gatewayctl/human.ts";

function parse(name: string, ...args: string[]): Arguments {
  const command = COMMANDS.find((command) => command.name === name);
  if (command === undefined) throw new Error(name);
  return parseCommand(command, args);
}

Deno.test("parseCommand() takes options before, between and after profiles, and each profile once", () => {
  const { operands, flags, values } = parse("start", "--no-wait", "a", "--timeout", "5", "7", "a");
  assertEquals([operands, [...flags], [...values]], [
    ...[["a", "7"], ["no-wait"], [["timeout", ["5"]]]],
  ]);
  assertEquals(parse("register", "a", "--env", "A=1", "--env=B==x").values.get("env"), [
    ...["A=1", "B==x"],
  ]);
  const logs = parse("logs", "a", "-fn", "5");
  assertEquals([[...logs.flags], logs.values.get("lines")], [["follow"], ["5"]]);
});

Deno.test("parseCommand() refuses what a command does not take", () => {
  for (
    const [name, ...args] of [
      ...[["start"], ["start", "a", "--all"], ["start", "a", "--nope"], ["start", "a", "-x"]],
      ...[["start", "a", "--timeout"], ["start", "a", "--timeout="], ["doctor", "a"]],
      ...[["start", "a", "--timeout=1", "--timeout=2"], ["help", "a", "b"], [
        "logs",
        "-n",
      ]],
    ] as [string, ...string[]][]
  ) {
    assertThrows(() => parse(name, ...args), UsageError, undefined, args.join(" "));
  }
});

Deno.test("parseCommand() lets --help stand alone", () => {
  for (const word of ["--help", "-h"]) assertEquals([...parse("why", word).flags], ["help"]);
});

Deno.test("numberOf() refuses what is no number", () => {
  assertEquals(numberOf(parse("logs", "a"), "lines", 20), 20);
  for (const text of ["x", "1.5", "1e3", "0x10", "99999999"]) {
    assertThrows(() => numberOf(parse("logs", "a", `-n=${text}`), "lines", 20), UsageError);
  }
});

Deno.test("duration() words the two largest units", () => {
  assertEquals([0, 59, 61, 3600, 90061, -3].map(duration), [
    ...["0s", "59s", "1m 1s", "1h", "1d 1h", "0s"],
  ]);
});

Deno.test("timeWords() words a time in a zone, and in the system's for one it does not know", () => {
  const time = new Date("2026-11-22T08:47:01Z");
  assertEquals(timeWords("Europe/Berlin")(time), "2026-11-22 09:47:01");
  assertEquals(timeWords("Mars/Olympus")(time), timeWords()(time));
});

Deno.test("parseWhen() reads an age, and a time in a zone or in the caller's, also as its clock changes", () => {
  const now = new Date("2026-11-22T08:47:01.500Z");
  const when = (text: string, zone = "Europe/Berlin") =>
    parseWhen(text, timeWords(zone), now)?.toISOString().replace(/:00\.000Z$/, "Z");
  assertEquals(["90s", "10m", "2h", "1d"].map((text) => when(text)), [
    ...["2026-11-22T08:45:31.500Z", "2026-11-22T08:37:01.500Z"],
    ...["2026-11-22T06:47:01.500Z", "2026-11-21T08:47:01.500Z"],
  ]);
  for (
    const [text, time] of [
      ...[["2026-11-22 08:47", "2026-11-22T07:47Z"], ["2026-11-22T08:47:00Z", "2026-11-22T08:47Z"]],
      ...[["2026-11-22 08:47+05:30", "2026-11-22T03:17Z"], ["2026-07-01", "2026-06-30T22:00Z"]],
      ...[["2026-03-29 01:59", "2026-03-29T00:59Z"], ["2026-03-29 03:00", "2026-03-29T01:00Z"]],
    ] as const
  ) {
    assertEquals(when(text), time, text);
  }
  assertEquals(
    when("2026-11-22 08:47", "Mars/Olympus"),
    parseWhen("2026-11-22 08:47", timeWords(), now)?.toISOString().replace(/:00\.000Z$/, "Z"),
  );
  for (const text of ["", "10", "m", "1w", "-5m", "2026-02-30", "2026-11-22 25:00", "08:47"]) {
    assertEquals(when(text), undefined, text);
  }
});
