import { S6CommandError, S6TimeoutError } from "../_errors.ts";
import type { ServiceStatus } from "./status.ts";

/** Where s6-overlay has s6's programs. */
export const S6_BIN = "/command";

/** The name of the process that supervises a scandir. */
export const S6_SVSCAN = "s6-svscan";

/** The programs of s6 that are run. */
export const S6_PROGRAMS = ["s6-svc", "s6-svok", "s6-svstat", "s6-svscanctl"] as const;

/** One of {@linkcode S6_PROGRAMS}. */
export type S6Program = typeof S6_PROGRAMS[number];

/** Options of {@linkcode runS6}. */
export interface RunS6Options {
  /** The service or scandir it is about, for errors. */
  service: string;
  /** How long it may take, in milliseconds. */
  timeoutMs: number;
  /** How much later it is killed, when it minds the time itself. Default: 0. */
  graceMs?: number | undefined;
  /** Where the programs are. Default: {@linkcode S6_BIN}. */
  bin?: string | undefined;
}

// s6-svwait, and so s6-svc -w, exit with this when their own time is over.
const EXIT_TIMED_OUT = 99;

/** Reads a stream to its end or until the signal: a grandchild may hold the other end for longer. */
async function readText(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<string> {
  let text = "";
  const sink = new WritableStream<string>({ write: (chunk) => void (text += chunk) });
  await stream.pipeThrough(new TextDecoderStream(), { signal }).pipeTo(sink);
  return text;
}

function killIfAlive(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has already ended
  }
}

/**
 * Runs a program of s6 with an empty environment and kills it when it takes
 * too long. Needs `--allow-run` for it, by its full path.
 *
 * @param program The program.
 * @param args Its arguments.
 * @param options What it is about, and how long it may take.
 * @returns Its standard output.
 * @throws {S6CommandError} If it fails or cannot be run.
 * @throws {S6TimeoutError} If it takes too long.
 *
 * @example
 * ```ts no-eval
 * import { runS6 } from "./run.ts";
 * const slot = "/run/service/gateway-coder";
 * await runS6("s6-svc", ["-u", slot], { service: "gateway-coder", timeoutMs: 5000 });
 * ```
 */
export async function runS6(
  program: S6Program,
  args: readonly string[],
  { service, timeoutMs, graceMs = 0, bin = S6_BIN }: RunS6Options,
): Promise<string> {
  const command = [program, ...args];
  const late = (told: boolean) =>
    new S6TimeoutError(service, `done: ${command.join(" ")}`, timeoutMs, told);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(`${bin}/${program}`, {
      args: [...args],
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    throw new S6CommandError(command, service, 127, `${bin}/${program}: ${error.message}`);
  }
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort(late(false));
    killIfAlive(child);
  }, timeoutMs + graceMs);
  try {
    const [{ code }, stdout, stderr] = await Promise.all([
      child.status,
      readText(child.stdout, timeout.signal),
      readText(child.stderr, timeout.signal),
    ]);
    timeout.signal.throwIfAborted();
    if (code === EXIT_TIMED_OUT) throw late(true);
    if (code !== 0) throw new S6CommandError(command, service, code, stderr);
    return stdout;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads the output of `s6-svstat -o up,wantedup,pid,exitcode,signal,updownfor`.
 *
 * @param output The line.
 * @returns What it says.
 * @throws {TypeError} If it is no such line.
 *
 * @example
 * ```ts
 * import { parseStatus } from "./run.ts";
 * parseStatus("true true 4711 -1 NA 60\n").pid; // 4711
 * ```
 */
export function parseStatus(output: string): ServiceStatus {
  const match = /^(true|false) (true|false) (-?\d+) (-?\d+) (\S+) (\d+)\n?$/.exec(output);
  if (match === null) {
    throw new TypeError(`Failed to read s6-svstat: got ${JSON.stringify(output)}`);
  }
  const [, up, wantedUp, pid, exitCode, signal = "NA", seconds] = match;
  const nonNegative = (text: string | undefined) => Number(text) < 0 ? null : Number(text);
  return {
    up: up === "true",
    wantedUp: wantedUp === "true",
    pid: nonNegative(pid),
    exitCode: nonNegative(exitCode),
    signal: signal === "NA" ? null : signal,
    seconds: Number(seconds),
  };
}

/** The fields {@linkcode parseStatus} reads; unlike the human line they are stable across versions. */
export const STATUS_FIELDS = "up,wantedup,pid,exitcode,signal,updownfor";
