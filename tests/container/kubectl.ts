import { unpackPackages } from "./packages.ts";

/** Which kubectl: that of Debian's release, or the current one of Debian's testing. */
export type KubectlSource = "debian" | "testing";

/**
 * Fetches Debian's kubectl into a folder that git ignores, without touching the
 * system. Needs all permissions.
 *
 * @param repository The repository's root.
 * @param source Which one.
 * @returns The program.
 * @throws {Error} If the package cannot be had.
 */
export async function findKubectl(repository: string, source: KubectlSource): Promise<string> {
  const target = `${repository}/.cache/kubectl-${source}`;
  await unpackPackages(target, async (apt) => {
    if (source === "testing") await apt.release("testing", "kubernetes-client");
    const depends = await apt.run("apt-cache", "depends", "kubernetes-client");
    const name = depends.includes("Depends: kubectl") ? "kubectl" : "kubernetes-client";
    // By the release: this system may have another one installed that is newer.
    return [source === "testing" ? `${name}/testing` : name];
  });
  return `${target}/usr/bin/kubectl`;
}
