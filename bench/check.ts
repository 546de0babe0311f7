import { table } from "../tasks/_table.ts";
import { judge } from "./_budgets.ts";
import { compileTools } from "./_measure.ts";
import { measureAll } from "./_results.ts";
import { onTmpfs } from "./_tmpfs.ts";

/** Measures what the budgets are about, and compares ratios only. */
const code = await onTmpfs(async ({ path }) => {
  const extent = { services: [20], profiles: [1, 5, 1000, 4000], rounds: 20, traced: true };
  const verdicts = judge(await measureAll(path, await compileTools(path), extent, () => {}));
  console.log(table([
    ["BUDGET", "MEASURED", "AT MOST", ""],
    ...verdicts.map(({ what, measured, budget, ok }) => [
      ...[what, measured, budget, ok ? "OK" : "MISS"],
    ]),
  ]));
  return verdicts.every(({ ok }) => ok) ? 0 : 1;
});
Deno.exit(code);
