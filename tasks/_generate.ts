import { type Program, runProgram, UsageError } from "./_cli.ts";

// A script, so it is executable.
function isScript(text: string): boolean {
  return text.startsWith("#!");
}

/**
 * Writes generated files, or with `check` compares them with what is there.
 *
 * @param files The content of each file by its path.
 * @param check Whether to compare only.
 * @returns The paths that differed, or were written because they did.
 */
function generate(files: ReadonlyMap<string, string>, check: boolean): string[] {
  const drifted: string[] = [];
  for (const [path, text] of files) {
    if (isUpToDate(path, text)) continue;
    drifted.push(path);
    if (check) continue;
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, isScript(text) ? 0o755 : 0o644);
  }
  return drifted;
}

function isUpToDate(path: string, text: string): boolean {
  try {
    const executable = ((Deno.statSync(path).mode ?? 0) & 0o111) === 0o111;
    return Deno.readTextFileSync(path) === text && executable === isScript(text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Reports what {@linkcode generate} found.
 *
 * @param name The program's name, for its messages.
 * @param drifted What it returned.
 * @param check Whether it compared only.
 * @returns The exit code.
 */
function reportDrift(name: string, drifted: readonly string[], check: boolean): number {
  for (const path of drifted) {
    if (check) console.error(`${name}: fatal: ${path} is out of date: run "deno task generate"`);
    else console.log(`${name}: info: wrote ${path}`);
  }
  return check && drifted.length > 0 ? 1 : 0;
}

/**
 * Runs a generator: `--out DIR` says where, `--check` compares only.
 *
 * @param program The generator's name and help.
 * @param render Makes the content of each file, by its path below the folder.
 */
export function runGenerator(
  program: Pick<Program, "name" | "help">,
  render: () => ReadonlyMap<string, string>,
): Promise<void> {
  return runProgram({ ...program, flags: ["check"], values: ["out"] }, ({ flags, values }) => {
    const out = values.get("out");
    if (!out) throw new UsageError("--out DIR is missing");
    const files = [...render()].map(([path, text]) => [`${out}/${path}`, text] as const);
    const check = flags.has("check");
    return reportDrift(program.name, generate(new Map(files), check), check);
  });
}
