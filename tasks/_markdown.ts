/** A fenced block of a Markdown page. */
export interface Block {
  /** What stands behind the fence, such as `sh`. */
  info: string;
  /** Its lines. */
  text: string;
  /** The number of its first line. */
  line: number;
}

/** A link or a picture of a Markdown page. */
export interface Link {
  /** Where it leads. */
  target: string;
  /** The number of its line. */
  line: number;
}

function* lines(page: string): Generator<[text: string, line: number, isCode: boolean]> {
  let fence = "";
  for (const [i, text] of page.split("\n").entries()) {
    const mark = /^ *(`{3,})/.exec(text)?.[1] ?? "";
    const isFence = fence === "" ? mark !== "" : mark === fence;
    if (isFence) fence = fence === "" ? mark : "";
    yield [text, i + 1, isFence || fence !== ""];
  }
}

/**
 * Finds the fenced blocks of a page. Pure.
 *
 * @param page The page's text.
 * @returns The blocks, in their order.
 */
export function findBlocks(page: string): Block[] {
  return [...page.matchAll(/^```(\S.*)?\n([^]*?)^```$/gm)].map((
    { 1: info = "", 2: text, index },
  ) => ({
    info,
    text: text!,
    line: page.slice(0, index).split("\n").length + 1,
  }));
}

/**
 * Finds the links and pictures of a page; not what is in code. Pure.
 *
 * @param page The page's text.
 * @returns The links, in their order.
 */
export function findLinks(page: string): Link[] {
  return [...lines(page)].flatMap(([text, line, isCode]) =>
    isCode
      ? []
      : [...text.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => ({
        target: target!,
        line,
      }))
  );
}

/**
 * Finds the anchors of a page, as GitHub makes them of its headings. Pure.
 *
 * @param page The page's text.
 * @returns The anchors, without `#`.
 */
export function findAnchors(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [text, , isCode] of lines(page)) {
    const heading = isCode ? undefined : /^#{1,6} +(.+?) *$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const slug = heading.replace(/\]\([^)]*\)/g, "]").toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    let [anchor, n] = [slug, 0];
    while (anchors.has(anchor)) anchor = `${slug}-${++n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What a sentence has at least that must not stand twice, in letters. */
const LEAST = 40;

/**
 * Finds the sentences of a page: of its prose, lists and cells, not of code. Pure.
 *
 * @param page The page's text.
 * @returns The sentences that are long enough to be told twice, in small letters.
 */
export function findSentences(page: string): string[] {
  const prose = [...lines(page)].map(([text, , isCode]) => isCode ? "" : text).join("\n");
  const words = (text: string) => text.replace(/[^\p{L}\p{N}]+/gu, " ").trim().toLowerCase();
  return prose.split(/\n\s*\n|\n *(?:[-*#]|\d+\.) |\||(?<=[.!?:])\s/)
    .map((part) => part.replace(/\]\([^)]*\)/g, "]"))
    .filter((part) => words(part.replace(/`[^`]*`/g, "")).length >= LEAST)
    .map(words);
}
