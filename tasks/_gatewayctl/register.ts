import type { Facts } from "../../lib/rules/facts.ts";
import { slotName } from "../../lib/profile/name.ts";
import { legalProfiles } from "../../lib/control/status.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import { UsageError } from "../_cli.ts";
import type { Arguments } from "./arguments.ts";
import { timeoutMs } from "./change.ts";
import { type Done, eachProfile } from "./each.ts";
import { assertHere } from "./elsewhere.ts";
import { NoSuchProfileError, warn } from "./report.ts";
import { chooseProfiles } from "./profiles.ts";
import { untilUp } from "./up.ts";
import { containerCapacity, containerRules, slotDefaults } from "../_facts.ts";

function readEnv(values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((text) => {
    const [, key, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
    if (key === undefined || value === undefined) {
      throw new UsageError(`--env: expected KEY=VALUE, KEY as [A-Za-z_][A-Za-z0-9_]*`);
    }
    return [key, value];
  }));
}

/** Runs `register`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { flags, values } = args;
  const container = facts();
  const { home, scandir } = container;
  const rules = await containerRules(container, warn);
  const { topology } = rules;
  const limit = timeoutMs(args);
  const env = values.get("env");
  const extraEnv = env === undefined ? undefined : readEnv(env);
  const capacity = containerCapacity(container);
  const where = { home, scandir, defaults: slotDefaults(container), topology, capacity };
  const manager = new S6ServiceManager({ ...where, timeoutMs: limit, warn });
  const known = legalProfiles(home, warn);
  const registered = new Set(await manager.listProfileGateways());
  const profiles = chooseProfiles(args, known.filter((name) => !registered.has(name)));
  return await eachProfile(args, profiles, async (profile): Promise<Done> => {
    slotName(profile);
    if (!known.includes(profile)) throw new NoSuchProfileError(profile);
    if (!flags.has("force")) assertHere(rules, profile);
    const served = manager.gatewayOf(profile) !== profile;
    const startNow = !flags.has("down") && !served;
    const toldAt = performance.now();
    await manager.registerProfileGateway(profile, { extraEnv, startNow });
    if (!startNow) {
      const why = served ? ": the root profile's gateway serves it" : "";
      return { text: `registered, down${why}`, up: false, pid: null };
    }
    if (flags.has("no-wait")) return { text: "registered" };
    const done = await untilUp(manager, profile, limit, toldAt);
    return { ...done, text: `registered, ${done.text}` };
  }, known);
}
