import type { Facts } from "../../lib/rules/facts.ts";
import type { Arguments } from "./arguments.ts";
import { printJson } from "./json.ts";
import { lookAround } from "./look.ts";
import { write } from "./output.ts";
import { present } from "./present.ts";
import { chooseProfiles } from "./profiles.ts";
import { warn } from "./report.ts";
import { filter, type Row, rowJson, rowsOf, sorting, summary } from "./rows.ts";

async function print(rows: readonly Row[], shown: readonly Row[], one: boolean): Promise<void> {
  const { gatewayTable, screen } = await import("./list_table.ts");
  const lines = [
    ...shown.length === 0 ? [] : [await gatewayTable(shown, screen())],
    ...one ? [] : [summary(rows)],
  ];
  write(lines.map((line) => `${line}\n`).join(""));
}

/** Runs `list` or `status`. */
export async function run(args: Arguments, facts: () => Facts): Promise<number> {
  const { command, flags, operands } = args;
  const sort = sorting(args, "name");
  const container = facts();
  if (container.role === "cluster") {
    const { run } = await import("./cluster_list.ts");
    return await run(args, container);
  }
  const sight = await lookAround(container, warn);
  const all = sight.gateways.filter(({ slot }) => command.name === "list" || slot !== "none");
  const known = all.map(({ profile }) => profile);
  const chosen = operands.length > 0 ? chooseProfiles(args, known) : known;
  const { found, exitCode } = await present(args, chosen, known);
  if (sight.container.scandirProblem !== undefined) {
    const { scandir } = container;
    warn(`there is no ${scandir}: what may run is out of reach; see "gatewayctl doctor"`);
  }
  const rows = rowsOf(all.filter(({ profile }) => found.has(profile)), sight);
  const shown = sort(filter(args, rows));
  if (flags.has("json")) printJson({ gateways: shown.map(rowJson) });
  else if (rows.length > 0 || operands.length === 0) await print(rows, shown, chosen.length === 1);
  return exitCode;
}
