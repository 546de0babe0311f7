import { fromFileUrl } from "@std/path";

/** A program to measure: its full path, its arguments and its whole environment. */
export interface Program {
  path: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** One run of a program, with what it waited for. */
export interface Run {
  /** From start to end, in milliseconds. */
  ms: number;
  /** CPU time, in milliseconds. */
  cpuMs: number;
}

/** The C programs. */
export interface Tools {
  /** Measures a program. */
  measure: string;
  /** Makes the system calls of stage 02. */
  reconcile: string;
}

/**
 * Compiles the C programs. Needs all permissions.
 *
 * @param dir The directory they go into.
 * @returns Their paths.
 * @throws {Error} If there is no C compiler.
 */
export async function compileTools(dir: string): Promise<Tools> {
  const [measure, reconcile] = [`${dir}/measure`, `${dir}/reconcile`];
  for (const program of [measure, reconcile]) {
    const source = fromFileUrl(new URL(`${program.slice(dir.length + 1)}.c`, import.meta.url));
    const { success, stderr } = await new Deno.Command("cc", {
      args: ["-O2", "-o", program, source],
    })
      .output().catch((error) => {
        throw new Error("expected a C compiler, cc", { cause: error });
      });
    if (!success) throw new Error(`${source}: ${new TextDecoder().decode(stderr)}`);
  }
  return { measure, reconcile };
}

/**
 * Reads what measure.c prints.
 *
 * @param stdout It.
 * @param what What was run, for the error.
 * @param stderr What that said.
 * @returns The measures.
 * @throws {Error} If what was run has failed.
 */
export function parseRun(stdout: string, what: string, stderr: string): Run {
  const [us = NaN, cpuUs = NaN, code] = stdout.split(" ").map(Number);
  if (code !== 0) throw new Error(`${what}: exit code ${code}: ${stderr}`);
  return { ms: us / 1000, cpuMs: cpuUs / 1000 };
}

/**
 * Runs a program once, with its standard output closed off. Needs all permissions.
 *
 * @param program The program.
 * @param tools The C programs.
 * @returns What it took.
 * @throws {Error} If it fails.
 */
export async function measure({ path, args, env }: Program, tools: Tools): Promise<Run> {
  const { stdout, stderr } = await new Deno.Command(tools.measure, {
    args: [path, ...args],
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return parseRun(out, [path, ...args].join(" "), err);
}
