/** A directory of a test's own; disposing of it removes it, whatever became of its modes. */
export class TempDir implements Disposable {
  /** Its path, without symlinks. */
  readonly path: string;

  /** Makes it, in the system's directory for such or another one. */
  constructor(dir?: string) {
    const options = { prefix: "hermes-test-", ...dir === undefined ? {} : { dir } };
    this.path = Deno.realPathSync(Deno.makeTempDirSync(options));
  }

  /** Makes a directory in it and returns its path. */
  mkdir(name: string, mode = 0o755): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path, { recursive: true });
    Deno.chmodSync(path, mode);
    return path;
  }

  /** Writes a file in it and returns its path. */
  write(name: string, content: string | Uint8Array = "", mode = 0o644): string {
    const path = `${this.path}/${name}`;
    writeFile(path, content, mode);
    return path;
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch {
      runSync("chmod", "-R", "u+rwX", this.path);
      Deno.removeSync(this.path, { recursive: true });
    }
  }
}

/** Writes a file with an exact mode. */
export function writeFile(path: string, content: string | Uint8Array, mode = 0o644): void {
  Deno.writeFileSync(path, typeof content === "string" ? encode(content) : content);
  Deno.chmodSync(path, mode);
}

/** UTF-8 bytes of a string. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Runs a program that must succeed, with a clean environment. */
export function runSync(program: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(program, { args }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** How {@linkcode run} starts a program. */
export interface RunOptions {
  args?: readonly string[];
  /** The whole environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** Octal digits. */
  umask?: string;
  /** What is left of root's capabilities; means nothing to an ordinary user. */
  capabilities?: keyof typeof BOUNDING;
  stdin?: string;
  /** After which it is killed: it hangs. */
  timeoutMs?: number;
}

/** What a program left behind. */
export interface Outcome {
  /** Its exit code. */
  code: number;
  stdout: string;
  stderr: string;
}

const BOUNDING = {
  none: "-all",
  chown: "-all,+chown",
  "without kill": "-kill",
  "without dac_override": "-dac_override",
};

/** Runs a program; one that takes too long is killed, and that is an error. */
export async function run(program: string, options: RunOptions = {}): Promise<Outcome> {
  const { args = [], env = {}, cwd, umask, capabilities, stdin, timeoutMs = 20_000 } = options;
  let argv = [program, ...args];
  if (capabilities !== undefined && Deno.uid() === 0) {
    const bounding = `--bounding-set=${BOUNDING[capabilities]}`;
    argv = ["/usr/bin/setpriv", bounding, "--inh-caps=-all", "--", ...argv];
  }
  if (umask !== undefined) {
    argv = ["/bin/sh", "-c", 'umask "$1"; shift; exec "$@"', "sh", umask, ...argv];
  }
  const [command = "", ...rest] = argv;
  const child = new Deno.Command(command, {
    args: rest,
    env,
    clearEnv: true,
    ...cwd === undefined ? {} : { cwd },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, timeoutMs);
  try {
    if (stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(encode(stdin)).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { code, stdout, stderr } = await child.output();
    if (late) throw new Error(`${program} did not end within ${timeoutMs} ms`);
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}

/** The twelve mode bits of a path itself. */
export function modeOf(path: string): number {
  return (Deno.lstatSync(path).mode ?? 0) & 0o7777;
}

/** Whether a path itself exists. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** One word for what a path itself is. */
export function kindOf(info: Deno.FileInfo): string {
  if (info.isSymlink) return "symlink";
  if (info.isDirectory) return "directory";
  if (info.isFile) return "file";
  return info.isFifo ? "fifo" : "special";
}

/** How {@linkcode snapshot} looks at a tree. */
export interface SnapshotOptions {
  /** Also inodes and, in nanoseconds, the times of the last change of content and of status. */
  exact?: boolean;
}

/** Describes a tree: kind, mode, owner and content of every path in it, and of itself. */
export function snapshot(root: string, { exact = false }: SnapshotOptions = {}): string[] {
  const lines: string[] = [];
  const look = (path: string) => {
    const info = Deno.lstatSync(path);
    const mode = ((info.mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
    const fields = [path.slice(root.length) || "/", kindOf(info), mode, `${info.uid}:${info.gid}`];
    if (info.isSymlink) fields.push(Deno.readLinkSync(path));
    if (info.isFile) fields.push(JSON.stringify(Deno.readTextFileSync(path)));
    lines.push(fields.join(" "));
    if (!info.isDirectory) return;
    const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    for (const name of names) look(`${path}/${name}`);
  };
  look(root);
  if (!exact) return lines;
  return [...lines, ...runSync("find", root, "-printf", "%P %i %T@ %C@\\n").split("\n").sort()];
}

/** Waits until the file system's clock has moved, so that a later change shows in an exact snapshot. */
export async function clockTick(): Promise<void> {
  using scratch = new TempDir();
  const now = () => {
    scratch.write("clock");
    return runSync("find", `${scratch.path}/clock`, "-printf", "%C@");
  };
  const start = now();
  while (now() === start) await new Promise((resolve) => setTimeout(resolve, 1));
}
