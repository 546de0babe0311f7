import { profileDir } from "../profile/name.ts";
import type { Decision } from "./decision.ts";
import type { Settings } from "./policy.ts";

/** Where the Hermes home is in every container. */
export const HOME = "/opt/data";

/** Who hermes is in the image, and the group of the volumes. */
export const HERMES_ID = 10000;

/** Where the service `status` answers. */
export const STATUS_PORT = 9118;

/** Where the dashboard answers. */
export const DASHBOARD_PORT = 9119;

/** A container's environment, by name. */
export type Environment = Readonly<Record<string, string>>;

/** What every pod's environment has besides: the probes' service, and what the kubelet's volumes need. */
const POD_ENVIRONMENT: Environment = {
  HERMES_STATUS: "1",
  HERMES_STATUS_HOST: "0.0.0.0",
  // An emptyDir is root:10000 2777 on /run, which s6-overlay takes only if it is told to.
  S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES: "1",
};

/**
 * The environment of the container that runs one profile's gateway. Pure.
 *
 * @param decision What is decided about the profile.
 * @returns What chooses it and says how it is served.
 *
 * @example
 * ```ts
 * import { gatewayEnvironment } from "./pod.ts";
 * const coder = { profile: "coder", wanted: "running", topology: "per-profile" } as const;
 * gatewayEnvironment(coder).HERMES_GATEWAY_PROFILES; // "coder"
 * ```
 */
export function gatewayEnvironment({ profile, topology }: Decision): Environment {
  return {
    // "none" alone means no profile.
    HERMES_GATEWAY_PROFILES: profile === "none" ? "non[e]" : profile,
    HERMES_GATEWAY_TOPOLOGY: topology,
    S6_READ_ONLY_ROOT: "1",
  };
}

/** The environment of the dashboard's container, without the login. */
export const DASHBOARD_ENVIRONMENT: Environment = {
  HERMES_DASHBOARD: "1",
  HERMES_DASHBOARD_HOST: "0.0.0.0",
  HERMES_GATEWAY_PROFILES: "none",
  S6_READ_ONLY_ROOT: "1",
};

/** What a pod is made from. */
export interface PodDescription {
  /** Its container's name. */
  name: string;
  /** What is asked for it. */
  settings: Settings;
  /** Its environment. */
  env: Environment;
  /** Where it listens, by name. */
  ports: Readonly<Record<string, number>>;
  /** Its probes. */
  probes: Readonly<Record<string, unknown>>;
  /** The claim with the shared home. */
  claim: string;
  /** The profile whose directory is all that it has of the shared home; absent: it has all. */
  only?: string | undefined;
  /** The Secret whose keys are in its environment, too. */
  secret?: string | undefined;
}

function renderHome({ claim, only }: PodDescription): { volumes: unknown[]; mounts: unknown[] } {
  const claimed = (name: string) => ({ name, persistentVolumeClaim: { claimName: claim } });
  const home = { name: "home", mountPath: HOME };
  if (only === undefined) return { volumes: [claimed("home")], mounts: [home] };
  // The volume "home" is then the claim of the StatefulSet's own.
  const subPath = profileDir("", only).slice(1);
  const mount = { name: "shared", mountPath: profileDir(HOME, only), subPath };
  return { volumes: [claimed("shared")], mounts: [home, mount] };
}

function renderContainer(pod: PodDescription, mounts: unknown[]): Record<string, unknown> {
  const { name, settings: { image, requests, limits }, secret } = pod;
  const env = { ...pod.env, ...POD_ENVIRONMENT };
  return {
    name,
    image,
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    ...secret === undefined ? {} : { envFrom: [{ secretRef: { name: secret } }] },
    ports: Object.entries(pod.ports).map(([name, containerPort]) => ({
      name,
      containerPort,
      protocol: "TCP",
    })),
    ...pod.probes,
    resources: { requests, limits },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    },
    volumeMounts: [
      ...mounts,
      { name: "run", mountPath: "/run" },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
}

/**
 * Renders a pod's spec, in the set-up without root that the Pod Security
 * Standard `restricted` allows. Pure.
 *
 * @param pod What is in it.
 * @returns The spec.
 *
 * @example
 * ```ts
 * import { renderPod } from "./pod.ts";
 * import { parsePolicy } from "./policy.ts";
 * const { claim, defaults: settings } = parsePolicy("");
 * renderPod({ name: "gateway", settings, env: {}, ports: {}, probes: {}, claim });
 * ```
 */
export function renderPod(pod: PodDescription): Record<string, unknown> {
  const { nodeSelector, tolerations } = pod.settings;
  const { volumes, mounts } = renderHome(pod);
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 60,
    ...Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector },
    ...tolerations.length === 0 ? {} : { tolerations },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: HERMES_ID,
      runAsGroup: HERMES_ID,
      fsGroup: HERMES_ID,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [renderContainer(pod, mounts)],
    volumes: [
      ...volumes,
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
      { name: "tmp", emptyDir: {} },
    ],
  };
}
