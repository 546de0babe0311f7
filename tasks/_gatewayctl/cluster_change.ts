import { listProfiles, refuseProfile } from "../../lib/profile/list.ts";
import { DEFAULT_PROFILE, profileDir, slotName } from "../../lib/profile/name.ts";
import { recordDesiredState } from "../../lib/profile/desired_state.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { lockScandir } from "../../lib/slot/scandir.ts";
import type { Arguments } from "./arguments.ts";
import { type Done, eachProfile } from "./each.ts";
import { chooseProfiles } from "./profiles.ts";
import { NoSuchProfileError, warn } from "./report.ts";

/**
 * Runs `start` or `stop` in the pod of a cluster's loop: records what is wanted,
 * on the volume, where the loop sees it.
 *
 * @param args What was given.
 * @param container The pod's facts.
 * @returns The exit code.
 */
export async function run(args: Arguments, { home, scandir }: Facts): Promise<number> {
  const named = listProfiles(home, warn).filter((entry) => refuseProfile(entry) === undefined);
  const known = [DEFAULT_PROFILE, ...named.map(({ name }) => name).sort()];
  const desired = args.command.name === "start" ? "running" : "stopped";
  return await eachProfile(args, chooseProfiles(args, known), async (profile): Promise<Done> => {
    slotName(profile);
    if (!known.includes(profile)) throw new NoSuchProfileError(profile);
    using _ = await lockScandir(scandir);
    recordDesiredState(profileDir(home, profile), desired, new Date());
    return { text: `${desired} is recorded; the loop tells the cluster within seconds` };
  }, known);
}
