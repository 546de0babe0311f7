import type { Facts } from "../../lib/rules/facts.ts";
import { BOOT_RECORD } from "../../lib/boot/record.ts";
import { gatewayMetrics, renderMetrics } from "../../lib/explain/metrics.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { lookAround } from "./look.ts";
import { EXIT, warn } from "./report.ts";

/** Runs `metrics`. */
export async function run({ flags }: Arguments, facts: () => Facts): Promise<number> {
  const container = facts();
  const { container: known, gateways } = await lookAround(container, warn);
  if (known.bootProblem !== undefined) {
    const path = `${container.scandir}/${BOOT_RECORD}`;
    warn(`nothing is known of the last boot: ${path}: ${known.bootProblem}`);
  }
  const found = gateways.map((one) => gatewayMetrics(one, known));
  if (flags.has("json")) printJson({ gateways: found });
  else console.log(renderMetrics(found).trimEnd());
  return EXIT.done;
}
