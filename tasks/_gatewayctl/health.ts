import type { Facts } from "../../lib/rules/facts.ts";
import { GatewayNotRegisteredError } from "../../lib/_errors.ts";
import { terminalSafe } from "../../lib/_quote.ts";
import { diagnose } from "../../lib/explain/cause.ts";
import { type Ailment, findAilments } from "../../lib/explain/health.ts";
import { findSvscan, svscanProblem } from "../../lib/explain/svscan.ts";
import { DEFAULT_PROFILE, slotName } from "../../lib/profile/name.ts";
import { UsageError } from "../_cli.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { lookAround, readProcesses, type Sight } from "./look.ts";
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

/** Asks about one gateway, or the one that serves the profile: is it up? */
function examineOne(profile: string, { container, gateways, rules }: Sight): Ailment[] {
  slotName(profile); // legal
  const server = rules.topology === "one" ? DEFAULT_PROFILE : profile;
  const facts = gateways.find((one) => one.profile === server);
  if (facts === undefined || facts.slot === "none") throw new GatewayNotRegisteredError(profile);
  const { cause, kind, text } = diagnose(facts, container);
  return facts.status?.up && kind === "running" ? [] : [{ profile, cause, text }];
}

/** Whether s6-svscan is at work; the volume, which may hang, is not looked at. */
async function examineSvscan({ scandir }: Facts): Promise<Ailment[]> {
  const problem = svscanProblem(findSvscan(await readProcesses(), scandir));
  return problem === undefined ? [] : [{ text: problem }];
}

async function examine({ values, flags }: Arguments, container: Facts): Promise<Ailment[]> {
  if (flags.has("live")) return await examineSvscan(container);
  const sight = await lookAround(
    container,
    () => {},
    undefined,
    containerRules(container, () => {}),
  );
  const [only] = values.get("profile") ?? [];
  if (only !== undefined) return examineOne(only, sight);
  return findAilments(sight.container, sight.gateways, flags.has("ready") ? "ready" : "healthy");
}

/** Runs `health`; to an engine nothing but 0 and 1 means anything. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const given = ["live", "ready", "profile"].filter((name) =>
    args.flags.has(name) || args.values.has(name)
  );
  if (given.length > 1) {
    throw new UsageError(`expected one of ${given.map((name) => `--${name}`).join(" and ")}`);
  }
  try {
    return report(await examine(args, facts()), args);
  } catch (error) {
    reportError(error, args.values.get("profile")?.[0]);
    return EXIT.failed;
  }
}
