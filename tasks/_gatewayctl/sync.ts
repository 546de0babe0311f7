import type { Facts } from "../../lib/rules/facts.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { syncProfileGateways, wordSyncEntry } from "../../lib/control/sync.ts";
import type { Arguments } from "./arguments.ts";
import { timeoutMs } from "./change.ts";
import { printJson } from "./json.ts";
import { withProgress } from "./progress.ts";
import { EXIT, warn } from "./report.ts";
import { containerCapacity, containerRules, slotDefaults } from "../_facts.ts";

/** Runs `sync`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { flags } = args;
  const container = facts();
  const { home, scandir } = container;
  const rules = await containerRules(container, warn);
  const entries = await withProgress(
    "sync",
    syncProfileGateways({
      home,
      scandir,
      defaults: slotDefaults(container),
      capacity: containerCapacity(container),
      rules,
      prune: flags.has("prune"),
      dryRun: flags.has("dry-run"),
      timeoutMs: timeoutMs(args),
      warn,
    }),
  );
  if (flags.has("json")) printJson({ profiles: entries });
  else for (const entry of entries) console.log(terminalSafe(wordSyncEntry(entry)));
  return entries.some(({ failed }) => failed) ? EXIT.failed : EXIT.done;
}
