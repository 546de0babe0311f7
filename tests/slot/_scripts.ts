import { renderSlot, type SlotFiles } from "../../lib/slot/render.ts";
import { fakeBin, recorded, recorder } from "../_fixtures.ts";
import { exists, type Outcome, run, type TempDir } from "../_temp.ts";
import { Tree } from "../rootfs/_tree.ts";

/** A slot's scripts, with libexec and programs that note how they were called, in a temp dir. */
export class Scripts {
  readonly #temp: TempDir;
  readonly #tree: Tree;
  /** The service directory. */
  readonly dir: string;

  /** Lays them out. */
  constructor(temp: TempDir) {
    this.#temp = temp;
    this.#tree = new Tree(temp);
    this.dir = temp.mkdir("service");
    const note = (name: string) => `${temp.path}/${name}`;
    const fakes = {
      "opt/hermes-boot/libexec/end-group": recorder(note("ended")),
      "opt/hermes-boot/libexec/count-restart": recorder(note("counted")),
      "bin/s6-log": recorder(note("s6-log")),
      "bin/timeout": recorder(note("timeout"), 'shift 3; exec "$@"'),
      "bin/s6-permafailon": recorder(note("permafailon"), "exit 42"),
      "bin/hermes": recorder(note("args"), `env -0 >'${note("env")}'; pwd -P >'${note("cwd")}'`),
    };
    for (const [path, body] of Object.entries(fakes)) this.#tree.fake(path, body);
  }

  /** PATH while a script runs. */
  get searchPath(): string {
    return this.#tree.searchPath;
  }

  /** Runs a rendered script as its interpreter would: by sh, in its service directory. */
  run(
    script: string,
    { args = [], env = {} }: { args?: string[]; env?: Record<string, string> } = {},
  ): Promise<Outcome> {
    fakeBin(this.dir, { run: this.#tree.relocate(script) });
    return run("/bin/sh", {
      args: ["./run", ...args],
      cwd: this.dir,
      env: { PATH: this.searchPath, ...env },
    });
  }

  /** What a program was called with, or its environment (`env`); `undefined` if it was not called. */
  noted(name: string): string[] | undefined {
    const path = `${this.#temp.path}/${name}`;
    return exists(path) ? recorded(path) : undefined;
  }

  /** Puts the line of a process into the file `leader`, as if the service had been that one. */
  leader(pid: number): void {
    Deno.copyFileSync(`/proc/${pid}/stat`, `${this.dir}/leader`);
  }
}

/** The files of a profile's slot, for a home in a temp dir. */
export function render(temp: TempDir, profile = "coder"): SlotFiles & { home: string } {
  const home = temp.mkdir("home");
  return { ...renderSlot({ profile, home }), home };
}
