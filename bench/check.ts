import { runProgram } from "../tasks/_cli.ts";
import { table } from "../tasks/_table.ts";
import { measureBoots } from "./_boots.ts";
import { isMet, judge } from "./_budgets.ts";
import { CONTENDERS } from "./_contenders.ts";
import { measureImage } from "./_image.ts";
import { compileTools } from "./_measure.ts";
import { findPeers } from "./_peers.ts";
import { bootRows } from "./_report.ts";
import { measureStages } from "./_stages.ts";
import { least } from "./_statistics.ts";
import { onTmpfs } from "./_tmpfs.ts";

const name = "bench:check";
const help = `
Usage: deno task bench:check

Measures what the budgets are about and compares ratios only, each of one run. What
disturbs a program only adds to it: the least of several times counts. Needs root and a C compiler.

  --help  this text

Exit code: 0 every budget is met; 1 one is not, or something failed; 2 wrong arguments.
`;

function progress(text: string): void {
  console.error(`${name}: info: ${text}`);
}

await runProgram({ name, help, values: ["in"] }, () => {
  if (Deno.uid() !== 0) throw new Error("needs root");
  return onTmpfs(async ({ path }) => {
    const tools = await compileTools(path);
    const { layers } = await findPeers(progress);
    const image = await measureImage(path, tools, 20, progress);
    const site = { dir: path, layers };
    const extent = { sizes: [20, 200], runs: 3, upOnly: true, keep: least };
    const boots = await measureBoots(Object.values(CONTENDERS), site, extent, progress);
    const stages = await measureStages(path, tools, 40, progress);
    console.log(table([
      ["MEASURED", "MS", "CPU MS"],
      ...[
        ["bare", image.bare] as const,
        ...image.hooks,
        ...image.commands,
        ...stages.map((one) => [`${one.what}, ${one.size}`, one] as const),
      ].map(([what, { ms, cpuMs }]) => [what, ms.toFixed(1), cpuMs.toFixed(1)]),
    ]));
    console.log(`\n${table(bootRows(boots))}\n`);
    const verdicts = judge({ boots, stages, image });
    console.log(table([
      ["BUDGET", "RATIO", "AT MOST", ""],
      ...verdicts.map((one) => [
        one.what,
        one.ratio.toFixed(2),
        one.atMost.toFixed(2),
        isMet(one) ? "OK" : "MISS",
      ]),
    ]));
    return verdicts.every(isMet) ? 0 : 1;
  });
});
