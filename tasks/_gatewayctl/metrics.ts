import type { Facts } from "../../lib/rules/facts.ts";
import { BOOT_RECORD } from "../../lib/boot/record.ts";
import { renderMetrics } from "../../lib/explain/metrics.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { lookAround } from "./look.ts";
import { Meter } from "./meter.ts";
import { write } from "./output.ts";
import { EXIT, warn } from "./report.ts";

/** Runs `metrics`. */
export async function run({ flags }: Arguments, facts: () => Facts): Promise<number> {
  const container = facts();
  const sight = await lookAround(container, warn);
  const { bootProblem } = sight.container;
  if (bootProblem !== undefined) {
    const path = `${container.scandir}/${BOOT_RECORD}`;
    warn(`nothing is known of the last boot: ${path}: ${bootProblem}`);
  }
  const { container: known, gateways } = new Meter(container).measure(sight);
  if (flags.has("json")) printJson({ gateways });
  else write(renderMetrics(known, gateways));
  return EXIT.done;
}
