/**
 * Which s6 containers get: `debian`, this system's or its release's (2.11.3 in Debian 12), or
 * `testing`, that of Debian's next release (2.15.1, as in s6-overlay 3.2.3.2). `HERMES_TEST_S6` says
 * it; default: `debian`.
 */
export type S6Source = "debian" | "testing";

async function run(command: string, args: string[], cwd?: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    ...cwd === undefined ? {} : { cwd },
    env: { LC_ALL: "C" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`Failed to run ${command} ${args.at(-1)}: ${decoder.decode(stderr).trim()}`);
  }
  return decoder.decode(stdout);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Downloads s6, execline and their libraries with a private apt state and unpacks them. */
async function fetchPackages(source: S6Source, target: string): Promise<void> {
  const cache = target.slice(0, target.lastIndexOf("/"));
  await Deno.mkdir(cache, { recursive: true });
  const work = await Deno.makeTempDir({ dir: cache, prefix: "apt-" });
  try {
    for (const dir of ["lists/partial", "archives/partial"]) {
      await Deno.mkdir(`${work}/${dir}`, { recursive: true });
    }
    // Everything apt writes goes into the temporary directory, so that this
    // needs no root and leaves the system's package state alone.
    const apt = [
      `Dir::State=${work}`,
      `Dir::Cache=${work}`,
      "Dir::State::status=/var/lib/dpkg/status",
      "Acquire::Languages=none",
      "APT::Sandbox::User=",
      "Debug::NoLocking=1",
    ].flatMap((option) => ["-o", option]);
    await run("apt-get", [...apt, "-qq", "update"]);
    if (source === "testing") {
      const [uri] = await run("apt-get", [...apt, "download", "--print-uris", "s6"]).then((line) =>
        /(?<=')\S+(?=\/pool\/)/.exec(line) ?? []
      );
      await Deno.writeTextFile(`${work}/sources.list`, `deb ${uri} testing main\n`);
      apt.push("-o", `Dir::Etc::sourcelist=${work}/sources.list`, "-o", "Dir::Etc::sourceparts=-");
      await run("apt-get", [...apt, "-qq", "update"]);
    }
    const depends = await run("apt-cache", [...apt, "depends", "s6", "execline"]);
    const libraries = [...depends.matchAll(/^\s+Depends: (lib\S+)$/gm)].map(([, name = ""]) => name)
      .filter((name) => name !== "libc6");
    const packages = [...new Set(["s6", "execline", ...libraries])];
    await run("apt-get", [...apt, "-qq", "download", ...packages], work);
    for await (const { name } of Deno.readDir(work)) {
      if (name.endsWith(".deb")) {
        await run("dpkg-deb", ["-x", `${work}/${name}`, `${work}/root`]);
      }
    }
    await Deno.rename(`${work}/root`, target);
  } catch (error) {
    if (!await exists(target)) throw error; // else somebody else was faster
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * Finds s6 and execline, or fetches Debian's packages into a folder that git
 * ignores, without touching the system. Needs all permissions.
 *
 * @param repository The repository's root.
 * @param source Which s6.
 * @param progress Told before anything slow is done.
 * @returns The tree to lay over `/` to have s6 in `/usr/bin`; `undefined` if
 * the system has it there already.
 * @throws {Error} If the packages cannot be had.
 */
export async function findS6(
  repository: string,
  source: S6Source,
  progress: (message: string) => void,
): Promise<string | undefined> {
  const installed = await exists("/usr/bin/s6-svscan") && await exists("/usr/bin/execlineb");
  if (source === "debian" && installed) return undefined;
  const target = `${repository}/.cache/s6-${source}`;
  if (!await exists(target)) {
    progress(`fetching the packages s6 and execline (Debian, ${source}) into .cache/ (once)`);
    await fetchPackages(source, target);
  }
  return target;
}
