import { COMMANDS } from "./commands.ts";
import { permissionCells } from "./permissions.ts";
import { S6_BIN } from "../s6/run.ts";

/**
 * Words every command's permissions as a Markdown table; commands that may do
 * the same share a row. Pure.
 *
 * @returns The table, each line ending in a newline.
 *
 * @example
 * ```ts
 * import { commandTable } from "./command_table.ts";
 * commandTable().startsWith("| gatewayctl |"); // true
 * ```
 */
export function commandTable(): string {
  const rows = new Map<string, string[]>();
  for (const { name, permissions } of COMMANDS) {
    const { run, ...files } = permissions({ facts: "$facts", home: "$home", scandir: "$scandir" });
    const may = permissionCells({
      ...files,
      run: run?.map((path) => path.replace(`${S6_BIN}/`, "")) ?? [],
    });
    rows.set(may, [...rows.get(may) ?? [], name]);
  }
  return "| gatewayctl | read | write | run | net |\n| --- | --- | --- | --- | --- |\n" +
    [...rows].map(([may, names]) => `| ${names.join(", ")} | ${may} |\n`).join("");
}
