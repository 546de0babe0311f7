import { diagnose } from "../../lib/explain/cause.ts";
import type { ContainerFacts, GatewayFacts } from "../../lib/explain/gateway.ts";
import { type BootLine, findEdited } from "../../lib/explain/why_facts.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { slotDefaults } from "../_facts.ts";
import type { Sight } from "./look.ts";

/**
 * Finds what is known of a profile: once, but for profiles/default beside the
 * root profile. Of one that is nowhere it is known that it is nowhere.
 *
 * @param sight What is known of its container.
 * @param container The container's facts.
 * @param profile Its name; it need not be legal.
 * @returns What is known.
 */
export function findProfile(
  { gateways, unknown, rules }: Sight,
  container: Facts,
  profile: string,
): GatewayFacts[] {
  const { home, scandir, role } = container;
  const defaults = slotDefaults(container);
  const found = gateways.filter((one) => one.profile === profile);
  return (found.length === 0 ? [unknown(profile)] : found).map((facts) => {
    if (facts.slot !== "directory") return facts;
    return { ...facts, edited: findEdited(profile, { home, scandir, role, defaults, rules }) };
  });
}

/**
 * Makes of a profile what `why --json` has of it.
 *
 * @param facts What is known of it.
 * @param container What is known of its container.
 * @param bootLine What the boot log says of it.
 * @param logLines The last lines of its log.
 * @returns The fields, as `lib/image/json.ts` declares them.
 */
export function explainedJson(
  facts: GatewayFacts,
  container: ContainerFacts,
  bootLine: BootLine | undefined,
  logLines: readonly string[],
): Record<string, unknown> {
  const { profile, recorded } = facts;
  const { cause, kind: state, text, help, outside } = diagnose(facts, container);
  return { profile, cause, state, text, try: help, outside, recorded, bootLine, logLines };
}
