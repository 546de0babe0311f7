import { readFacts } from "../lib/rules/facts.ts";
import { type ReconcileAction, wordAction } from "../lib/boot/action.ts";
import { jsonAscii, printable } from "../lib/_quote.ts";
import { reconcileProfileGateways } from "../lib/boot/reconcile.ts";
import { runProgram } from "./_cli.ts";
import { containerCapacity, containerRules, FACTS_HELP, slotDefaults } from "./_facts.ts";

const name = "reconcile";
const help = `
Usage: reconcile_profiles.ts [--dry-run] [--json] [--facts FILE]

Recreates one slot per profile of the Hermes home in the scandir; those whose
last state was "running" start by themselves at s6-svscan's next scan; where one
gateway serves all profiles, that one does. Where the container's command is
dashboard or serve, nothing is done; where it is "gateway run", or the container
says HERMES_GATEWAY_BOOTSTRAP_STATE=running, a root profile without a state
counts as running.

  --dry-run        say what would be done, write nothing
  --json           one JSON object per profile instead of text
${FACTS_HELP}
  --help           this text

Exit code: 0 done, also with skipped names; 1 a profile or the scandir failed
with an I/O error; 2 wrong arguments.
`;

function summary(actions: readonly ReconcileAction[], startedAt: number): string {
  const count = (action: string) => actions.filter((one) => one.action === action).length;
  const ms = Math.round(performance.now() - startedAt);
  const kept = count("unchanged") + count("refreshed");
  return `reconcile: ${count("started")} started, ${count("registered")} registered, ` +
    `${count("skipped")} skipped${kept > 0 ? `, ${kept} were there already` : ""} in ${ms} ms`;
}

await runProgram(
  { name, help, flags: ["dry-run", "json"], values: ["facts"] },
  async ({ flags, values }) => {
    const startedAt = performance.now();
    const facts = readFacts(values.get("facts"));
    const { home, scandir, role } = facts;
    const warn = (message: string) => console.error(`${name}: warning: ${printable(message)}`);
    const rules = await containerRules(facts, warn);
    if (role === "dashboard") {
      console.log(`${name}: the container's command is dashboard or serve: no gateways here`);
      return 0;
    }
    const state = facts.env("HERMES_GATEWAY_BOOTSTRAP_STATE") ?? "";
    if (state !== "" && state !== "running") {
      warn("HERMES_GATEWAY_BOOTSTRAP_STATE: expected running: taken for not set");
    }
    const { actions, error } = await reconcileProfileGateways({
      home,
      scandir,
      defaults: slotDefaults(facts),
      container: facts.env("HOSTNAME"),
      capacity: containerCapacity(facts),
      dryRun: flags.has("dry-run"),
      rules,
      role,
      bootstrap: state === "running",
      paced: !!facts.env("HERMES_START_PARALLEL"),
      warn,
    });
    const lines = flags.has("json")
      ? actions.map(({ failed: _, ...shown }) => jsonAscii(shown))
      : [...actions.map((action) => `${name}: ${wordAction(action)}`), summary(actions, startedAt)];
    console.log(lines.join("\n"));
    if (error !== undefined) console.error(`${name}: error: ${printable(error.message)}`);
    return error !== undefined || actions.some((action) => action.failed) ? 1 : 0;
  },
);
