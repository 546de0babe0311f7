/** Debian's package tools on a state of their own, which needs no root and leaves the system's alone. */
export interface Apt {
  /** Where everything goes. */
  work: string;
  /** Runs `apt-get` or `apt-cache` in there; returns its standard output. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Has it take packages from another release of the archive that has this one, from now on. */
  release(name: string, archiveOf: string): Promise<void>;
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    cwd,
    env: { LC_ALL: "C" },
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(`Failed to run ${command} ${args.at(-1)}: ${decoder.decode(stderr).trim()}`);
  }
  return decoder.decode(stdout);
}

async function makeApt(work: string): Promise<Apt> {
  for (const dir of ["lists/partial", "archives/partial"]) {
    await Deno.mkdir(`${work}/${dir}`, { recursive: true });
  }
  const options = [
    `Dir::State=${work}`,
    `Dir::Cache=${work}`,
    "Dir::State::status=/var/lib/dpkg/status",
    "Acquire::Languages=none",
    "APT::Sandbox::User=",
    "Debug::NoLocking=1",
  ].flatMap((option) => ["-o", option]);
  const apt: Apt = {
    work,
    run: (program, ...args) => run(program, [...options, ...args], work),
    async release(name, archiveOf) {
      const line = await apt.run("apt-get", "download", "--print-uris", archiveOf);
      const [uri] = /(?<=')\S+(?=\/pool\/)/.exec(line) ?? [];
      await Deno.writeTextFile(`${work}/sources.list`, `deb ${uri} ${name} main\n`);
      options.push("-o", `Dir::Etc::sourcelist=${work}/sources.list`);
      options.push("-o", "Dir::Etc::sourceparts=-");
      await apt.run("apt-get", "-qq", "update");
    },
  };
  await apt.run("apt-get", "-qq", "update");
  return apt;
}

/**
 * Looks whether something is there.
 *
 * @param path Its path.
 * @returns Whether it is.
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Makes a directory in one step, by building it beside its place; where somebody
 * else was faster, theirs stays. Needs all permissions.
 *
 * @param target The directory.
 * @param build Given a directory to work in; returns the path in it of what becomes the target.
 */
export async function makeOnce(
  target: string,
  build: (work: string) => Promise<string>,
): Promise<void> {
  if (await exists(target)) return;
  const parent = target.slice(0, target.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const work = await Deno.makeTempDir({ dir: parent, prefix: "new-" });
  try {
    await Deno.rename(await build(work), target);
  } catch (error) {
    if (!await exists(target)) throw error;
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/**
 * Unpacks Debian packages into a directory, once. Needs all permissions.
 *
 * @param target The directory; what is in it would be in `/`.
 * @param choose Says which packages.
 * @throws {Error} If they cannot be had.
 */
export async function unpackPackages(
  target: string,
  choose: (apt: Apt) => Promise<readonly string[]>,
): Promise<void> {
  await makeOnce(target, async (work) => {
    const apt = await makeApt(work);
    await apt.run("apt-get", "-qq", "download", ...await choose(apt));
    for await (const { name } of Deno.readDir(work)) {
      if (name.endsWith(".deb")) await run("dpkg-deb", ["-x", name, "root"], work);
    }
    return `${work}/root`;
  });
}
