import { table } from "../tasks/_table.ts";
import { BUDGETED, judge } from "./_budgets.ts";
import { compileTools } from "./_measure.ts";
import { measureAll } from "./_results.ts";
import { onTmpfs } from "./_tmpfs.ts";

function progress(text: string): void {
  console.error(`bench:check: info: ${text}`);
}

/** Measures what the budgets are about, and compares ratios only. */
const code = await onTmpfs(async ({ path }) => {
  const extent = { ...BUDGETED, rounds: 40 };
  const verdicts = judge(await measureAll(path, await compileTools(path), extent, progress));
  console.log(table([
    ["BUDGET", "MEASURED", "AT MOST", ""],
    ...verdicts.map(({ what, measured, budget, ok }) => [
      what,
      measured,
      budget,
      ok ? "OK" : "MISS",
    ]),
  ]));
  return verdicts.every(({ ok }) => ok) ? 0 : 1;
});
Deno.exit(code);
