import type { Facts } from "../../lib/rules/facts.ts";
import { green, red } from "@std/fmt/colors";
import { type Check, examine } from "../../lib/explain/doctor.ts";
import { gatherDoctorFacts, parseHostFacts } from "../../lib/explain/doctor_facts.ts";
import { parseOwner } from "../../lib/_owner.ts";
import { parseProcesses } from "../../lib/s6/processes.ts";
import { containerCapacity, slotDefaults } from "../_facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { table } from "../_table.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { lookAround } from "./look.ts";
import { withProgress } from "./progress.ts";
import { EXIT } from "./report.ts";

/** Finds out what is wrong, by what the script has told about the host. */
async function diagnose(container: Facts, told: string): Promise<Check[]> {
  const { home, scandir, hermes, env } = container;
  const processes = parseProcesses(told);
  // What does not answer the script would hold up Deno for ever.
  const answers = processes.all.size === 0 || processes.space.some(({ path }) => path === home);
  const overview = answers ? await lookAround(container, () => {}, processes) : undefined;
  return examine(
    await gatherDoctorFacts({
      ...{ home, scandir, hermes, processes, overview },
      capacity: containerCapacity(container),
      owner: parseOwner(`${env("hermes_uid")}:${env("hermes_gid")}`),
      drops: slotDefaults(container).drops,
      container: env("HOSTNAME"),
      host: parseHostFacts(told),
    }),
  );
}

function rowsOf({ name, ok, detail, help, outside }: Check): string[][] {
  const next = help !== undefined ? `try: ${help}` : `outside: ${outside}`;
  const more = ok ? [] : [["", "", terminalSafe(next)]];
  return [[ok ? "ok" : "FAIL", name, terminalSafe(detail)], ...more];
}

/** Runs `doctor`; its script tells it about the host on standard input. */
export async function run({ flags }: Arguments, facts: () => Facts): Promise<number> {
  const told = Deno.stdin.isTerminal() ? "" : await new Response(Deno.stdin.readable).text();
  const checks = await withProgress("doctor", diagnose(facts(), told));
  if (flags.has("json")) {
    printJson({ checks: checks.map(({ help, ...check }) => ({ ...check, try: help })) });
  } else {
    const paint = (cell: string) =>
      cell.trim() === "FAIL" ? red(cell) : cell.trim() === "ok" ? green(cell) : cell;
    const options = { paint: Deno.stdout.isTerminal() ? paint : undefined };
    console.log(table(checks.flatMap(rowsOf), options));
  }
  return checks.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
