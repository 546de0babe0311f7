import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  GatewayNotRegisteredError,
  RefusedContainerError,
  S6CommandError,
  S6TimeoutError,
} from "../../lib/_errors.ts";
import { COMMANDS } from "../../lib/image/commands.ts";
import { slotName } from "../../lib/profile/name.ts";
import { SettingError, UnknownWordError, UsageError } from "../../tasks/_cli.ts";
import { parseCommand } from "../../tasks/_gatewayctl/arguments.ts";
import { commandHelp, EXAMPLES, HELP, VERSION } from "../../tasks/_gatewayctl/help.ts";
import {
  nearestFor,
  NoMatchError,
  NoSuchProfileError,
  wordFailure,
} from "../../tasks/_gatewayctl/report.ts";
import { REPO } from "../_fixtures.ts";

const command = (name: string) => COMMANDS.find((command) => command.name === name)!;

function invalid(name: string): unknown {
  try {
    return slotName(name);
  } catch (error) {
    return error;
  }
}

Deno.test("wordFailure() is one line without a code for a newline, whatever was typed or said", () => {
  const said = "s6-svc: fatal: unable to\n  do it: Permission denied (os error 13)\n";
  for (
    const [error, profile] of [
      ...[[invalid("a\nb"), "a\nb"], [new Error(said), "coder"], [new Error("a\r\nb"), "x"]],
      [new S6CommandError(["s6-svc"], "gateway-coder", 111, said), "coder"],
      [new UsageError(`expected one, got ${JSON.stringify("a\nb")}`), ""],
    ] as const
  ) {
    const { message } = wordFailure(error, profile);
    assertMatch(message, /^[ -~]+$/);
    assertEquals(/\\u000[ad]/.test(message), false, message);
  }
  const { message } = wordFailure(new Error(said), "coder");
  assertStringIncludes(message, "coder: s6-svc: fatal: unable to; do it: Permission denied;");
});

Deno.test("wordFailure() hints at what helps, and at nothing where nothing does", () => {
  const hint = (error: unknown, name?: string, nearest?: string) => {
    const context = { command: name === undefined ? undefined : command(name), nearest };
    return wordFailure(error, "coder", context).message.split("; ")[1];
  };
  const absent = new GatewayNotRegisteredError("coder");
  assertEquals(hint(absent), 'see "gatewayctl why coder"');
  assertEquals(hint(absent, "stop", "codex"), 'did you mean "codex"?');
  const late = new S6TimeoutError("gateway-coder", "up", 5);
  assertEquals([hint(late, "start"), hint(late, "status")], [
    ...["try a longer --timeout", 'see "gatewayctl doctor"'],
  ]);
  const vain = new S6TimeoutError("gateway-coder", "up", 10_000);
  assertEquals(hint(vain, "start"), 'see "gatewayctl why coder"');
  assertEquals(hint(new UsageError("no"), "logs"), 'try "gatewayctl logs --help"');
  assertEquals(hint(new UsageError("no")), 'try "gatewayctl --help"');
  assertEquals(hint(new NoSuchProfileError("coder"), "register"), 'see "gatewayctl list"');
  for (
    const [error, name] of [
      ...[[new SettingError("HERMES_GATEWAY_SHARD: no"), "sync"], [new Error("x"), "doctor"]],
      ...[[new RefusedContainerError("no"), "list"], [new NoSuchProfileError("coder"), "list"]],
    ] as const
  ) {
    assertEquals(hint(error, name), undefined);
  }
});

Deno.test("wordFailure() tells by the exit code what is absent from what failed and what is wrong", () => {
  const code = (error: unknown) => wordFailure(error).exitCode;
  assertEquals([new Error("x"), new UsageError("x"), new SettingError("x")].map(code), [1, 2, 2]);
  const absent = [new NoSuchProfileError("x"), new NoMatchError("x"), invalid("My Bot")];
  assertEquals(absent.map(code), [3, 3, 3]);
});

Deno.test("nearestFor() is about names and words that are not there, and nothing else", async () => {
  const known = ["coder", "writer"];
  assertEquals(await nearestFor(new GatewayNotRegisteredError("codr"), known), "coder");
  assertEquals(await nearestFor(new NoSuchProfileError("witer"), known), "writer");
  assertEquals(await nearestFor(invalid("Coder"), known), "coder");
  assertEquals(await nearestFor(new UnknownWordError("no", "lsit", ["list"])), "list");
  assertEquals(await nearestFor(new Error("codr"), known), undefined);
});

Deno.test("the help of gatewayctl and of each command fits 80 columns and names all there is", () => {
  for (const text of [HELP, ...COMMANDS.map(commandHelp)]) {
    const wide = text.split("\n").filter((line) => line.length > 80);
    assertEquals(wide, []);
    assertEquals(/\n\n\n/.test(text), false, text);
    assertEquals(/\bslot|park|mend\b/.test(text), false, text);
  }
  for (const one of COMMANDS) {
    assertMatch(HELP, new RegExp(`^ {2}${one.name} {2,}\\w`, "m"));
    for (const { name } of one.options) assertStringIncludes(commandHelp(one), `--${name}`);
  }
});

Deno.test("each example of a help is a command line that is taken, of that command", () => {
  for (const [name, lines] of Object.entries(EXAMPLES)) {
    for (const line of lines) {
      const [first = "", ...words] = line.replaceAll("'", "").split(" ");
      assertEquals(first, name);
      assertEquals(parseCommand(command(name), words).command.name, name);
    }
  }
});

Deno.test("VERSION is that of deno.json", () => {
  assertEquals(JSON.parse(Deno.readTextFileSync(`${REPO}/deno.json`)).version, VERSION);
});
