import { kindOf } from "../explain/causes.ts";
import type { Diagnosis } from "../explain/cause.ts";
import { STATE_FILE } from "../profile/list.ts";
import { DEFAULT_PROFILE, profileNameProblem } from "../profile/name.ts";
import type { LiveObject } from "./api.ts";
import type { Decision } from "./decision.ts";
import { workloadName } from "./name.ts";

type Answer = Omit<Diagnosis, "kind">;

/** How a container of a pod is. */
interface ContainerStatus {
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; running?: { startedAt?: string } };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

/** How a pod is, as far as a cause is read from it. */
export interface PodStatus {
  /** `Pending`, `Running`, `Failed` and so on. */
  phase?: string;
  /** Why, where the whole pod is meant. */
  reason?: string;
  /** The same in words. */
  message?: string;
  /** When it was taken on. */
  startTime?: string;
  /** What is true of it. */
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  /** Its containers; here it is one. */
  containerStatuses?: ContainerStatus[];
}

/** What is known of a profile whose gateway a cluster runs. */
export interface PodFacts {
  /** What is decided about it. */
  decision: Decision;
  /** Its workload, if there is one. */
  workload?: { replicas: number; isOurs: boolean } | undefined;
  /** Its pod, if there is one. */
  pod?: LiveObject | undefined;
  /** The namespace. */
  namespace: string;
}

/** One container's status, and what else is needed of a pod. */
function read({ pod }: PodFacts) {
  const status = (pod?.["status"] ?? {}) as PodStatus;
  const { nodeName } = (pod?.["spec"] ?? {}) as { nodeName?: string };
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  return { status, nodeName, condition, container: status.containerStatuses?.[0] };
}

const kubectl = ({ namespace }: PodFacts, words: string) => `kubectl -n ${namespace} ${words}`;

/** Why a profile has no workload. */
function unwanted({ decision: { profile, reason = "", failed, topology } }: PodFacts): Answer {
  const problem = profileNameProblem(profile);
  if (problem !== undefined) return { cause: "illegal-name", text: reason };
  if (failed) {
    const cause = reason.startsWith(STATE_FILE) ? "state-unusable" : "unreadable";
    return { cause, text: `${reason}; its workload, if it has one, stays as it is` };
  }
  if (topology === "one") return { cause: "served", text: reason };
  if (profile === DEFAULT_PROFILE) return { cause: "reserved-name", text: reason };
  return { cause: reason.startsWith("a symlink") ? "symlink" : "not-selected", text: reason };
}

const IMAGE =
  /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)$/;

/** Why its container does not run. */
function waiting(facts: PodFacts, name: string): Answer | undefined {
  const { container } = read(facts);
  const { reason = "", message = "" } = container?.state?.waiting ?? {};
  const describe = kubectl(facts, `describe pod ${name}`);
  if (IMAGE.test(reason)) {
    const text = `its image cannot be had (${reason}): ${message}`;
    return { cause: "no-image", text, help: describe, outside: "image in the policy" };
  }
  if (reason === "CrashLoopBackOff") {
    const { reason: end, exitCode } = container?.lastState?.terminated ?? {};
    const times = `${container?.restartCount ?? 0} restarts`;
    if (end === "OOMKilled") {
      const text = `its container took more memory than it may, and was killed; ${times}`;
      const outside = "limits.memory in the policy";
      return { cause: "out-of-memory", text, help: describe, outside };
    }
    const text = `its container keeps ending, the last time with exit code ${exitCode}; ${times}`;
    return { cause: "crash-loop", text, help: kubectl(facts, `logs ${name} --previous`) };
  }
  if (reason.endsWith("Error")) {
    const text = `its container cannot be made (${reason}): ${message}`;
    return { cause: "pod-refused", text, help: describe };
  }
}

/**
 * Of a pod whose node does not answer the cluster takes back that it is ready, and nothing else. A kubelet
 * never says so of ready containers: these pods have no readiness gates.
 */
function isLost({ condition, status }: ReturnType<typeof read>): boolean {
  return status.reason === "NodeLost" ||
    condition("Ready")?.status === "False" && condition("ContainersReady")?.status === "True";
}

/** How the pod of a gateway that is to run is. */
function fromPod(facts: PodFacts, name: string): Answer {
  const known = read(facts);
  const { status, nodeName, condition, container } = known;
  const describe = kubectl(facts, `describe pod ${name}`);
  if (isLost(known)) {
    const text =
      `its node ${nodeName} does not answer, and nobody knows whether it still runs there`;
    const outside = "if the node is off for sure: " +
      `kubectl taint nodes ${nodeName} node.kubernetes.io/out-of-service=nodeshutdown:NoExecute`;
    return { cause: "node-lost", text, help: `kubectl describe node ${nodeName}`, outside };
  }
  if (facts.pod?.metadata.deletionTimestamp !== undefined) {
    return { cause: "starting", text: "its pod is ending, and another one follows" };
  }
  if (status.phase === "Failed") {
    const text = `its pod has failed (${status.reason ?? "no reason"}): ${status.message ?? ""}`;
    return { cause: "evicted", text, help: describe };
  }
  const scheduled = condition("PodScheduled");
  if (scheduled?.status === "False") {
    const text = `no node takes its pod: ${scheduled.message ?? scheduled.reason}`;
    const outside = "more or larger nodes, or less in requests of the policy";
    return { cause: "unschedulable", text, help: describe, outside };
  }
  const answer = waiting(facts, name);
  if (answer !== undefined) return answer;
  if (container?.state?.running === undefined) {
    return { cause: "starting", text: `its pod is starting on ${nodeName}`, help: describe };
  }
  const { profile } = facts.decision;
  const help = kubectl(facts, `exec ${name} -- gatewayctl why ${profile}`);
  if (!container.ready) return { cause: "starting", text: "its pod is not ready yet", help };
  const text = `its pod runs on ${nodeName}; how it is in there, the pod's own gatewayctl says`;
  return { cause: "running", text, help };
}

function answerOf(facts: PodFacts): Answer {
  const { decision: { profile, wanted, reason }, workload, pod } = facts;
  if (wanted === "skipped") return unwanted(facts);
  const name = workloadName(profile);
  const logs = kubectl(facts, "logs deploy/hermes-loop");
  if (workload === undefined) {
    return { cause: "no-workload", text: "the loop has made no workload for it", help: logs };
  }
  if (!workload.isOurs) {
    const text = `a StatefulSet ${name} is there that is not the loop's, and is left alone`;
    const help = kubectl(facts, `delete statefulset ${name}`);
    return { cause: "name-taken", text, help };
  }
  if (wanted === "stopped") {
    if (pod !== undefined) {
      const isEnding = pod.metadata.deletionTimestamp !== undefined && !isLost(read(facts));
      const text = `it is to be stopped, and its pod is ${isEnding ? "ending" : "still there"}`;
      return { cause: "stopping", text, help: kubectl(facts, `describe pod ${pod.metadata.name}`) };
    }
    const text = reason ?? "nobody wants it to run";
    return { cause: "stopped", text, help: `gatewayctl start ${profile}` };
  }
  if (pod !== undefined) return fromPod(facts, pod.metadata.name);
  const help = kubectl(facts, `describe statefulset ${name}`);
  return { cause: "starting", text: "its pod is not made yet", help };
}

/**
 * Decides why a gateway is as it is that a cluster runs in a pod of its own,
 * and what helps. Pure.
 *
 * @param facts What is known of it.
 * @returns The answer.
 *
 * @example
 * ```ts
 * import { diagnosePod } from "./pod_cause.ts";
 * const decision = { profile: "coder", wanted: "running", topology: "per-profile" } as const;
 * diagnosePod({ decision, namespace: "hermes" }).cause; // "no-workload"
 * ```
 */
export function diagnosePod(facts: PodFacts): Diagnosis {
  const answer = answerOf(facts);
  const isEnding = answer.cause === "stopping" && answer.text.endsWith("ending");
  return { ...answer, kind: isEnding ? "stopped" : kindOf(answer.cause) };
}
