import { table } from "../tasks/_table.ts";
import { runProgram, UsageError } from "../tasks/_cli.ts";
import { REPOSITORY } from "../tests/container/container.ts";
import { measureBoots } from "./_boots.ts";
import { CONTENDERS } from "./_contenders.ts";
import { findPeers } from "./_peers.ts";
import { bootPlot, bootRows, markdown, MARKS } from "./_report.ts";
import { median } from "./_statistics.ts";
import { onTmpfs } from "./_tmpfs.ts";

const name = "bench";
const help = `
Usage: deno task bench [--sizes N,N...] [--runs N] [--write]

Boots a throw-away container with so many gateways, supervised by this suite in both
modes, by supervisord, by pm2-runtime and by a bare s6-svscan in turn; prints, as medians,
the time to the last gateway up, the CPU time until then, the memory of what supervises
and logs, the time from a SIGKILL of a gateway to the next one, and the time to stop all.
Needs root.

  --sizes N,N...  how many gateways (default: 5,20,100,200,400)
  --runs N        how often each (default: 2)
  --write         also into docs/performance.md and docs/performance.svg
  --help          this text

Exit code: 0 measured; 1 something failed; 2 wrong arguments.
`;

function count(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`--${option}: expected a number, got ${text}`);
  return Number(text);
}

function progress(text: string): void {
  console.error(`${name}: info: ${text}`);
}

function put(text: string, [begin, end]: typeof MARKS, lines: string): string {
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  if (from < begin.length || to < from) throw new Error(`expected ${begin.trim()}, got none`);
  return text.slice(0, from) + lines + text.slice(to);
}

await runProgram(
  { name, help, flags: ["write"], values: ["sizes", "runs", "in"] },
  ({ flags, values }) => {
    const sizes = (values.get("sizes") ?? "5,20,100,200,400").split(",")
      .map((size) => count("sizes", size));
    const runs = count("runs", values.get("runs") ?? "2");
    if (Deno.uid() !== 0) throw new Error("needs root");
    return onTmpfs(async ({ path }) => {
      const { layers, versions } = await findPeers(progress);
      const site = { dir: path, layers };
      const contenders = Object.values(CONTENDERS);
      const extent = { sizes, runs, upOnly: false, keep: median };
      const boots = await measureBoots(contenders, site, extent, progress);
      const rows = bootRows(boots);
      console.log(table(rows));
      if (flags.has("write")) {
        const words = `supervisord ${versions.supervisord}, pm2 ${versions["pm2-runtime"]}, ` +
          `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} CPUs; ` +
          `medians of ${runs} run${runs === 1 ? "" : "s"}.\n\n`;
        const file = `${REPOSITORY}/docs/performance.md`;
        const text = put(await Deno.readTextFile(file), MARKS, `${words}${markdown(rows)}`);
        await Deno.writeTextFile(file, text);
        await Deno.writeTextFile(`${REPOSITORY}/docs/performance.svg`, bootPlot(boots));
      }
      return 0;
    });
  },
);
