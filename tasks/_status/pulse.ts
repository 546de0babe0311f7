import { findSvscan, svscanProblem } from "../../lib/explain/svscan.ts";
import { runLook } from "../../lib/s6/look.ts";
import { NO_PROCESSES, type Processes } from "../../lib/s6/processes.ts";

/** A look is true for so long, in milliseconds. */
const FRESH_MS = 1000;

/** A look that takes longer tells nothing, in milliseconds. */
const LOOK_MS = 800;

async function look(): Promise<Processes> {
  try {
    return await runLook({ timeoutMs: LOOK_MS });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return NO_PROCESSES;
  }
}

/**
 * Finds out whether a scandir's s6-svscan is at work, without a look at any file
 * system: the volume may hang. Needs `--allow-run` for {@linkcode LOOK}.
 */
export class Pulse {
  readonly #scandir: string;
  #at = -Infinity;
  #looking: Promise<string | undefined> | undefined;

  /**
   * Makes one that has not looked yet.
   *
   * @param scandir The scandir.
   */
  constructor(scandir: string) {
    this.#scandir = scandir;
  }

  /**
   * Looks, at most once a second.
   *
   * @returns What is wrong; `undefined`: nothing that can be seen.
   */
  problem(): Promise<string | undefined> {
    const now = performance.now();
    if (this.#looking === undefined || now - this.#at >= FRESH_MS) {
      this.#at = now;
      this.#looking = look().then((processes) =>
        svscanProblem(findSvscan(processes, this.#scandir))
      );
    }
    return this.#looking;
  }
}
