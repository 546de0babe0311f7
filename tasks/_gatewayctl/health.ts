import type { Facts } from "../../lib/rules/facts.ts";
import { isHealthy } from "../../lib/explain/health.ts";
import { askGateway } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { readRecordedState } from "../../lib/explain/why_facts.ts";
import { profileDir } from "../../lib/profile/name.ts";
import type { Arguments } from "./arguments.ts";
import { pooled } from "./pool.ts";
import { EXIT, reportError } from "./report.ts";

/** Runs `health`. */
export async function run({ values }: Arguments, facts: () => Facts): Promise<number> {
  const { home, scandir } = facts();
  const manager = new S6ServiceManager({ home, scandir });
  const [only] = values.get("profile") ?? [];
  if (only !== undefined) {
    try {
      return (await manager.status(only)).up ? EXIT.done : EXIT.failed;
    } catch (error) {
      reportError(error, only);
      return EXIT.failed;
    }
  }
  const profiles = await manager.listProfileGateways();
  const asked = pooled(profiles, async (profile) => {
    const { registered, status } = await askGateway(manager, profile);
    return !registered || isHealthy(status, readRecordedState(profileDir(home, profile)).state);
  });
  const healthy = await Array.fromAsync(asked);
  return healthy.every((one) => one) ? EXIT.done : EXIT.failed;
}
