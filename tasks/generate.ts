import {
  BASH_COMPLETION_FILE,
  renderBashCompletion,
  renderZshCompletion,
  ZSH_COMPLETION_FILE,
} from "../lib/image/completion.ts";
import { commandTable } from "../lib/image/command_table.ts";
import { renderDashboard } from "../lib/image/dashboard.ts";
import { briefTable, environmentTable } from "../lib/image/environment.ts";
import { jsonDocument } from "../lib/image/json.ts";
import { RUN_ARGUMENTS, RUN_MARKS } from "../lib/image/scripts.ts";
import { PAGE_WORDS_FILE, renderPageWords } from "../lib/image/page_words.ts";
import { permissionTable } from "../lib/image/stages.ts";
import { runProgram } from "./_cli.ts";

const name = "generate";
const help = `
Usage: deno task generate
       deno task drift

Writes what is generated, in the repository that is the working directory: the
dashboard's run and finish, the completions, the status page's words,
docs/json.md, and, between their marks, the arguments of "deno run" in the image's
scripts and the tables of the README, docs/environment.md and docs/permissions.md.

  --check  write nothing; exit 1 if a file is missing or differs
  --help   this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

/** Puts lines between two marks, which must be there. */
function fill(text: string, [begin, end]: readonly [string, string], lines: string): string {
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(end, from);
  if (from < begin.length || to < 0) throw new Error(`expected ${begin.trim()}, got none`);
  return text.slice(0, from) + lines + text.slice(to);
}

/** The tables of the documentation, by the page and the mark. */
const TABLES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "README.md": { environment: briefTable },
  "docs/environment.md": { environment: environmentTable },
  "docs/permissions.md": { permissions: permissionTable, commands: commandTable },
};

function renderPages(): [path: string, text: string][] {
  return Object.entries(TABLES).map(([path, tables]) => [
    path,
    Object.entries(tables).reduce(
      (text, [mark, table]) => fill(text, [`<!-- ${mark} -->\n`, `<!-- /${mark} -->`], table()),
      Deno.readTextFileSync(path),
    ),
  ]);
}

/** The content of every generated file, by its path. */
function render(): Map<string, string> {
  const dashboard = "rootfs/etc/s6-overlay/s6-rc.d/dashboard";
  return new Map([
    ...[...renderDashboard()].map(([file, text]) => [`${dashboard}/${file}`, text] as const),
    [`rootfs/${BASH_COMPLETION_FILE}`, renderBashCompletion()],
    [`rootfs/${ZSH_COMPLETION_FILE}`, renderZshCompletion()],
    ...[...RUN_ARGUMENTS].map(([file, lines]) =>
      [`rootfs/${file}`, fill(Deno.readTextFileSync(`rootfs/${file}`), RUN_MARKS, lines)] as const
    ),
    [`rootfs/${PAGE_WORDS_FILE}`, renderPageWords()],
    ...renderPages(),
    ["docs/json.md", jsonDocument()],
  ]);
}

// A script is executable.
const modeOf = (text: string) => text.startsWith("#!") ? 0o755 : 0o644;

function isCurrent(path: string, text: string): boolean {
  try {
    const mode = (Deno.statSync(path).mode ?? 0) & 0o111;
    return mode === (modeOf(text) & 0o111) && Deno.readTextFileSync(path) === text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

await runProgram({ name, help, flags: ["check"] }, ({ flags }) => {
  const check = flags.has("check");
  const drifted = [...render()].filter(([path, text]) => !isCurrent(path, text));
  for (const [path, text] of drifted) {
    if (check) {
      console.error(`${name}: error: ${path} is out of date: run "deno task generate"`);
      continue;
    }
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, modeOf(text));
    console.log(`${name}: info: wrote ${path}`);
  }
  return check && drifted.length > 0 ? 1 : 0;
});
