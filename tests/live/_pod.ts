import { Container } from "../container/container.ts";
import { environmentOf } from "../_deploy.ts";
import type { Json } from "../_kubernetes.ts";
import { runSync } from "../_temp.ts";

/** A pod that runs, as near to what a kubelet makes of it as a container without an engine can be. */
export class Pod implements AsyncDisposable {
  /** What runs in it. */
  readonly container: Container;
  readonly #volumes: string;

  private constructor(container: Container, volumes: string) {
    this.container = container;
    this.#volumes = volumes;
  }

  /**
   * Starts a pod with its exact environment, user, capabilities and mounts. An
   * emptyDir, and a claim that is new, is root's and of the group fsGroup, 2777.
   *
   * @param workload The StatefulSet or Deployment.
   * @param home What the claim with the shared home has.
   * @param env What comes from a Secret.
   * @returns The pod; its hooks have not run.
   */
  static async start(
    workload: Json,
    home: string,
    env: Record<string, string> = {},
  ): Promise<Pod> {
    const volumes = await Deno.makeTempDir({ prefix: "hermes-volumes-" });
    await Deno.chmod(volumes, 0o755);
    const { metadata, spec } = workload;
    const { securityContext: pod, containers: [only], volumes: listed } = spec.template.spec;
    const sources: Record<string, string> = {};
    const fresh = async (name: string) => {
      sources[name] = `${volumes}/${name}`;
      await Deno.mkdir(sources[name]);
      await Deno.chown(sources[name], 0, pod.fsGroup);
      await Deno.chmod(sources[name], 0o2777);
    };
    for (const { metadata: { name } } of spec.volumeClaimTemplates ?? []) await fresh(name);
    for (const { name, emptyDir } of listed) {
      if (emptyDir) await fresh(name);
      else sources[name] = home;
    }
    const mounts: Record<string, string> = Object.fromEntries(
      only.volumeMounts.map(({ name, mountPath, subPath }: Json) => [
        mountPath,
        subPath === undefined ? sources[name] : `${sources[name]}/${subPath}`,
      ]),
    );
    const { "/opt/data": data = "", ...others } = mounts;
    const { capabilities, readOnlyRootFilesystem, allowPrivilegeEscalation } = only.securityContext;
    if (capabilities.drop.join() !== "ALL" || capabilities.add) throw new Error("capabilities");
    const container = await Container.start({
      data,
      env: { ...env, ...environmentOf(only, `${metadata.name}-0`) },
      capabilities: [],
      readOnly: readOnlyRootFilesystem,
      noNewPrivileges: !allowPrivilegeEscalation,
      user: { uid: pod.runAsUser, gid: pod.runAsGroup },
      mounts: others,
    });
    return new Pod(container, volumes);
  }

  /** Kills it and removes its volumes, but not the shared home. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.container.stop(0);
    runSync("rm", "-rf", this.#volumes);
  }
}
