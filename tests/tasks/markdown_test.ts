import { assertEquals } from "@std/assert";
import { findAnchors, findBlocks, findLinks, findSentences } from "../../tasks/_markdown.ts";

const PAGE = `# One, two: \`three\`

See [there](a.md#b), \`[not](this.md)\` and ![a picture](c.svg).

\`\`\`sh run
echo "[nor](that.md)"
# Not a heading
\`\`\`

## One, two: three
`;

Deno.test("findBlocks() finds each block, what it is and where", () => {
  const text = 'echo "[nor](that.md)"\n# Not a heading\n';
  assertEquals(findBlocks(PAGE), [{ info: "sh run", text, line: 6 }]);
});

Deno.test("findLinks() finds links and pictures, not what is in code", () => {
  const links = findLinks(PAGE);
  assertEquals(links, [{ target: "a.md#b", line: 3 }, { target: "c.svg", line: 3 }]);
});

Deno.test("findAnchors() makes anchors as GitHub does, and none twice", () => {
  assertEquals([...findAnchors(PAGE)], ["one-two-three", "one-two-three-1"]);
});

Deno.test("findSentences() finds what is long enough, in prose, lists and cells", () => {
  const long = (what: string) => `This is a sentence that is long enough, in ${what}.`;
  const page = `${long("prose")} Short.\n${long("a second line")}\n\n- ${long("a list")}\n` +
    `\n| ${long("a cell")} | \`${"code_".repeat(20)}\` |\n`;
  assertEquals(
    findSentences(page),
    ["prose", "a second line", "a list", "a cell"].map((what) =>
      `this is a sentence that is long enough in ${what}`
    ),
  );
});
