import { parseOwner } from "../lib/owner.ts";
import { type ReconcileAction, wordAction } from "../lib/plan.ts";
import { jsonAscii, printable } from "../lib/quote.ts";
import { reconcileProfileGateways, UnreadableProfilesError } from "../lib/reconcile.ts";
import { runProgram, UsageError } from "./_cli.ts";

const name = "reconcile";
const help = `
Usage: reconcile_profiles.ts [--dry-run] [--json] [--owner UID:GID]

Recreates one slot per profile of the Hermes home in the scandir; those whose
last state was "running" start by themselves at s6-svscan's next scan.

  --dry-run        say what would be done, write nothing
  --json           one JSON object per profile instead of text
  --owner UID:GID  whom to give the slots; without it they stay the caller's
  --help           this text

Environment:
  HERMES_HOME                  the Hermes home, absolute (/opt/data)
  S6_PROFILE_GATEWAY_SCANDIR   the scandir, absolute (/run/service)

Exit code: 0 done, also with skipped names; 1 a profile or the scandir failed
with an I/O error; 2 wrong arguments.
`;

function absolute(variable: string, fallback: string): string {
  const path = Deno.env.get(variable) || fallback;
  if (!path.startsWith("/")) throw new UsageError(`${variable}: expected an absolute path`);
  return path.replace(/(?<=.)\/+$/, "");
}

function ownerOf(text: string | undefined) {
  if (text === undefined) return {};
  const owner = parseOwner(text);
  if (owner === undefined) throw new UsageError("--owner: expected UID:GID, two decimal numbers");
  return { owner };
}

function summary(actions: readonly ReconcileAction[], startedAt: number): string {
  const count = (action: string) => actions.filter((one) => one.action === action).length;
  const ms = Math.round(performance.now() - startedAt);
  return `reconcile: ${count("started")} started, ${count("registered")} registered, ` +
    `${count("skipped")} skipped in ${ms} ms`;
}

await runProgram(
  { name, help, flags: ["dry-run", "json"], values: ["owner"] },
  async ({ flags, values }) => {
    const startedAt = performance.now();
    let failure: string | undefined;
    const actions = await reconcileProfileGateways({
      home: absolute("HERMES_HOME", "/opt/data"),
      scandir: absolute("S6_PROFILE_GATEWAY_SCANDIR", "/run/service"),
      dryRun: flags.has("dry-run"),
      warn: (message) => console.error(`${name}: warning: ${printable(message)}`),
      ...ownerOf(values.get("owner")),
    }).catch((error) => {
      if (!(error instanceof UnreadableProfilesError)) throw error;
      failure = error.message;
      return error.actions;
    });
    const lines = flags.has("json")
      ? actions.map(({ failed: _, ...shown }) => jsonAscii(shown))
      : [...actions.map((action) => `${name}: ${wordAction(action)}`), summary(actions, startedAt)];
    console.log(lines.join("\n"));
    if (failure !== undefined) console.error(`${name}: fatal: ${printable(failure)}`);
    return failure !== undefined || actions.some((action) => action.failed) ? 1 : 0;
  },
);
