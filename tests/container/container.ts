import { fromFileUrl, join } from "@std/path";
import { findS6, type S6Source } from "./s6_packages.ts";
import { until } from "./until.ts";

export { until };

/** The repository. */
export const REPOSITORY: string = join(fromFileUrl(import.meta.url), "../../..");
const PATH =
  "/opt/hermes-boot/bin:/command:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/execline/bin";
const IS_ROOT = Deno.uid() === 0;

function s6Source(word = "debian"): S6Source {
  if (word === "debian" || word === "testing") return word;
  throw new Error(`HERMES_TEST_S6: expected debian or testing, got ${word}`);
}

const S6 = s6Source(Deno.env.get("HERMES_TEST_S6"));

/** Options of {@linkcode Container.start}. */
export interface ContainerOptions {
  /** The directory that becomes `/opt/data`; it outlives the container. */
  data: string;
  /** The container's environment. */
  env?: Readonly<Record<string, string>>;
  /** The capabilities root keeps, such as `["setuid"]`. Default: all. */
  capabilities?: readonly string[];
  /** Whether the root file system is read-only. */
  readOnly?: boolean;
  /** Whether nothing in it gains privileges by what it executes. */
  noNewPrivileges?: boolean;
  /** The user hermes. Default: 10000:10000; for an ordinary user, that user. */
  hermes?: { uid: number; gid: number };
  /** Who PID 1 and the hooks are, as with an engine's `--user`. Default: root, or the ordinary user. */
  user?: { uid: number; gid: number };
  /** Trees whose `usr` is laid over `/usr`, the first one on top. */
  layers?: readonly string[];
  /** What else is bound into it: paths outside, by those inside. */
  mounts?: Readonly<Record<string, string>>;
  /** Told before anything slow is done. */
  progress?: (message: string) => void;
}

/** What a command in a container did. */
export interface ExecResult {
  /** Its exit code. */
  code: number;
  /** Its standard output. */
  stdout: string;
  /** Its standard error. */
  stderr: string;
}

/** Options of {@linkcode Container.exec} and {@linkcode Container.sh}. */
export interface ExecOptions {
  /** Who runs it. Default: the container's `user`. */
  user?: "root" | "hermes";
  /** Extra environment. */
  env?: Readonly<Record<string, string>>;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Reads one of the shell scripts beside this file. */
function readScript(name: string): Promise<string> {
  return Deno.readTextFile(new URL(name, import.meta.url));
}

function boundingSet(capabilities: readonly string[]): string {
  return ["-all", ...capabilities.map((name) => `+${name}`)].join();
}

/** Lays out what `container.sh` needs and spawns it in its namespaces. */
async function spawn(work: string, options: ContainerOptions): Promise<Deno.ChildProcess> {
  const s6 = await findS6(REPOSITORY, S6, options.progress ?? (() => {}));
  const suite = `${REPOSITORY}/.cache/container_suite`;
  await Deno.mkdir(suite, { recursive: true });
  await Deno.mkdir(`${work}/root`);
  await Deno.mkdir(`${work}/env`);
  for (const [name, value] of Object.entries(options.env ?? {})) {
    await Deno.writeTextFile(`${work}/env/${name}`, value);
  }
  const trees = [...options.layers ?? [], ...s6 === undefined ? [] : [s6], ""];
  const mounts = Object.entries(options.mounts ?? {});
  const ordinary = IS_ROOT ? { uid: 10000, gid: 10000 } : { uid: Deno.uid(), gid: Deno.gid() };
  const { uid, gid } = options.hermes ?? ordinary;
  return new Deno.Command("sh", {
    args: [
      "-c",
      `exec unshare "$@" >"$LOG" 2>&1`,
      "sh",
      ...IS_ROOT ? [] : ["--user", "--map-current-user", "--keep-caps"],
      "--mount",
      "--pid",
      "--fork",
      "--kill-child",
      "--propagation=private",
      "sh",
      `${REPOSITORY}/tests/container/container.sh`,
    ],
    stdin: "null",
    env: {
      ROOT: `${work}/root`,
      REPO: REPOSITORY,
      DENO: Deno.execPath(),
      USR: trees.map((tree) => `${tree}/usr`).join(":"),
      DATA: options.data,
      SUITE: suite,
      ENVDIR: `${work}/env`,
      MOUNTS: mounts.map(([inside, outside]) => `${inside} ${outside}`).join("\n"),
      PIDFILE: `${work}/pid`,
      LOG: `${work}/log`,
      HERMES: `${uid}:${gid}`,
      RUN_AS: options.user ? `${options.user.uid}:${options.user.gid}` : "",
      CAPS: options.capabilities ? boundingSet(options.capabilities) : "",
      READONLY: options.readOnly ? "1" : "",
      NO_NEW_PRIVILEGES: options.noNewPrivileges ? "1" : "",
    },
  }).spawn();
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it has already terminated
  }
}

/**
 * A container without an engine: private mount and PID namespaces with their
 * own `/run`, `/command` and user `hermes`, a real s6-svscan as PID 1, static
 * services laid out as s6-rc-init does, and the image's files in their places.
 * As an ordinary user it is in a user namespace, and hermes is that user.
 */
export class Container implements AsyncDisposable {
  readonly #work: string;
  readonly #process: Deno.ChildProcess;
  readonly #capabilities: readonly string[] | undefined;
  readonly #user: ContainerOptions["user"];
  /** PID 1's number outside. */
  #pid = 0;
  #stopped = false;

  private constructor(
    work: string,
    process: Deno.ChildProcess,
    { capabilities, user }: ContainerOptions,
  ) {
    this.#work = work;
    this.#process = process;
    this.#capabilities = capabilities;
    this.#user = user;
  }

  /**
   * Makes sure that there can be containers here, without one: finds s6, and makes
   * namespaces. Needs all permissions.
   *
   * @param progress Told before anything slow is done.
   * @throws {Error} If s6 cannot be had or the namespaces cannot be made.
   */
  static async check(progress: (message: string) => void): Promise<void> {
    await findS6(REPOSITORY, S6, progress);
    const args = ["--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt"];
    const { success, stderr } = await new Deno.Command("unshare", { args, stdin: "null" }).output();
    if (!success) throw new Error(`No container: ${new TextDecoder().decode(stderr).trim()}`);
  }

  /**
   * Starts a container; its cont-init.d has not run yet. Needs all permissions.
   *
   * @param options What is in it.
   * @returns The container.
   * @throws {Error} If s6 cannot be had or the namespaces cannot be made.
   */
  static async start(options: ContainerOptions): Promise<Container> {
    const work = await Deno.makeTempDir({ prefix: "hermes-container-" });
    let container: Container | undefined;
    try {
      container = new Container(work, await spawn(work, options), options);
      await container.#untilStarted();
      return container;
    } catch (error) {
      if (container === undefined) await Deno.remove(work, { recursive: true });
      else await container.stop(0);
      throw error;
    }
  }

  async #untilStarted(): Promise<void> {
    let ended = false;
    this.#process.status.then(() => ended = true);
    this.#pid = Number(
      await until("the container's PID 1", async () => {
        if (ended) throw new Error(`No container: ${(await this.log()).trim()}`);
        return await readIfPresent(`${this.#work}/pid`);
      }),
    );
    await until(
      "s6-svscan's control FIFO",
      async () => (await this.sh("test -p /run/service/.s6-svscan/control")).code === 0,
    );
  }

  /**
   * Runs a command in the container, with the environment that s6-overlay
   * gives a cont-init.d script: `PATH` and no more.
   *
   * @param command The program and its arguments.
   * @param options Who runs it, with which environment.
   * @returns What it did.
   */
  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { user, env = {} } = options;
    const { code, stdout, stderr } = await new Deno.Command("nsenter", {
      args: [
        ...IS_ROOT ? [] : ["--user", "--preserve-credentials"],
        `--target=${this.#pid}`,
        "--mount",
        "--pid",
        "--root",
        "setpriv",
        ...this.#capabilities ? ["--bounding-set", boundingSet(this.#capabilities)] : [],
        ...this.#user && user === undefined
          ? [`--reuid=${this.#user.uid}`, `--regid=${this.#user.gid}`, "--clear-groups"]
          : [],
        ...user === "hermes" && IS_ROOT
          ? ["--reuid=hermes", "--regid=hermes", "--init-groups"]
          : [],
        ...["/usr/bin/env", "--chdir=/", "-i", `PATH=${PATH}`],
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
        ...command,
      ],
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /**
   * Runs a shell script in the container.
   *
   * @param script The script.
   * @param options Who runs it, with which environment.
   * @returns What it did.
   */
  sh(script: string, options: ExecOptions = {}): Promise<ExecResult> {
    return this.exec(["sh", "-c", script], options);
  }

  /**
   * Boots: runs the cont-init.d hooks in lexical order, brings the static
   * services up and has s6-svscan scan, as s6-overlay does.
   *
   * @returns What each hook did, by its name.
   */
  async boot(): Promise<Map<string, ExecResult>> {
    const { stdout } = await this.sh("LC_ALL=C ls /etc/cont-init.d");
    const results = new Map<string, ExecResult>();
    for (const name of stdout.trim().split("\n")) {
      results.set(name, await this.exec([`/etc/cont-init.d/${name}`]));
    }
    await this.sh(await readScript("bring_up.sh"));
    await this.exec(["s6-svscanctl", "-a", "/run/service"]);
    return results;
  }

  /**
   * Reads what PID 1 and everything without a log of its own has printed.
   *
   * @returns The container's log.
   */
  async log(): Promise<string> {
    return await readIfPresent(`${this.#work}/log`) ?? "";
  }

  /**
   * Stops the container as s6-overlay does, and kills what has not ended within
   * the grace time, as an engine does. A second call does nothing.
   *
   * @param graceMs The grace time, in milliseconds; 0 kills at once.
   * @returns Whether it has ended by itself.
   */
  async stop(graceMs = 10_000): Promise<boolean> {
    if (this.#stopped) return false;
    this.#stopped = true;
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      // Its PID 1 itself: one that has changed its user survives the death of unshare(1).
      kill(this.#pid || this.#process.pid);
    }, graceMs);
    if (graceMs > 0) await this.sh(await readScript("stop.sh"));
    await this.#process.status;
    clearTimeout(timer);
    await Deno.remove(this.#work, { recursive: true });
    return !killed;
  }

  /** Kills the container. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(0);
  }
}
