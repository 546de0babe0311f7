import type { Stopping } from "../../lib/control/move.ts";
import { UsageError } from "../_cli.ts";
import { type Arguments, numberOf } from "./arguments.ts";
import { callersTimeWords } from "./human.ts";

/**
 * Reads `--kill-after` and `--no-kill`.
 *
 * @param args What was given.
 * @returns Milliseconds; `null`: never; `undefined`: neither is given.
 * @throws {UsageError} If both are given, or it is no number.
 */
export function killAfterMs(args: Arguments): number | null | undefined {
  const never = args.flags.has("no-kill");
  if (!args.values.has("kill-after")) return never ? null : undefined;
  if (never) throw new UsageError("--kill-after and --no-kill exclude each other");
  return 1000 * numberOf(args, "kill-after", 0, /^\d{1,6}(\.\d+)?$/);
}

/**
 * Words what goes on with a gateway that is still stopping. Needs `--allow-env`
 * for `GATEWAYCTL_TZ`.
 *
 * @param stopping What goes on.
 * @returns Such as "it has until 08:47:00, then s6 kills it; then it starts again".
 */
export function wordStopping({ killAt, again }: Stopping): string {
  const then = again ? ["then it starts again"] : [];
  if (killAt === undefined) return then.join();
  if (killAt === null) return ["s6 does not kill it", ...then].join("; ");
  // A bit later than it says.
  const until = callersTimeWords()(new Date(Math.ceil(killAt.getTime() / 1000) * 1000)).slice(-8);
  return [`it has until ${until}, then s6 kills it`, ...then].join("; ");
}
