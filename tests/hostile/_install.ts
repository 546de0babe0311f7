import { permissionFlags, type Places, RUN_FLAGS } from "../../lib/image/permissions.ts";
import { bundled } from "../../lib/image/scripts.ts";
import type { Stage } from "../../lib/image/stages.ts";
import { bundle } from "../_bundle.ts";
import { NOWHERE, writeFacts } from "../_facts.ts";
import { IS_ROOT } from "../_fixtures.ts";
import { type Outcome, run, type RunOptions, runSync, TempDir } from "../_temp.ts";
import { CAN_MOUNT, Tmpfs } from "../_tmpfs.ts";

/** The user that runs what hermes runs: UID 10000 for root, else whoever runs the tests. */
export const HERMES: { uid: number; gid: number } = IS_ROOT
  ? { uid: 10000, gid: 10000 }
  : { uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 };

/** The program and arguments that become hermes and go on with a command. */
export function asHermes(...command: string[]): [program: string, ...args: string[]] {
  const ids = [`--reuid=${HERMES.uid}`, `--regid=${HERMES.gid}`];
  const drop = IS_ROOT ? ["/usr/bin/setpriv", ...ids, "--clear-groups", "--"] : [];
  const [program = "", ...args] = [...drop, ...command];
  return [program, ...args];
}

/** The suite as it lies in the image, where hermes can read it, with a warm cache. */
export class Installation implements Disposable {
  /** A directory for tests to work in, on a tmpfs where there can be one. */
  readonly dir: string;
  readonly #temp = new TempDir();
  readonly #tmpfs: Tmpfs | undefined;
  /** A deno that hermes can run. */
  readonly deno: string;
  readonly #cache: string;

  constructor() {
    const { path } = this.#temp;
    Deno.chmodSync(path, 0o755);
    this.dir = this.#temp.mkdir("work");
    this.#tmpfs = CAN_MOUNT ? new Tmpfs(this.dir, "mode=755") : undefined;
    this.#cache = `${path}/deno_dir`;
    bundle(path);
    this.deno = this.#reachableDeno();
    for (const entry of ["tasks/reconcile_profiles.js", "tasks/supervise_perms.js"]) {
      const { success } = new Deno.Command(this.deno, {
        args: ["run", "--quiet", `${path}/${entry}`, "--help"],
        env: { DENO_DIR: this.#cache, NO_COLOR: "1" },
        stdout: "null",
      }).outputSync();
      if (!success) throw new Error(`cannot warm the cache for ${entry}`);
    }
    runSync("chmod", "-R", "a+rX", path);
  }

  /** Makes a directory to work in that hermes can enter. */
  workDir(): TempDir {
    const temp = new TempDir(this.dir);
    Deno.chmodSync(temp.path, 0o755);
    return temp;
  }

  #reachableDeno(): string {
    const deno = Deno.execPath();
    const [program, ...args] = asHermes(deno, "--version");
    if (new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success) {
      return deno;
    }
    Deno.copyFileSync(deno, `${this.#temp.path}/deno`);
    return `${this.#temp.path}/deno`;
  }

  /**
   * The command line of a stage with exactly the flags it declares.
   *
   * @param variables What the container's environment has, for a stage that goes by the facts.
   */
  command(
    stage: Stage,
    places: Partial<Places>,
    variables: Readonly<Record<string, string>> = {},
  ): string[] {
    const { home = NOWHERE.home, scandir = NOWHERE.scandir } = places;
    const facts = stage.user === "hermes"
      ? writeFacts({ home, scandir, ...variables }, this.#temp.path)
      : undefined;
    return [
      ...[this.deno, "run", ...RUN_FLAGS],
      ...permissionFlags(stage.permissions({ ...NOWHERE, ...places, ...facts && { facts } })),
      `${this.#temp.path}/${bundled(stage.entry)}`,
      ...facts === undefined ? [] : [`--facts=${facts}`],
    ];
  }

  /** The environment of a stage, as its hook sets it. */
  env(): Record<string, string> {
    return { NO_COLOR: "1", DENO_DIR: this.#cache };
  }

  /** Runs a stage as the user who runs it at boot; `env` is the container's. */
  run(
    stage: Stage,
    places: Partial<Places>,
    { args = [], env = {}, ...options }: RunOptions = {},
  ): Promise<Outcome> {
    const command = [...this.command(stage, places, env), ...args];
    const [program, ...rest] = stage.user === "hermes"
      ? asHermes(...command)
      : command as [string, ...string[]];
    return run(program, { ...options, args: rest, env: this.env() });
  }

  [Symbol.dispose](): void {
    this.#tmpfs?.[Symbol.dispose]();
    this.#temp[Symbol.dispose]();
  }
}
