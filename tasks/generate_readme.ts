import { permissionTable } from "../lib/stages.ts";
import { runProgram, UsageError } from "./_cli.ts";

const name = "generate-readme";
const help = `
Usage: generate_readme.ts --out FILE [--check]

Writes the table of the stages' permissions between its two marks in a file.

  --out FILE  the file, such as README.md; it must hold the marks
  --check     write nothing; exit 1 if the table differs
  --help      this text

Exit code: 0 done, or nothing differs; 1 the table differs or cannot be
written; 2 wrong arguments.
`;

const SECTION = /(<!-- permissions -->\n)[^]*?(<!-- \/permissions -->)/;

await runProgram({ name, help, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
  const out = values.get("out");
  if (!out) throw new UsageError("--out FILE is missing");
  const text = Deno.readTextFileSync(out);
  if (!SECTION.test(text)) throw new Error(`${out}: expected <!-- permissions --> marks, got none`);
  const expected = text.replace(SECTION, (_, start, end) => start + permissionTable() + end);
  if (text === expected) return 0;
  if (flags.has("check")) {
    console.error(`${name}: fatal: ${out} is out of date: run "deno task generate"`);
    return 1;
  }
  Deno.writeTextFileSync(out, expected);
  console.log(`${name}: info: wrote ${out}`);
  return 0;
});
