import { isRecordedStopped } from "../../lib/control/intent.ts";
import { S6ServiceManager } from "../../lib/control/manager.ts";
import type { ChangeOptions, Stopping } from "../../lib/control/move.ts";
import { askGateway } from "../../lib/control/status.ts";
import { profileDir, slotName } from "../../lib/profile/name.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import type { Rules } from "../../lib/rules/rules.ts";
import { DRAIN_VARIABLE, readKillAfter } from "../../lib/rules/kill_after.ts";
import { readRunEnv } from "../../lib/slot/run_env.ts";
import { containerRules } from "../_facts.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { type Done, eachProfile } from "./each.ts";
import { assertHere } from "./elsewhere.ts";
import { chooseProfiles } from "./profiles.ts";
import { NotDoneYetError, warn } from "./report.ts";
import { killAfterMs, wordStopping } from "./stopping.ts";
import { untilUp } from "./up.ts";

/**
 * Reads `--timeout`.
 *
 * @param args What was given.
 * @returns Milliseconds.
 */
export function timeoutMs(args: Arguments): number {
  return Math.ceil(1000 * numberOf(args, "timeout", 10, /^\d{1,5}(\.\d+)?$/));
}

type Change = (profile: string, options: ChangeOptions) => Promise<Stopping | undefined>;

/** Restarts a gateway once, for the first of those profiles that it serves; the others only record. */
function restarter(manager: S6ServiceManager): Change {
  const restarts = new Map<string, Promise<Stopping | undefined>>();
  return async (profile, options) => {
    const gateway = manager.gatewayOf(profile);
    const first = restarts.get(gateway);
    if (first === undefined) {
      const restart = manager.restart(profile, options);
      restarts.set(gateway, restart);
      return await restart;
    }
    await first.catch(() => {}); // it is reported where it was asked for
    return await manager.start(profile, options);
  };
}

/** Tells how long a gateway that is told to stop has until it is killed. */
async function ownKillAfter({ home, scandir, env }: Facts, gateway: string): Promise<number> {
  const extraEnv = readRunEnv(`${scandir}/${slotName(gateway)}/run`);
  const variable = extraEnv[DRAIN_VARIABLE] ?? env(DRAIN_VARIABLE) ?? "";
  return 1000 * await readKillAfter(profileDir(home, gateway), variable, warn);
}

/** Words what was told to a gateway that was not waited for. */
function wordTold(name: string, served: boolean, stopping: Stopping | undefined): Done {
  const by = served ? ["the root profile's gateway serves it"] : [];
  const meanwhile = stopping === undefined ? [] : [wordStopping(stopping)];
  const killAt = stopping?.killAt;
  return {
    text: [`told to ${name}`, ...by, ...meanwhile].join("; "),
    ...killAt !== undefined && { killAt },
  };
}

/** Tells whether one that was not named stays stopped, and refuses what is somebody else's to run. */
async function staysStopped(
  { manager, rules, facts }: { manager: S6ServiceManager; rules: Rules; facts: Facts },
  { command, flags, operands }: Arguments,
  profile: string,
): Promise<boolean> {
  const gateway = manager.gatewayOf(profile);
  const status = await askGateway(manager, gateway);
  if (command.name === "restart" && !operands.includes(profile)) {
    const keptUp = gateway === profile && status?.wantedUp === true;
    if (!keptUp && isRecordedStopped(facts.home, profile)) return true;
  }
  if (!status?.up && !flags.has("force")) assertHere(rules, profile);
  return false;
}

/** Runs `start`, `stop` or `restart`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command: { name }, flags } = args;
  const limit = timeoutMs(args);
  const asked = killAfterMs(args);
  const container = facts();
  if (container.role === "cluster") {
    const { run } = await import("./cluster_change.ts");
    return await run(args, container);
  }
  const { home, scandir } = container;
  const rules = await containerRules(container, warn);
  const { topology } = rules;
  const manager = new S6ServiceManager({ home, scandir, topology, timeoutMs: limit, warn });
  const known = await manager.listProfileGateways();
  if (flags.has("all")) Deno.lstatSync(scandir); // no gateways is fine, no scandir is not
  const wait = !flags.has("no-wait");
  const restart = restarter(manager);
  const where = { manager, rules, facts: container };
  const changes: Readonly<Record<string, Change>> = {
    start: (profile, options) => manager.start(profile, options),
    stop: (profile, options) => manager.stop(profile, options),
    restart,
  };
  return await eachProfile(args, chooseProfiles(args, known), async (profile): Promise<Done> => {
    const gateway = manager.gatewayOf(profile);
    const served = gateway !== profile;
    const isThere = known.includes(profile);
    if (name !== "stop" && isThere && await staysStopped(where, args, profile)) {
      return { text: "left stopped; to start it, name it" };
    }
    const toldAt = performance.now();
    const ms = name === "start" || asked === null
      ? undefined
      : asked ?? await ownKillAfter(container, name === "stop" ? profile : gateway);
    const stopping = await changes[name]!(profile, { wait, killAfterMs: ms });
    if (!wait) return wordTold(name, served, stopping);
    if (stopping !== undefined) {
      const text = `${profile}: still stopping after ${limit / 1000} s: ${wordStopping(stopping)}`;
      throw new NotDoneYetError(text, stopping);
    }
    const by = "the root profile's gateway serves it";
    if (name === "stop") {
      return { text: served ? `down; as long as it is up, ${by}` : "down", up: false, pid: null };
    }
    const done = await untilUp(manager, gateway, limit, toldAt);
    return served ? { ...done, gateway, text: `${by}: ${done.text}` } : done;
  }, known);
}
