import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { terminalSafe } from "../../lib/_quote.ts";
import { ctl, pathWord } from "../../lib/explain/_rule.ts";
import { gateway } from "../_gateway_facts.ts";
import { runSync, TempDir } from "../_temp.ts";

Deno.test("ctl() words a command about a profile", () => {
  assertEquals(ctl("stop --no-wait", gateway()), "gatewayctl stop --no-wait coder");
});

Deno.test("pathWord() leaves a plain path as it is, and quotes any other", () => {
  const cases: readonly [path: string, word: string][] = [
    ["/opt/data/profiles/coder", "/opt/data/profiles/coder"],
    ["/opt/My Bot", "'/opt/My Bot'"],
    ["/opt/it's", `'/opt/it'\\''s'`],
    ["/opt/$(id)", "'/opt/$(id)'"],
    ["/opt/a\nb", "'/opt/a'?'b'"],
    ["/opt/\u202e", `'/opt/'"$(printf '\\342\\200\\256')"`],
    ["/opt/\ufffd.x", "'/opt/'*'.x'"],
  ];
  for (const [path, word] of cases) assertEquals(pathWord(path), word);
});

Deno.test("pathWord() is printable, and sh finds the file by it, whatever its name is", () => {
  using temp = new TempDir();
  const name = fc.string({ unit: "binary", minLength: 1, maxLength: 12 }).filter((text) =>
    // What a file cannot be called, and a name that is not UTF-8, of which the bytes are not known.
    !/[\0/\ufffd]|^\.{1,2}$/.test(text) && text.isWellFormed() &&
    new TextEncoder().encode(text).length <= 255
  );
  let n = 0;
  fc.assert(
    fc.property(name, (text) => {
      const dir = temp.mkdir(`d${n++}`);
      Deno.writeTextFileSync(`${dir}/${text}`, "found");
      const word = pathWord(`${dir}/${text}`);
      assertEquals(terminalSafe(word), word);
      assertMatch(word, /^[^\t\n]+$/);
      assertEquals(runSync("sh", "-c", `cat ${word}`), "found");
    }),
    { numRuns: 100 },
  );
});
