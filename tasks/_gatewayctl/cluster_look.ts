import { ClusterApi } from "../../lib/cluster/api.ts";
import { see } from "../../lib/cluster/changes.ts";
import { connect } from "../../lib/cluster/connection.ts";
import type { Decision } from "../../lib/cluster/decision.ts";
import { readDecisions } from "../../lib/cluster/desired.ts";
import { workloadName } from "../../lib/cluster/name.ts";
import { diagnosePod, type PodFacts } from "../../lib/cluster/pod_cause.ts";
import type { Diagnosis } from "../../lib/explain/cause.ts";
import { profileNameProblem } from "../../lib/profile/name.ts";
import type { Facts } from "../../lib/rules/facts.ts";
import { containerRules } from "../_facts.ts";
import { warn } from "./report.ts";

/** A profile whose gateway a cluster runs. */
export interface ClusterRow {
  /** The profile. */
  profile: string;
  /** What is known of it. */
  facts: PodFacts;
  /** How it is, and why. */
  diagnosis: Diagnosis;
}

/**
 * Puts together what a volume asks for and what a cluster has.
 *
 * @param decisions What is decided about each profile.
 * @param api The way to the API server.
 * @returns A row a profile, in the same order.
 */
export async function clusterRows(
  decisions: readonly Decision[],
  api: ClusterApi,
): Promise<ClusterRow[]> {
  const sets = await api.list("StatefulSet", (set) => {
    const { replicas } = set["spec"] as { replicas: number };
    const { isOurs } = see(set, "StatefulSet", undefined, undefined);
    return [set.metadata.name, { replicas, isOurs }] as const;
  });
  // Most of a pod is of no interest, and of thousands too much to keep.
  const pods = await api.list("Pod", ({ metadata, spec, ...pod }) => {
    const { nodeName } = spec as { nodeName?: string };
    const kept = {
      ...pod,
      metadata: { ...metadata, managedFields: undefined },
      spec: { nodeName },
    };
    return [metadata.name, kept] as const;
  });
  const [workloads, byName] = [new Map(sets.items), new Map(pods.items)];
  return decisions.map((decision) => {
    const { profile } = decision;
    const name = profileNameProblem(profile) === undefined ? workloadName(profile) : "";
    const facts = {
      decision,
      workload: workloads.get(name),
      pod: byName.get(`${name}-0`),
      namespace: api.namespace,
    };
    return { profile, facts, diagnosis: diagnosePod(facts) };
  });
}

/**
 * Finds out how all gateways are that a cluster runs.
 *
 * @param container The facts of the loop's pod.
 * @returns A row a profile.
 */
export async function lookAtCluster(container: Facts): Promise<ClusterRow[]> {
  // That a profile has no state file is said in its row.
  const decisions = readDecisions(container.home, await containerRules(container, warn), () => {});
  using connection = connect(container.env("cluster_api") ?? "");
  return await clusterRows(decisions, new ClusterApi(connection));
}
