import { assertEquals } from "@std/assert";
import { commandTable } from "../../lib/image/command_table.ts";
import { COMMANDS } from "../../lib/image/commands.ts";

Deno.test("commandTable() has a row for each set of permissions, and each command once, and once more if it is one of a cluster's loop, too", () => {
  const [, , ...rows] = commandTable().trimEnd().split("\n");
  const names = rows.flatMap((row) => row.split(" | ")[0]?.replace("| ", "").split(", ") ?? []);
  const inCluster = COMMANDS.filter((command) => command.inCluster !== undefined);
  assertEquals(
    names.sort(),
    [...COMMANDS.map(({ name }) => name), ...inCluster.map(({ name }) => `${name} (cluster)`)]
      .sort(),
  );
});
