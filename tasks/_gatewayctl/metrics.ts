import type { Facts } from "../../lib/rules/facts.ts";
import { BOOT_RECORD, type BootRecord, readBootRecord } from "../../lib/boot/record.ts";
import { errorWords, survivable } from "../../lib/_errors.ts";
import { gatewayMetrics, renderMetrics } from "../../lib/explain/metrics.ts";
import { inOrder } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import type { Arguments } from "./arguments.ts";
import { askGateways } from "./ask.ts";
import { printJson } from "./json.ts";
import { EXIT, warn } from "./report.ts";

function lastBoot(scandir: string): BootRecord | undefined {
  try {
    return readBootRecord(scandir);
  } catch (error) {
    const words = errorWords(survivable(error));
    warn(`nothing is known of the last boot: ${scandir}/${BOOT_RECORD}: ${words}`);
    return undefined;
  }
}

/** Runs `metrics`: every slot, and every profile that the last boot came across. */
export async function run({ flags }: Arguments, facts: () => Facts): Promise<number> {
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir });
  const registered = new Set(await manager.listProfileGateways());
  const boot = lastBoot(scandir);
  const profiles = inOrder([...registered, ...boot?.actions.keys() ?? []]);
  const states = new Map(
    (await askGateways(manager, [...registered])).map((state) => [state.profile, state]),
  );
  const found = profiles.map((profile) => gatewayMetrics(profile, states.get(profile), boot));
  if (flags.has("json")) {
    printJson({ gateways: found });
    return EXIT.done;
  }
  const text = renderMetrics(found);
  if (text !== "") console.log(text.trimEnd());
  return EXIT.done;
}
