import { assert, assertEquals } from "@std/assert";
import type { LiveObject } from "../../lib/cluster/api.ts";
import type { Decision } from "../../lib/cluster/decision.ts";
import { diagnosePod, type PodFacts, type PodStatus } from "../../lib/cluster/pod_cause.ts";
import { CLUSTER_CAUSES } from "../../lib/explain/causes.ts";

const RUNS: Decision = { profile: "coder", wanted: "running", topology: "per-profile" };
const IS_READY = { type: "Ready", status: "True" };

function pod(status: PodStatus, deletionTimestamp?: string): LiveObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name: "hermes-coder-0", uid: "u", resourceVersion: "1" },
      ...deletionTimestamp === undefined ? {} : { deletionTimestamp },
    },
    spec: { nodeName: "node-a" },
    status,
  };
}

const waits = (reason: string, lastState = {}): PodStatus => ({
  phase: "Running",
  containerStatuses: [{
    restartCount: 4,
    state: { waiting: { reason, message: "why" } },
    lastState,
  }],
});
const ended = (reason: string, exitCode: number) => ({ terminated: { reason, exitCode } });
const running = (ready: boolean): PodStatus => ({
  phase: "Running",
  conditions: [IS_READY],
  containerStatuses: [{ ready, restartCount: 0, state: { running: {} } }],
});

const diagnose = (facts: Partial<PodFacts>) =>
  diagnosePod({
    decision: RUNS,
    workload: { replicas: 1, isOurs: true },
    namespace: "hermes",
    ...facts,
  });

const unschedulable: PodStatus = {
  phase: "Pending",
  conditions: [{
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message: "0/3 nodes are available: 3 Insufficient memory.",
  }],
};

const TABLE: readonly [cause: string, help: RegExp, text: RegExp, facts: Partial<PodFacts>][] = [
  ["unschedulable", /describe pod hermes-coder-0/, /3 Insufficient memory/, {
    pod: pod(unschedulable),
  }],
  ["no-image", /describe pod/, /ImagePullBackOff/, { pod: pod(waits("ImagePullBackOff")) }],
  ["crash-loop", /logs hermes-coder-0 --previous/, /exit code 1; 4 restarts/, {
    pod: pod(waits("CrashLoopBackOff", ended("Error", 1))),
  }],
  ["out-of-memory", /describe pod/, /more memory than it may/, {
    pod: pod(waits("CrashLoopBackOff", ended("OOMKilled", 137))),
  }],
  ["pod-refused", /describe pod/, /CreateContainerConfigError.*why/, {
    pod: pod(waits("CreateContainerConfigError")),
  }],
  ["node-lost", /^kubectl describe node node-a$/, /node-a does not answer/, {
    pod: pod({
      ...running(true),
      conditions: [{ type: "Ready", status: "False" }, { type: "ContainersReady", status: "True" }],
    }, "then"),
  }],
  ["node-lost", /describe node/, /does not answer/, { pod: pod({ reason: "NodeLost" }) }],
  ["evicted", /describe pod/, /Evicted.*low on memory/, {
    pod: pod({ phase: "Failed", reason: "Evicted", message: "low on memory" }),
  }],
  ["no-workload", /logs deploy\/hermes-loop/, /has made no workload/, { workload: undefined }],
  ["name-taken", /delete statefulset hermes-coder/, /not the loop's/, {
    workload: { replicas: 1, isOurs: false },
  }],
  ["starting", /describe statefulset hermes-coder/, /not made yet/, {}],
  ["starting", /exec hermes-coder-0 -- gatewayctl why coder/, /not ready/, {
    pod: pod(running(false)),
  }],
  ["starting", /describe pod/, /is starting/, { pod: pod(waits("ContainerCreating")) }],
  ["running", /exec hermes-coder-0 -- gatewayctl why coder/, /runs on node-a/, {
    pod: pod(running(true)),
  }],
  ["stopped", /^gatewayctl start coder$/, /nobody wants/, {
    decision: { ...RUNS, wanted: "stopped" },
  }],
];

Deno.test("diagnosePod() reads a cause from a pod, with the command that helps", () => {
  for (const [cause, help, text, facts] of TABLE) {
    const found = diagnose(facts);
    assertEquals(found.cause, cause);
    assert(help.test(found.help ?? ""), `${cause}: ${found.help}`);
    assert(text.test(found.text), `${cause}: ${found.text}`);
  }
  const causes = TABLE.map(([cause]) => cause);
  assertEquals(CLUSTER_CAUSES.filter((cause) => !causes.includes(cause)), []);
});

Deno.test("diagnosePod() calls one that is ending stopped, and one that does not end failed", () => {
  const decision: Decision = { ...RUNS, wanted: "stopped" };
  const kind = (one: LiveObject) => diagnose({ decision, pod: one }).kind;
  assertEquals(kind(pod(running(true), "then")), "stopped");
  assertEquals(kind(pod(running(true))), "failed");
  assertEquals(kind(pod({ reason: "NodeLost" }, "then")), "failed");
});

Deno.test("diagnosePod() says why a profile has no workload", () => {
  const cause = (profile: string, reason: string, more: Partial<Decision> = {}) => {
    const topology = "per-profile";
    return diagnose({ decision: { profile, wanted: "skipped", reason, topology, ...more } }).cause;
  };
  assertEquals(cause("Bad Name", "illegal profile name: why"), "illegal-name");
  assertEquals(cause("a", "cannot list the directory: why", { failed: true }), "unreadable");
  assertEquals(cause("a", "gateway_state.json is unusable", { failed: true }), "state-unusable");
  assertEquals(cause("a", "a symlink: expected a directory"), "symlink");
  assertEquals(cause("default", "profiles/default collides"), "reserved-name");
  assertEquals(cause("a", "not selected: why"), "not-selected");
  assertEquals(cause("a", "why", { topology: "one" }), "served");
});
