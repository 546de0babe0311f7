import { renderDashboard } from "../lib/image/dashboard.ts";
import { runGenerator } from "./_generate.ts";

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

await runGenerator({ name, help }, renderDashboard);
