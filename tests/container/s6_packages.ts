/** Where fetched packages are unpacked, relative to the repository; git ignores it. */
const CACHE = ".cache/s6";

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
async function fetchPackages(target: string): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "hermes-apt-" });
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
      "APT::Sandbox::User=",
      "Debug::NoLocking=1",
    ].flatMap((option) => ["-o", option]);
    await run("apt-get", [...apt, "-qq", "update"]);
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
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await run("cp", ["-R", "--", `${work}/root`, target]);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * Finds s6 and execline on this system; where they are not installed, fetches
 * Debian's packages into a folder that git ignores, without touching the
 * system. Needs all permissions.
 *
 * @param repository The repository's root.
 * @param progress Told before anything slow is done.
 * @returns The tree to lay over `/` to have s6 in `/usr/bin`; `undefined` if
 * the system has it there already.
 * @throws {Error} If the packages cannot be had.
 */
export async function findS6(
  repository: string,
  progress: (message: string) => void,
): Promise<string | undefined> {
  if (await exists("/usr/bin/s6-svscan") && await exists("/usr/bin/execlineb")) return undefined;
  const target = `${repository}/${CACHE}`;
  if (!await exists(target)) {
    progress("fetching Debian's packages s6 and execline into .cache/ (once)");
    await fetchPackages(target);
  }
  return target;
}
