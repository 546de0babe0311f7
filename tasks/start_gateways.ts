import { startWaiting } from "../lib/control/pace.ts";
import { readFacts } from "../lib/rules/facts.ts";
import { printable } from "../lib/_quote.ts";
import { runProgram } from "./_cli.ts";
import { FACTS_HELP } from "./_facts.ts";

const name = "start-gateways";
const help = `
Usage: start_gateways.ts [--facts FILE]

Starts the gateways that 02-reconcile-profiles has left waiting, as many at a
time as HERMES_START_PARALLEL says: default first, then by name. The next ones
are started when each of these has been up for a second, or has failed.

${FACTS_HELP}
  --help           this text

Exit code: 0 none waits any more; 1 it cannot go on; 2 wrong arguments.
`;

const inform = (message: string) => console.log(`${name}: info: ${printable(message)}`);
const warn = (message: string) => console.error(`${name}: warning: ${printable(message)}`);

await runProgram({ name, help, values: ["facts"] }, async ({ values }) => {
  const startedAt = performance.now();
  const { home, scandir, env } = readFacts(values.get("facts"));
  const parallel = Number(env("HERMES_START_PARALLEL"));
  if (!(parallel >= 1)) return 0;
  const count = await startWaiting({ home, scandir, parallel, warn });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  inform(`${count} started, ${parallel} at a time, in ${seconds} s`);
  return 0;
});
