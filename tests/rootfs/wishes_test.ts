import { assertEquals } from "@std/assert";
import { parseFacts } from "../../lib/rules/facts.ts";
import { TempDir } from "../_temp.ts";
import { Tree } from "./_tree.ts";

/** What write-facts makes of values for one variable, and what it says: nothing, or `warning`. */
async function check(
  put: (variable: string) => string,
  values: readonly (readonly [value: string, fact: string])[],
  warning: string,
): Promise<void> {
  using temp = new TempDir();
  const tree = new Tree(temp);
  for (const [value, fact] of values) {
    const script = `prog=015-supervise-perms refused=''; ${put('"$1"')}; echo "refused='$refused'"`;
    const files = ["home.sh", "write-facts.sh"];
    const { code, stdout, stderr } = await tree.source(files, script, { args: [value] });
    const facts = [...parseFacts(stdout).values()];
    assertEquals([code, ...facts], [0, fact, ""], value);
    assertEquals(stderr, fact === "" && value !== "" ? `${warning}\n` : "", value);
  }
}

Deno.test("write-facts takes a number that only helps, and one that makes no sense for not set, with a line", async () => {
  await check(
    (value) => `put_wish HERMES_GATEWAY_NICE ${value} 0 19`,
    [
      ...["", "0", "7", "19"].map((value) => [value, value] as const),
      ...["20", "-1", "+1", "07", "1.5", "ten", " 1", "1\n", "$(id)"].map((value) =>
        [value, ""] as const
      ),
    ],
    "015-supervise-perms: warning: HERMES_GATEWAY_NICE: expected a number from 0 to 19: taken for not set",
  );
});

Deno.test("write-facts takes memory in bytes, K, M and G, and what is too little for any gateway for not set", async () => {
  await check(
    (value) => `put_memory HERMES_GATEWAY_MEMORY_MAX ${value}`,
    [
      ["", ""],
      ["16777216", "16777216"],
      ["1099511627776", "1099511627776"],
      ["16384K", "16777216"],
      ["512M", "536870912"],
      ["512m", "536870912"],
      ["512Mi", "536870912"],
      ["2G", "2147483648"],
      ["1024g", "1099511627776"],
      ...["16777215", "512", "15M", "0", "0G", "1025G", "1099511627777", "9999999999G"].map((
        value,
      ) => [value, ""] as const),
      ...[
        "-512M",
        "512MB",
        "512 M",
        "M",
        "Mi",
        "1.5G",
        "08M",
        "512MM",
        "512i",
        "99999999999999999999",
      ]
        .map((value) => [value, ""] as const),
    ],
    "015-supervise-perms: warning: HERMES_GATEWAY_MEMORY_MAX: expected bytes, or such as 512M, from 16M to " +
      "1024G: taken for not set",
  );
});
