import { type Block, findBlocks } from "../tasks/_markdown.ts";
import { REPO } from "./_fixtures.ts";
import { run } from "./_temp.ts";

/** The pages of the documentation, by their paths in the repository, each with its blocks. */
export function readBlocks(): [page: string, blocks: Block[]][] {
  const names = (dir: string) =>
    [...Deno.readDirSync(`${REPO}/${dir}`)].map(({ name }) => dir + name);
  return [...names(""), ...names("docs/")].filter((path) => path.endsWith(".md")).sort()
    .map((path) => [path, findBlocks(Deno.readTextFileSync(`${REPO}/${path}`))]);
}

/** Does in a copy of the repository what a page has the reader do there. */
export async function follow(page: string, blocks: readonly Block[], copy: string): Promise<void> {
  for (const { info, text, line } of blocks) {
    const file = /^sh file=(\S+)$/.exec(info)?.[1];
    if (file !== undefined) Deno.writeTextFileSync(`${copy}/${file}`, text);
    if (info !== "sh run") continue;
    const { code, stderr } = await run("sh", { args: ["-ec", text], cwd: copy });
    if (code !== 0 || stderr !== "") throw new Error(`${page}:${line}: exit ${code}: ${stderr}`);
  }
}

/** A command on a page, and what the page says that it prints. */
export interface Step {
  /** The command, for sh. */
  command: string;
  /** Who types it. */
  user: "root" | "hermes";
  /** What it prints; absent: the page does not say. */
  shown?: string;
}

/** The steps of a block that a container can be asked for: of `console`, and `docker exec` of `sh`. */
export function stepsOf({ info, text }: Block): Step[] {
  if (info === "console") {
    return text.split(/^\$ /m).slice(1).map((step) => {
      const [command = "", ...shown] = step.split("\n");
      return { command, user: "hermes", shown: shown.join("\n").trim() };
    });
  }
  if (info !== "sh") return [];
  return [...text.matchAll(/^docker exec hermes\S* (.*)$/gm)]
    .map(([, command]) => ({ command: command!, user: "root" }));
}

/** What differs from one run to the next. */
function pattern(line: string): string {
  return line.trim().replace(/\bcontainer=\S+/, "container=N")
    .replace(/\d+(\.\d+)?[smhdMG%]?/g, "N").replace(/ +/g, " ");
}

/**
 * Compares what a page shows with what was printed, but for numbers and spaces; `...` stands for
 * any lines.
 */
export function isShown(shown: string, printed: string): boolean {
  const lines = printed.trim().split("\n").map(pattern);
  const parts = shown.split("\n").map(pattern);
  const fits = (i: number, j: number): boolean => {
    if (i === parts.length) return j === lines.length;
    if (parts[i] === "...") {
      for (let k = j; k <= lines.length; k++) if (fits(i + 1, k)) return true;
      return false;
    }
    return j < lines.length && parts[i] === lines[j] && fits(i + 1, j + 1);
  };
  return fits(0, 0);
}
