import { exists, unpackPackages } from "./packages.ts";

/**
 * Which s6 containers get: `debian`, this system's or its release's (2.11.3 in Debian 12), or
 * `testing`, that of Debian's next release (2.15.1, as in s6-overlay 3.2.3.2). `HERMES_TEST_S6` says
 * it; default: `debian`.
 */
export type S6Source = "debian" | "testing";

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
  if (await exists(target)) return target;
  progress(`fetching the packages s6 and execline (Debian, ${source}) into .cache/ (once)`);
  await unpackPackages(target, async (apt) => {
    if (source === "testing") await apt.release("testing", "s6");
    const depends = await apt.run("apt-cache", "depends", "s6", "execline");
    const libraries = [...depends.matchAll(/^\s+Depends: (lib\S+)$/gm)].map(([, name = ""]) => name)
      .filter((name) => name !== "libc6");
    return [...new Set(["s6", "execline", ...libraries])];
  });
  return target;
}
