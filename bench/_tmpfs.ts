const INSIDE = "--in=";

/** Where a bench works. */
export interface Workplace {
  /** An empty directory of its own. */
  path: string;
  /** Whether it is a tmpfs. */
  tmpfs: boolean;
}

/**
 * Runs a bench in an empty directory that is removed afterwards: a tmpfs in a
 * private mount namespace, where those can be had, so that the program runs
 * itself again in there; else a temporary directory, with a word about it.
 * Needs all permissions.
 *
 * @param bench What to run; returns the exit code.
 * @returns The exit code.
 */
export async function onTmpfs(bench: (place: Workplace) => Promise<number>): Promise<number> {
  const inside = Deno.args.find((arg) => arg.startsWith(INSIDE))?.slice(INSIDE.length);
  if (inside !== undefined) return await bench({ path: inside, tmpfs: true });
  const path = await Deno.makeTempDir({ prefix: "hermes-bench-" });
  const unshare = [
    ...Deno.uid() === 0 ? [] : ["--user", "--map-current-user", "--keep-caps"],
    "--mount",
    "--propagation=private",
    "sh",
    "-c",
    `mount -t tmpfs -o mode=755 tmpfs "$0" && exec "$@"`,
    path,
  ];
  try {
    const probe = await new Deno.Command("unshare", { args: [...unshare, "true"] }).output()
      .catch(() => undefined);
    if (probe?.success) {
      const again = [Deno.execPath(), "run", "--allow-all", Deno.mainModule, ...Deno.args];
      return (await new Deno.Command("unshare", { args: [...unshare, ...again, INSIDE + path] })
        .spawn().status).code;
    }
    console.error("bench: warning: cannot mount a tmpfs here: this measures the disk as well");
    return await bench({ path, tmpfs: false });
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}
