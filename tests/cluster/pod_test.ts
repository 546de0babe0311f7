import { assertEquals } from "@std/assert";
import { gatewayEnvironment, type PodDescription, renderPod } from "../../lib/cluster/pod.ts";
import { parsePolicy } from "../../lib/cluster/policy.ts";
import { parseSelection } from "../../lib/rules/selection.ts";
import { type Json, restrictedProblems } from "../_kubernetes.ts";
import { HOSTILE_PROFILES } from "./_profiles.ts";

const { claim, defaults: settings } = parsePolicy("");
const POD: PodDescription = { name: "gateway", settings, env: {}, ports: {}, probes: {}, claim };

Deno.test("gatewayEnvironment() chooses its profile and no other", () => {
  const others = [...HOSTILE_PROFILES, "nona", "non", "nonee"];
  for (const profile of HOSTILE_PROFILES) {
    const decision = { profile, wanted: "running", topology: "per-profile" } as const;
    const { HERMES_GATEWAY_PROFILES: profiles, HERMES_GATEWAY_TOPOLOGY: topology } =
      gatewayEnvironment(decision);
    const { away } = parseSelection({ profiles });
    const chosen = new Set(others.filter((other) => away(other) === undefined));
    assertEquals([[...chosen], topology], [[profile], "per-profile"]);
  }
});

Deno.test("renderPod() has no root, no capability, a read-only root and no token", () => {
  const pod: Json = renderPod(POD);
  assertEquals(restrictedProblems(pod), []);
  const { runAsUser, runAsGroup, fsGroup, fsGroupChangePolicy } = pod.securityContext;
  assertEquals([runAsUser, runAsGroup, fsGroup], [10000, 10000, 10000]);
  assertEquals(fsGroupChangePolicy, "OnRootMismatch");
  assertEquals(pod.containers[0].securityContext.readOnlyRootFilesystem, true);
  assertEquals(pod.automountServiceAccountToken, false);
});

Deno.test("renderPod() has the shared home, or of it one profile's directory", () => {
  const mounts = (pod: Json) =>
    pod.containers[0].volumeMounts.map(({ name, mountPath, subPath }: Json) =>
      [name, mountPath, subPath].join(" ").trim()
    );
  const shared: Json = renderPod(POD);
  assertEquals(mounts(shared), ["home /opt/data", "run /run", "tmp /tmp"]);
  assertEquals(shared.volumes[0].persistentVolumeClaim.claimName, "hermes-home");
  const own: Json = renderPod({ ...POD, only: "coder" });
  const directory = "shared /opt/data/profiles/coder profiles/coder";
  assertEquals(mounts(own), ["home /opt/data", directory, "run /run", "tmp /tmp"]);
  assertEquals(own.volumes.map(({ name }: Json) => name), ["shared", "run", "tmp"]);
});

Deno.test("renderPod() has what is asked for of nodes, and nothing where nothing is", () => {
  const { nodeSelector, tolerations } = renderPod(POD);
  assertEquals([nodeSelector, tolerations], [undefined, undefined]);
  const asked = { nodeSelector: { disk: "ssd" }, tolerations: [{ operator: "Exists" }] };
  const pod = renderPod({ ...POD, settings: { ...settings, ...asked }, secret: "login" });
  assertEquals([pod.nodeSelector, pod.tolerations], [asked.nodeSelector, asked.tolerations]);
  const [{ envFrom, resources }]: Json = pod.containers;
  assertEquals(envFrom, [{ secretRef: { name: "login" } }]);
  assertEquals(resources, { requests: settings.requests, limits: settings.limits });
});
