import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml/parse";
import fc from "fast-check";
import { toYaml } from "../../lib/cluster/yaml.ts";

Deno.test("toYaml() prints documents in block style and leaves out what is undefined", () => {
  const documents = [
    { kind: "A", list: [{ a: 1, b: ["x y"] }, "z", [], {}], empty: undefined, on: "on" },
    { kind: "B" },
  ];
  assertEquals(
    toYaml(documents),
    `---
kind: A
list:
  - a: 1
    b:
      - "x y"
  - z
  - []
  - {}
"on": "on"
---
kind: B
`,
  );
  assertEquals(toYaml([]), "");
});

Deno.test("toYaml() prints what YAML reads back", () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.string({ unit: "grapheme" }),
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1.5,
        "",
        "09",
        "0o17",
        "- a",
        "a: b",
        "#",
        "\n",
        "~",
      ),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 3 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value, { minKeys: 1 }), (document) => {
      if (JSON.stringify(document).includes("__proto__")) return;
      assertEquals(parse(toYaml([document])), JSON.parse(JSON.stringify(document)));
    }),
  );
});
