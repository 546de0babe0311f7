import { commandTable } from "../lib/image/commands.ts";
import { permissionTable } from "../lib/image/stages.ts";
import { runProgram, UsageError } from "./_cli.ts";

const name = "generate-readme";
const help = `
Usage: generate_readme.ts --out FILE [--check]

Writes the tables of the permissions of the stages and of gatewayctl's commands,
each between its two marks in a file.

  --out FILE  the file, such as README.md; it must hold the marks
  --check     write nothing; exit 1 if a table differs
  --help      this text

Exit code: 0 done, or nothing differs; 1 a table differs or cannot be
written; 2 wrong arguments.
`;

const TABLES = { permissions: permissionTable, commands: commandTable };

/** The text with every table between its marks. */
function fill(text: string, out: string): string {
  for (const [mark, table] of Object.entries(TABLES)) {
    const section = new RegExp(`(<!-- ${mark} -->\\n)[^]*?(<!-- /${mark} -->)`);
    if (!section.test(text)) throw new Error(`${out}: expected <!-- ${mark} --> marks, got none`);
    text = text.replace(section, (_, start, end) => start + table() + end);
  }
  return text;
}

await runProgram({ name, help, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
  const out = values.get("out");
  if (!out) throw new UsageError("--out FILE is missing");
  const text = Deno.readTextFileSync(out);
  const expected = fill(text, out);
  if (text === expected) return 0;
  if (flags.has("check")) {
    console.error(`${name}: fatal: ${out} is out of date: run "deno task generate"`);
    return 1;
  }
  Deno.writeTextFileSync(out, expected);
  console.log(`${name}: info: wrote ${out}`);
  return 0;
});
