import type { Facts } from "../../lib/rules/facts.ts";
import { green, red } from "@std/fmt/colors";
import { examine } from "../../lib/explain/doctor.ts";
import { gatherDoctorFacts, parseHostFacts } from "../../lib/explain/doctor_facts.ts";
import { containerCapacity } from "../_facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { withProgress } from "./progress.ts";
import { EXIT } from "./report.ts";

/** Runs `doctor`; its script tells it about the host on standard input. */
export async function run({ flags }: Arguments, facts: () => Facts): Promise<number> {
  const told = Deno.stdin.isTerminal() ? "" : await new Response(Deno.stdin.readable).text();
  const container = facts();
  const { home, scandir } = container;
  const capacity = containerCapacity(container);
  const gathered = gatherDoctorFacts({ home, scandir, capacity, host: parseHostFacts(told) });
  const checks = examine(await withProgress("doctor", gathered));
  if (flags.has("json")) {
    printJson({ checks });
  } else {
    const rows = checks.map(({ name, ok, detail }) => [
      ...[ok ? "ok" : "FAIL", name, terminalSafe(detail)],
    ]);
    const paint = (cell: string) =>
      cell.trim() === "FAIL" ? red(cell) : cell.trim() === "ok" ? green(cell) : cell;
    console.log(table(rows, { paint: Deno.stdout.isTerminal() ? paint : undefined }));
  }
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
