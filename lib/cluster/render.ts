import type { Decision } from "./decision.ts";
import { profileHash, WORKLOAD_PREFIX, workloadName } from "./name.ts";
import type { KubeObject } from "./object.ts";
import {
  DASHBOARD_ENVIRONMENT,
  DASHBOARD_PORT,
  gatewayEnvironment,
  renderPod,
  STATUS_PORT,
} from "./pod.ts";
import { type DashboardSettings, type OwnVolume, type Policy, settingsOf } from "./policy.ts";

/** The label by which the loop knows what is its own. */
export const MANAGED_BY: Readonly<Record<string, string>> = {
  "app.kubernetes.io/managed-by": "hermes-boot",
};

/** The label that has the hash of a workload's profile. */
export const HASH_LABEL = "hermes-boot/profile-hash";

/** The annotation that has a workload's profile. */
export const PROFILE_ANNOTATION = "hermes-boot/profile";

/** The name of the dashboard's Deployment. */
export const DASHBOARD_NAME = `${WORKLOAD_PREFIX}dashboard`;

/** The headless Service that is named in each StatefulSet. */
export const GATEWAYS_SERVICE = `${WORKLOAD_PREFIX}gateways`;

const SCRAPED = {
  "prometheus.io/scrape": "true",
  "prometheus.io/port": String(STATUS_PORT),
  "prometheus.io/path": "/metrics",
};

const asks = (path: string) => ({ httpGet: { path, port: STATUS_PORT }, timeoutSeconds: 10 });

/** What a tenant does wrong, such as a token, fails none of these; nor does a volume that hangs the last. */
const GATEWAY_PROBES = {
  startupProbe: { ...asks("/readyz"), periodSeconds: 5, failureThreshold: 120 },
  readinessProbe: { ...asks("/readyz"), periodSeconds: 30 },
  livenessProbe: { ...asks("/livez"), periodSeconds: 30, failureThreshold: 4 },
};

const DASHBOARD_PROBES = {
  readinessProbe: { tcpSocket: { port: DASHBOARD_PORT }, periodSeconds: 10 },
  livenessProbe: { ...asks("/livez"), periodSeconds: 30, failureThreshold: 4 },
};

function renderClaim({ storage, storageClassName }: OwnVolume): unknown {
  return {
    metadata: { name: "home" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage } },
      ...storageClassName === undefined ? {} : { storageClassName },
    },
  };
}

function renderGateway(decision: Decision, policy: Policy): KubeObject {
  const { profile, wanted, reason } = decision;
  const settings = settingsOf(policy, profile);
  const own = settings.volume === "shared" ? undefined : settings.volume;
  const chosen = {
    "app.kubernetes.io/name": "hermes-gateway",
    [HASH_LABEL]: profileHash(profile),
  };
  const labels = { ...chosen, ...MANAGED_BY };
  const who = { [PROFILE_ANNOTATION]: profile };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: {
      name: workloadName(profile),
      labels,
      annotations: {
        ...who,
        "hermes-boot/replicas":
          `the profile's intent is ${wanted}: gatewayctl start and stop change it, and kubectl scale is put back`,
        ...reason === undefined ? {} : { "hermes-boot/reason": reason },
      },
    },
    spec: {
      replicas: wanted === "running" ? 1 : 0,
      serviceName: GATEWAYS_SERVICE,
      // Else a pod that never becomes ready is not replaced when the template is mended.
      podManagementPolicy: "Parallel",
      revisionHistoryLimit: 2,
      selector: { matchLabels: chosen },
      template: {
        metadata: { labels, annotations: { ...who, ...SCRAPED } },
        spec: renderPod({
          name: "gateway",
          settings,
          env: gatewayEnvironment(decision),
          ports: { status: STATUS_PORT },
          probes: GATEWAY_PROBES,
          claim: policy.claim,
          only: own && profile,
        }),
      },
      ...own === undefined ? {} : { volumeClaimTemplates: [renderClaim(own)] },
    },
  };
}

function renderDashboard(settings: DashboardSettings, claim: string): KubeObject {
  const chosen = { "app.kubernetes.io/name": DASHBOARD_NAME };
  const labels = { ...chosen, ...MANAGED_BY };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: DASHBOARD_NAME, labels },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      revisionHistoryLimit: 2,
      selector: { matchLabels: chosen },
      template: {
        metadata: { labels },
        spec: renderPod({
          name: "dashboard",
          settings,
          env: DASHBOARD_ENVIRONMENT,
          ports: { dashboard: DASHBOARD_PORT, status: STATUS_PORT },
          probes: DASHBOARD_PROBES,
          claim,
          secret: settings.secret,
        }),
      },
    },
  };
}

/**
 * Renders what a cluster is to run: a StatefulSet a profile, with one replica
 * where its gateway is wanted, and the dashboard's Deployment. The objects have
 * no namespace. Pure.
 *
 * @param decisions What is decided about each profile; a skipped one has no workload.
 * @param policy What is asked of the cluster.
 * @returns The objects, in the order of the decisions; the dashboard comes last.
 *
 * @example
 * ```ts
 * import { parsePolicy } from "./policy.ts";
 * import { renderCluster } from "./render.ts";
 * const coder = { profile: "coder", wanted: "running", topology: "per-profile" } as const;
 * renderCluster([coder], parsePolicy(""))[0]?.metadata.name; // "hermes-coder"
 * ```
 */
export function renderCluster(decisions: readonly Decision[], policy: Policy): KubeObject[] {
  const { dashboard, claim } = policy;
  return [
    ...decisions.filter(({ wanted }) => wanted !== "skipped").map((decision) =>
      renderGateway(decision, policy)
    ),
    ...dashboard === undefined ? [] : [renderDashboard(dashboard, claim)],
  ];
}
