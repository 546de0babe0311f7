import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { normalize, terminalPicture } from "../../tasks/_terminal.ts";

const run = (pid: string, age: string, memory: string) =>
  `$ gatewayctl list
  PROFILE  STATE           FOR  ${"PID".padStart(pid.length)}   CPU  MEMORY  DEATHS  LAST LOG
  My Bot   illegal name      -  ${"-".padStart(pid.length)}     -       -       -         -
  coder    running         ${age}  ${pid}  0.0%    ${memory}       0        0s
  writer   stopped         ${age}  ${"-".padStart(pid.length)}     -       -       0        1s
$ gatewayctl logs coder
  2026-11-25 04:07:41  gateway coder: up as hermes, pid ${pid}`;

Deno.test("normalize() makes two runs the same", () => {
  const first = normalize(run("249", " 0s", "  4M"));
  assertEquals(normalize(run("11711", "13s", "212M")), first);
  const [, , odd, up, down] = first.split("\n");
  assertEquals(odd?.split(/ {2,}/).slice(2), ["illegal name", "-", "-", "-", "-", "-", "-"]);
  assertEquals(up?.split(/ {2,}/).slice(2), ["running", "1s", "317", "0.0%", "4M", "0", "1s"]);
  assertEquals(down?.split(/ {2,}/).slice(2), ["stopped", "1s", "-", "-", "-", "0", "1s"]);
});

Deno.test("terminalPicture() is an SVG for light and dark, in which text is text", () => {
  const picture = terminalPicture(`$ gatewayctl why '<img>'\n<img>: failed\n\n${"x".repeat(200)}`);
  assert(picture.startsWith("<svg ") && !picture.includes("<img>"));
  assertStringIncludes(picture, "prefers-color-scheme:dark");
  assertStringIncludes(picture, "&lt;img&gt;");
  assertStringIncludes(picture, "xxx...<");
});
