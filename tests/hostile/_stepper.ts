import { runScript } from "../_fixtures.ts";
import type { TempDir } from "../_temp.ts";

/** The functions through which lib/ changes the world, one or two system calls each. */
const STEPS = [
  ...["mkdirSync", "chmodSync", "chownSync", "writeFileSync", "writeTextFileSync", "renameSync"],
  ...["removeSync", "openSync", "linkSync", "symlinkSync", "truncateSync"],
];

/** Kills the process at its nth step from now; a write has then written half. */
const STEPPER = `
let stepsLeft = Infinity;
function killAtStep(step) {
  stepsLeft = step;
}
function dieIfDue(half) {
  if (stepsLeft-- > 0) return;
  half?.();
  Deno.kill(Deno.pid, "SIGKILL");
}
for (const name of ${JSON.stringify(STEPS)}) {
  const step = Deno[name];
  Deno[name] = (path, data, ...rest) => {
    const written = name.startsWith("write") ? data.slice(0, data.length >> 1) : undefined;
    dieIfDue(written && (() => step(path, written, ...rest)));
    return step(path, data, ...rest);
  };
}
const Command = Deno.Command;
Deno.Command = class extends Command {
  outputSync() {
    dieIfDue();
    return super.outputSync();
  }
};
`;

/** What is killed at each of its steps. */
export interface Stepped {
  /** Sets the scene, anew for each step. */
  prepare(temp: TempDir): void | Promise<void>;
  /** What is to be killed: TypeScript that imports from "../lib/"; `dir` is the temp dir. */
  script: string;
  /** Looks at what a kill has left. */
  verify(temp: TempDir): void | Promise<void>;
}

/**
 * Kills a script with SIGKILL at every one of its steps.
 *
 * @param stepped The script, what comes before it and what must hold after.
 * @param makeTemp Makes a directory for each step.
 * @returns The number of kills.
 */
export async function killAtEveryStep(
  { prepare, script, verify }: Stepped,
  makeTemp: () => TempDir,
): Promise<number> {
  let next = 0;
  let kills = 0;
  let done = false;
  const lane = async () => {
    while (!done) {
      const step = next++;
      using temp = makeTemp();
      await prepare(temp);
      const outcome = await runScript(
        `${STEPPER}
        const dir = ${JSON.stringify(temp.path)};
        killAtStep(${step});
        ${script}
        console.log("done");`,
      );
      if (outcome.stdout === "done\n") done = true;
      else if (outcome.code !== 128 + 9) throw new Error(outcome.stderr || `exit ${outcome.code}`);
      else kills++;
      try {
        await verify(temp);
      } catch (error) {
        throw new Error(`after a kill at step ${step}: ${error}`, { cause: error });
      }
    }
  };
  const lanes = Array.from({ length: navigator.hardwareConcurrency }, lane);
  for (const result of await Promise.allSettled(lanes)) {
    if (result.status === "rejected") throw result.reason;
  }
  return kills;
}
