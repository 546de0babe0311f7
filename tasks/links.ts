import { runProgram } from "./_cli.ts";
import { findAnchors, findLinks, findSentences } from "./_markdown.ts";

const name = "links";
const help = `
Usage: deno task links

Checks the documentation of the repository that is the working directory: each
link and picture of README.md, the other pages beside it and those in docs/ leads
to a file that is there, and to a heading that is there; README.md has at most
150 lines; every page in docs/ is linked from somewhere; no sentence stands on
two pages. It asks nothing of the network.

Exit code: 0 nothing found; 1 something was found; 2 wrong arguments.
`;

/** How long the README may be. */
const MOST_LINES = 150;

/** What is made of other sources has their words. */
const isGenerated = (path: string) => path === "docs/json.md";

function readPages(): Map<string, string> {
  const names = (dir: string) => [...Deno.readDirSync(dir)].map(({ name }) => `${dir}/${name}`);
  return new Map(
    [...names("."), ...names("docs")].map((path) => path.replace("./", ""))
      .filter((path) => path.endsWith(".md")).sort()
      .map((path) => [path, Deno.readTextFileSync(path)]),
  );
}

/** The path that a link of a page leads to, from the repository's root. */
function resolve(page: string, target: string): string {
  return new URL(target, `file:///${page}`).pathname.slice(1);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path === "" ? "." : path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function* linkProblems(pages: ReadonlyMap<string, string>): Generator<string> {
  const linked = new Set(["README.md"]);
  for (const [page, text] of pages) {
    for (const { target, line } of findLinks(text)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? page : resolve(page, file);
      linked.add(path);
      const other = pages.get(path);
      if (!exists(path)) yield `${page}:${line}: ${target}: no such file`;
      else if (anchor !== undefined && !(other && findAnchors(other).has(anchor))) {
        yield `${page}:${line}: ${target}: no such heading`;
      }
    }
  }
  for (const page of pages.keys()) if (!linked.has(page)) yield `${page}: no page links to it`;
}

function* sentenceProblems(pages: ReadonlyMap<string, string>): Generator<string> {
  const seen = new Map<string, string>();
  for (const [page, text] of pages) {
    if (isGenerated(page)) continue;
    for (const sentence of findSentences(text)) {
      const first = seen.get(sentence);
      if (first !== undefined) yield `${page}: stands in ${first}, too: ${sentence}`;
      else seen.set(sentence, page);
    }
  }
}

await runProgram({ name, help }, () => {
  const pages = readPages();
  const found = [...linkProblems(pages), ...sentenceProblems(pages)];
  const length = pages.get("README.md")!.trimEnd().split("\n").length;
  if (length > MOST_LINES) found.push(`README.md: ${length} lines, expected ${MOST_LINES} at most`);
  for (const problem of found) console.error(`${name}: error: ${problem}`);
  return found.length === 0 ? 0 : 1;
});
