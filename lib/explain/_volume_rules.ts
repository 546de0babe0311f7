import { shellQuote } from "../_quote.ts";
import { ctl, type Rule, THEN_SYNC } from "./_rule.ts";

/** What stands between a name and a profile. */
export const onTheVolume: Rule = (facts) => {
  const { dir, found, problem, profile, slot, freeName = "" } = facts;
  const quoted = shellQuote(dir);
  const renamed = `mv ${quoted} ${shellQuote(dir.slice(0, -profile.length) + freeName)}`;
  if (found === "nothing" || found === "no SOUL.md") {
    if (slot !== "none") {
      const text = `its profile was removed: there is no ${
        found === "nothing" ? dir : `${dir}/SOUL.md`
      }`;
      return { cause: "removed", text, help: ctl("unregister", facts) };
    }
    if (problem !== undefined) {
      return { cause: "no-profile", text: `not a profile: ${problem}`, help: "gatewayctl list" };
    }
    return found === "nothing"
      ? { cause: "no-profile", text: `not a profile: there is no ${dir}`, help: "gatewayctl list" }
      : {
        cause: "no-soul",
        text: `not a profile: there is no ${dir}/SOUL.md`,
        help: `touch ${shellQuote(`${dir}/SOUL.md`)}${THEN_SYNC}`,
      };
  }
  switch (found) {
    case "reserved":
      return {
        cause: "reserved-name",
        text: `its name is the root profile's: ${dir} can have no gateway`,
        help: renamed + THEN_SYNC,
      };
    case "symlink": {
      const text = `${dir} is a symlink, and only a directory gets a gateway`;
      const copy = shellQuote(`${dir}.copy`);
      const help = `cp -RL ${quoted} ${copy} && rm ${quoted} && mv ${copy} ${quoted}${THEN_SYNC}`;
      return { cause: "symlink", text, help };
    }
    case "unreadable":
      return {
        cause: "unreadable",
        text: `${dir}: ${problem}`,
        help: `chmod u+rwx ${quoted}${THEN_SYNC}`,
      };
  }
  if (problem === undefined) return undefined;
  const text = `not a legal profile name: ${problem}`;
  return { cause: "illegal-name", text, help: renamed + THEN_SYNC };
};

/** Who else has it. */
export const elsewhere: Rule = ({ away, slot }) => {
  if (away === undefined || slot !== "none") return undefined;
  return { cause: away.rule, text: away.reason, outside: away.outside };
};
