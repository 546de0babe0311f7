import { COMMANDS } from "./commands.ts";
import type { CommandPlaces } from "./command.ts";
import { permissionCells, type Permissions } from "./permissions.ts";
import { S6_BIN } from "../s6/run.ts";

const WORDS: CommandPlaces = {
  ...{ facts: "$facts", home: "$home", scandir: "$scandir", api: "$cluster_api" },
};

/**
 * Words every command's permissions as a Markdown table; commands that may do
 * the same share a row; `(cluster)` is what they may in the pod of a cluster's loop. Pure.
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
  const add = (name: string, { run = [], ...others }: Permissions) => {
    const programs = run.map((path) => path.replace(`${S6_BIN}/`, ""));
    const may = permissionCells({ ...others, run: programs });
    rows.set(may, [...rows.get(may) ?? [], name]);
  };
  for (const { name, permissions } of COMMANDS) add(name, permissions(WORDS));
  for (const { name, inCluster } of COMMANDS) {
    if (inCluster !== undefined) add(`${name} (cluster)`, inCluster(WORDS));
  }
  return "| gatewayctl | read | write | run | net |\n| --- | --- | --- | --- | --- |\n" +
    [...rows].map(([may, names]) => `| ${names.join(", ")} | ${may} |\n`).join("");
}
