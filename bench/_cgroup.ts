/** Where the control groups that count CPU time may be: version 1, version 2. */
const ROOTS = [
  ["/sys/fs/cgroup/cpuacct", "cpuacct.usage"],
  ["/sys/fs/cgroup", "cpu.stat"],
] as const;

/** A control group that counts the CPU time of what joins it. */
export class Cgroup implements Disposable {
  /** Its directory. */
  readonly path: string;
  readonly #file: string;

  private constructor(path: string, file: string) {
    this.path = path;
    this.#file = file;
  }

  /** Makes one; `undefined` where that is not possible. Needs all permissions. */
  static make(): Cgroup | undefined {
    for (const [root, file] of ROOTS) {
      try {
        const path = Deno.makeTempDirSync({ dir: root, prefix: "hermes-bench-" });
        const cgroup = new Cgroup(path, file);
        if (Number.isFinite(cgroup.cpuMs())) return cgroup;
        cgroup[Symbol.dispose]();
      } catch {
        // not here
      }
    }
  }

  /** Reads the CPU time so far, in milliseconds. */
  cpuMs(): number {
    const text = Deno.readTextFileSync(`${this.path}/${this.#file}`);
    const [, us] = /^usage_usec (\d+)$/m.exec(text) ?? [];
    return us === undefined ? Number(text) / 1e6 : Number(us) / 1e3;
  }

  /** Removes it; whoever is in it must have ended. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path);
  }
}
