import { renderDashboard } from "../lib/dashboard.ts";
import { runProgram, UsageError } from "./_cli.ts";
import { generate, reportDrift } from "./_generate.ts";

const name = "generate-dashboard";
const help = `
Usage: generate_dashboard.ts --out DIR [--check]

Writes the run and finish of the opt-in static service dashboard.

  --out DIR  the service's source directory; it must exist
  --check    write nothing; exit 1 if a file is missing or differs
  --help     this text

Exit code: 0 done, or nothing differs; 1 a file differs or cannot be written;
2 wrong arguments.
`;

await runProgram({ name, help, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
  const out = values.get("out");
  if (!out) throw new UsageError("--out DIR is missing");
  const files = new Map(
    [...renderDashboard()].map(([file, text]) => [`${out}/${file}`, text] as const),
  );
  const check = flags.has("check");
  return reportDrift(name, generate(files, check), check);
});
