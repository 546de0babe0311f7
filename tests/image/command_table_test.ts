import { assertEquals } from "@std/assert";
import { commandTable } from "../../lib/image/command_table.ts";
import { COMMANDS } from "../../lib/image/commands.ts";

Deno.test("commandTable() has a row for each set of permissions, and each command once", () => {
  const [, , ...rows] = commandTable().trimEnd().split("\n");
  const names = rows.flatMap((row) => row.split(" | ")[0]?.replace("| ", "").split(", ") ?? []);
  assertEquals(names.sort(), COMMANDS.map(({ name }) => name).sort());
});
