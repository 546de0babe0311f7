import type { Facts } from "../../lib/rules/facts.ts";
import { isHealthy } from "../../lib/explain/health.ts";
import { askGateway } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { readRecordedState, readWantedBy } from "../../lib/explain/why_facts.ts";
import { profileDir } from "../../lib/profile/name.ts";
import type { Arguments } from "./arguments.ts";
import { pooled } from "./pool.ts";
import { EXIT, reportError } from "./report.ts";
import { containerRules } from "../_facts.ts";

/** Runs `health`. */
export async function run({ values }: Arguments, facts: () => Facts): Promise<number> {
  const container = facts();
  const { home, scandir } = container;
  const rules = await containerRules(container, () => {});
  const manager = new S6ServiceManager({ home, scandir, topology: rules.topology });
  const [only] = values.get("profile") ?? [];
  if (only !== undefined) {
    try {
      return (await manager.status(manager.gatewayOf(only))).up ? EXIT.done : EXIT.failed;
    } catch (error) {
      reportError(error, only);
      return EXIT.failed;
    }
  }
  Deno.lstatSync(scandir); // no gateway is healthy, no scandir is not
  const profiles = (await manager.listProfileGateways())
    .filter((profile) => manager.gatewayOf(profile) === profile);
  const wantedBy = readWantedBy(home, rules);
  const asked = pooled(profiles, async (profile) => {
    const { registered, status } = await askGateway(manager, profile);
    const { state } = readRecordedState(profileDir(home, profile));
    return !registered || isHealthy(status, wantedBy.length > 0 ? "running" : state);
  });
  const healthy = await Array.fromAsync(asked);
  return healthy.every((one) => one) ? EXIT.done : EXIT.failed;
}
