import type { Facts } from "../../lib/rules/facts.ts";
import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { type Ailment, findAilments, wordDown } from "../../lib/explain/health.ts";
import { gatherTreeFacts } from "../../lib/explain/tree_facts.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import type { Arguments } from "./arguments.ts";
import { askGateways } from "./ask.ts";
import { printJson } from "./json.ts";
import { EXIT, reportError } from "./report.ts";
import { containerRules } from "../_facts.ts";

/** More lines than this would fill an engine's record of a health check. */
const MAX_LINES = 10;

/** Says what is wrong, if anything is. */
function report(ailments: readonly Ailment[], { flags }: Arguments): number {
  if (flags.has("json")) printJson({ healthy: ailments.length === 0, unhealthy: ailments });
  if (ailments.length === 0) return EXIT.done;
  for (const { profile, text } of ailments.slice(0, MAX_LINES)) {
    const line = profile === undefined
      ? `${text}; see "gatewayctl doctor" and the container's log`
      : `${profile}: ${text}; see "gatewayctl why ${profile}"`;
    console.error(`gatewayctl: error: ${terminalSafe(line)}`);
  }
  const more = ailments.length - MAX_LINES;
  if (more > 0) console.error(`gatewayctl: error: and ${more} more; see "gatewayctl list"`);
  return EXIT.failed;
}

/** Asks about one gateway: is it up? */
async function examineOne(
  manager: S6ServiceManager,
  profile: string,
  args: Arguments,
): Promise<number> {
  const [state] = await askGateways(manager, [manager.gatewayOf(profile)]);
  if (state?.registered !== true) throw new GatewayNotRegisteredError(profile);
  return report(state.status?.up ? [] : [{ profile, text: wordDown(state) }], args);
}

/** Runs `health`; nothing but 0 and 1 means anything to an engine. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const [only] = args.values.get("profile") ?? [];
  try {
    const container = facts();
    const { home, scandir, role } = container;
    const rules = await containerRules(container, () => {});
    const manager = new S6ServiceManager({ home, scandir, topology: rules.topology });
    if (only !== undefined) return await examineOne(manager, only, args);
    const registered = await manager.listProfileGateways();
    const ask = (profiles: readonly string[]) => askGateways(manager, profiles);
    const tree = await gatherTreeFacts({ home, scandir, role, rules, registered, ask });
    return report(findAilments(tree), args);
  } catch (error) {
    reportError(error, only);
    return EXIT.failed;
  }
}
