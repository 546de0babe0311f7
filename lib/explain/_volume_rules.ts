import type { GatewayFacts } from "./gateway.ts";
import { type Answer, ctl, pathWord, type Rule, THEN_SYNC } from "./_rule.ts";

/** There is no profile of this name. */
function missing(facts: GatewayFacts): Answer {
  const { dir, found, problem, slot } = facts;
  const what = found === "nothing" ? `directory ${dir}` : `${dir}/SOUL.md`;
  if (slot !== "none") {
    const text = `its profile was removed: there is no ${what}`;
    return { cause: "removed", text, help: ctl("unregister", facts) };
  }
  if (problem !== undefined) return { cause: "no-profile", text: `not a profile: ${problem}` };
  const text = `not a profile: there is no ${what}`;
  if (found === "nothing") return { cause: "no-profile", text };
  return { cause: "no-soul", text, help: `touch ${pathWord(`${dir}/SOUL.md`)}${THEN_SYNC}` };
}

/** A copy would be a second gateway with the same tokens, where a first one is there. */
function linked({ dir, target }: GatewayFacts): Answer {
  const link = pathWord(dir);
  if (target?.isProfile) {
    const text = `${dir} is a symlink to ${target.path}, which has a gateway of its own`;
    return { cause: "symlink", text, help: `rm ${link}` };
  }
  const copy = `${link}.copy`;
  return {
    cause: "symlink",
    text: `${dir} is a symlink${
      target === undefined ? "" : ` to ${target.path}`
    }, and only a directory gets a gateway`,
    help: `cp -a ${link}/. ${copy} && rm ${link} && mv ${copy} ${link}${THEN_SYNC}`,
  };
}

/** What stands between a name and a profile. */
export const onTheVolume: Rule = (facts) => {
  const { dir, found, problem, profile, obstacle, freeName = "" } = facts;
  const renamed = `mv ${pathWord(dir)} ${pathWord(dir.slice(0, -profile.length) + freeName)}`;
  switch (found) {
    case "nothing":
    case "no SOUL.md":
      return missing(facts);
    case "reserved":
      return {
        cause: "reserved-name",
        text: `its name is the root profile's: ${dir} can have no gateway`,
        help: renamed + THEN_SYNC,
      };
    case "symlink":
      return linked(facts);
    case "unreadable": {
      const text = `${dir}: ${problem}`;
      if (obstacle?.help === undefined) return { cause: "unreadable", text, outside: text };
      return {
        cause: "unreadable",
        text: `${text}: ${obstacle.text}`,
        help: obstacle.help + THEN_SYNC,
      };
    }
  }
  if (problem === undefined) return undefined;
  const text = `not a legal profile name: ${problem}`;
  return { cause: "illegal-name", text, help: renamed + THEN_SYNC };
};

/** Who else has it. */
export const elsewhere: Rule = ({ away, slot }, { role }) => {
  if (slot !== "none") return undefined;
  if (role === "dashboard") {
    const text = "this container has the dashboard alone, and no gateways";
    const outside = "the container's command is dashboard or serve: another container has it";
    return { cause: "dashboard-container", text, outside };
  }
  return away && { cause: away.rule, text: away.reason, outside: away.outside };
};
