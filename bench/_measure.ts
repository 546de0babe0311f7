import { fromFileUrl, join } from "@std/path";

/** A program to measure: its full path, its arguments and its whole environment. */
export interface Program {
  path: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

/** One run of a program. */
export interface Run {
  /** From start to end, in milliseconds. */
  ms: number;
  /** The peak of its memory, in KiB; `null` without a C compiler. */
  peakKiB: number | null;
}

/** What a program asks of the kernel. */
export interface Trace {
  /** System calls on files, descriptors and processes, by name. */
  calls: Record<string, number>;
  /** Programs it started. */
  started: number;
}

async function output(command: string, args: readonly string[], env = {}) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The C programs that could be compiled. */
export interface Tools {
  /** Measures a program. */
  measure: string | undefined;
  /** Does what stage 02 does. */
  reconcile: string | undefined;
}

/** Compiles the C programs into a directory; `undefined` where there is no compiler. */
export async function compileTools(dir: string): Promise<Tools> {
  return { measure: await compile("measure", dir), reconcile: await compile("reconcile", dir) };
}

async function compile(name: string, dir: string): Promise<string | undefined> {
  const program = `${dir}/${name}`;
  const env = { PATH: Deno.env.get("PATH") ?? "" };
  const { code, stderr } = await output("cc", [
    "-O2",
    "-o",
    program,
    join(fromFileUrl(import.meta.url), `../${name}.c`),
  ], env).catch(() => ({ code: 127, stderr: "no cc" }));
  if (code === 0) return program;
  if (code !== 127) throw new Error(`${name}.c: ${stderr}`);
}

/** Runs a program once, with its output closed off, and throws if it fails. */
export async function measure({ path, args, env }: Program, tool?: string): Promise<Run> {
  if (tool !== undefined) {
    const { stdout, stderr } = await output(tool, [path, ...args], env);
    const [us = NaN, , peakKiB = NaN, code] = stdout.split(" ").map(Number);
    if (code !== 0) throw new Error(`${path} ${args.join(" ")}: ${stderr}`);
    return { ms: us / 1000, peakKiB };
  }
  const start = performance.now();
  const { code, stderr } = await output(path, args, env);
  if (code !== 0) throw new Error(`${path} ${args.join(" ")}: ${stderr}`);
  return { ms: performance.now() - start, peakKiB: null };
}

/** Runs a program once under strace; `undefined` where there is none. */
export async function trace({ path, args, env }: Program): Promise<Trace | undefined> {
  const options = ["-f", "-c", "-U", "calls,name", "-e", "trace=%file,%desc,%process"];
  const { stderr } = await output("/usr/bin/strace", [...options, path, ...args], env)
    .catch(() => ({ stderr: "" }));
  const rows = [...stderr.matchAll(/^ *(\d+) (\w+)$/gm)].filter(([, , name]) => name !== "total");
  if (rows.length === 0) return undefined;
  const calls = Object.fromEntries(rows.map(([, count, name]) => [name ?? "", Number(count)]));
  return { calls, started: (calls.execve ?? 1) - 1 };
}
