// Runs inside a live container as `deno run _driver.ts SCRIPT`. Makes the calls
// of a Script on an S6ServiceManager, one after the other, and prints an
// Outcome for each, one JSON object per line.
import { S6ServiceManager, type S6ServiceManagerOptions } from "../../mod.ts";

/** A method of S6ServiceManager and its arguments. */
export type Call = [method: keyof S6ServiceManager, ...args: unknown[]];

/** What the driver is to do. */
export interface Script {
  /** The manager's options. */
  options: Omit<S6ServiceManagerOptions, "warn">;
  /** The calls. */
  calls: Call[];
  /** When to begin, in milliseconds since the epoch. */
  startAt: number;
  /** How long to begin again with the first call, in milliseconds. */
  repeatMs: number;
}

/** What a call did. */
export interface Outcome {
  /** The method. */
  method: string;
  /** What it returned; `null` for nothing. */
  value?: unknown;
  /** What it threw, with the error's own properties. */
  error?: { name: string; message: string; [property: string]: unknown };
  /** What the manager warned of. */
  warnings: string[];
  /** How long it took, in milliseconds. */
  ms: number;
}

if (import.meta.main) {
  const { options, calls, startAt, repeatMs }: Script = JSON.parse(Deno.args[0] ?? "");
  let warnings: string[] = [];
  const manager = new S6ServiceManager({ ...options, warn: (message) => warnings.push(message) });
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, startAt - Date.now())));
  const end = performance.now() + repeatMs;
  do {
    for (const [method, ...args] of calls) {
      const start = performance.now();
      const outcome: Outcome = { method, warnings: [], ms: 0 };
      try {
        const act = manager[method] as (...args: unknown[]) => Promise<unknown>;
        outcome.value = await act.apply(manager, args) ?? null;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        outcome.error = { ...error, name: error.name, message: error.message };
      }
      [outcome.warnings, warnings] = [warnings, []];
      outcome.ms = performance.now() - start;
      console.log(JSON.stringify(outcome));
    }
  } while (performance.now() < end);
}
