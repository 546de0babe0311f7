import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Decision } from "../../lib/cluster/decision.ts";
import type { KubeObject } from "../../lib/cluster/object.ts";
import { profileHash, workloadName } from "../../lib/cluster/name.ts";
import { parsePolicy, type Policy, settingsOf } from "../../lib/cluster/policy.ts";
import { HASH_LABEL, PROFILE_ANNOTATION, renderCluster } from "../../lib/cluster/render.ts";
import { toYaml } from "../../lib/cluster/yaml.ts";
import { apiProblems, type Json, judgeBySchema, restrictedProblems } from "../_kubernetes.ts";
import { policies } from "./_policies.ts";
import { HOSTILE_PROFILES, profileNames } from "./_profiles.ts";

function wants(
  profile: string,
  wanted: Decision["wanted"] = "running",
  reason?: string,
): Decision {
  return { profile, wanted, reason, topology: "per-profile" };
}

function soundPolicies(count: number): Policy[] {
  const found: Policy[] = [];
  for (const text of fc.sample(policies, { numRuns: count * 3, seed: 16 })) {
    try {
      found.push(parsePolicy(text));
    } catch {
      // What two entries say together may ask for more than it may take.
    }
  }
  return found.slice(0, count);
}

Deno.test("renderCluster() has a StatefulSet a profile, with one replica where it is to run", () => {
  const objects: Json[] = renderCluster([
    wants("default", "running", "wanted by coder"),
    wants("my_bot", "stopped"),
    wants("My Bot", "skipped", "illegal profile name"),
  ], parsePolicy(""));
  assertEquals(
    objects.map(({ kind, metadata, spec }) => [kind, metadata.name, spec.replicas]),
    [
      ["StatefulSet", "hermes-default", 1],
      ["StatefulSet", "hermes-my-bot--3430ffa949a448f3d963be93", 0],
      ["Deployment", "hermes-dashboard", 1],
    ],
  );
  const [first, second] = objects.map(({ metadata: { annotations = {} } }) => annotations);
  assertEquals(first["hermes-boot/reason"], "wanted by coder");
  assertMatch(second["hermes-boot/replicas"], /^the profile's intent is stopped: gatewayctl start/);
  assertEquals(second[PROFILE_ANNOTATION], "my_bot");
});

Deno.test("renderCluster() lets no tenant fail a probe, and has the dashboard's own port asked", () => {
  const [gateway, dashboard]: Json[] = renderCluster([wants("coder")], parsePolicy(""));
  const asked = ({ spec: { template: { spec } } }: Json) => {
    const { startupProbe, readinessProbe, livenessProbe } = spec.containers[0];
    return [startupProbe, readinessProbe, livenessProbe].map((probe) => {
      const { httpGet, tcpSocket } = probe ?? {};
      return httpGet ? `${httpGet.port}${httpGet.path}` : tcpSocket?.port;
    });
  };
  assertEquals(asked(gateway), ["9118/readyz", "9118/readyz", "9118/livez"]);
  assertEquals(asked(dashboard), [undefined, 9119, "9118/livez"]);
});

Deno.test("renderCluster() has a claim of its own where a profile is to have one", () => {
  const policy = parsePolicy(
    "profiles: [{ match: '*', volume: { storage: 5Gi, storageClassName: fast } }]",
  );
  const [root, coder]: Json[] = renderCluster([wants("default"), wants("coder")], policy);
  assertEquals(root.spec.volumeClaimTemplates, undefined);
  assertEquals(coder.spec.volumeClaimTemplates, [{
    metadata: { name: "home" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "5Gi" } },
      storageClassName: "fast",
    },
  }]);
});

Deno.test("renderCluster() renders no dashboard where the policy says so", () => {
  assertEquals(renderCluster([], parsePolicy("dashboard: false")), []);
});

Deno.test("renderCluster() renders 1,000 hostile profiles and policies to what the API takes", async () => {
  const names = [
    ...new Set([...HOSTILE_PROFILES, ...fc.sample(profileNames, { numRuns: 3000, seed: 16 })]),
  ].slice(0, 1000);
  assertEquals(names.length, 1000);
  const all = soundPolicies(1000);
  assertEquals(all.length, 1000);
  const objects: Json[] = all.flatMap((policy, i) =>
    renderCluster([wants(names[i]!, i % 3 ? "running" : "stopped")], policy)
  );
  for (const object of objects) {
    assertEquals(apiProblems(object), [], toYaml([object]));
    assertEquals(restrictedProblems(object.spec.template.spec), []);
  }
  const sets = objects.filter(({ kind }) => kind === "StatefulSet");
  assertEquals(sets.length, 1000);
  for (const [i, { metadata, spec }] of sets.entries()) {
    const profile = names[i]!;
    assertEquals(metadata.name, workloadName(profile));
    assertEquals(spec.selector.matchLabels[HASH_LABEL], profileHash(profile));
    assertEquals(spec.template.metadata.annotations[PROFILE_ANNOTATION], profile);
  }
  assertEquals(new Set(sets.map(({ metadata }) => metadata.name)).size, 1000);
  const { code, stderr } = await judgeBySchema(objects);
  assertEquals(code, 0, stderr.slice(0, 3000));
});

Deno.test("the judges of rendered objects find what is wrong", async () => {
  const broken = (change: (set: Json) => void): Json => {
    const [set] = structuredClone(renderCluster([wants("coder")], parsePolicy("")));
    change(set);
    return set;
  };
  const pod = (set: Json) => set.spec.template.spec;
  const { code, stderr } = await judgeBySchema([
    broken((set) => set.spec.replica = 1),
    broken((set) => delete set.spec.selector),
    broken((set) => pod(set).containers[0].ports[0].containerPort = "9118"),
  ]);
  assertEquals(code, 1);
  assertMatch(stderr, /'"?replica"?' does not exist[^]*Found 3 errors/);
  for (
    const [change, problem] of [
      [(set) => set.metadata.name = "a_b", "name a_b"],
      [(set) => set.metadata.labels = { a: "-" }, "label a: -"],
      [(set) => set.spec.selector.matchLabels.a = "b", "selector a"],
      [(set) => pod(set).volumes.pop(), "no volume tmp"],
      [(set) => pod(set).containers[0].resources.limits.cpu = "lots", "cpu: lots"],
    ] as [(set: Json) => void, string][]
  ) assertEquals(apiProblems(broken(change)), [problem]);
  for (
    const [change, problem] of [
      [(spec) => spec.hostPID = true, "hostPID"],
      [(spec) => spec.volumes[0] = { name: "home", hostPath: { path: "/" } }, "volume home"],
      [(spec) => delete spec.securityContext.seccompProfile, "gateway: seccompProfile"],
      [(spec) => delete spec.securityContext.runAsNonRoot, "gateway: runAsNonRoot"],
      [
        (spec) => spec.containers[0].securityContext.capabilities.add = ["CHOWN"],
        "gateway: capabilities CHOWN",
      ],
      [
        (spec) => spec.containers[0].securityContext.capabilities = {},
        "gateway: capabilities are not dropped",
      ],
      [
        (spec) => delete spec.containers[0].securityContext.allowPrivilegeEscalation,
        "gateway: allowPrivilegeEscalation",
      ],
    ] as [(spec: Json) => void, string][]
  ) assertEquals(restrictedProblems(pod(broken((set) => change(pod(set))))), [problem]);
});

Deno.test("renderCluster() renders 10,000 profiles in at most 3 s", () => {
  const globs = Array.from(
    { length: 20 },
    (_, i) => `  - { match: "*-${i}*", limits: { cpu: ${i + 1} } }`,
  );
  const names = Array.from({ length: 1000 }, (_, i) => `  - { match: p_${i}-${i}, image: a:${i} }`);
  const policy = parsePolicy(["profiles:", ...globs, ...names].join("\n"));
  const decisions = Array.from({ length: 10_000 }, (_, i) => wants(`p_${i}-${i % 100}`));
  let [objects, leastMs]: [KubeObject[], number] = [[], Infinity];
  // The least of three: others use the machine, too.
  for (let i = 0; i < 3; i++) {
    const before = performance.now();
    objects = renderCluster(decisions, policy);
    leastMs = Math.min(leastMs, performance.now() - before);
  }
  assertLess(leastMs, 3000);
  assertEquals(objects.length, 10_001);
  assertEquals(settingsOf(policy, "p_7-7").image, "a:7");
  assert(new Set(objects.map(({ metadata }) => metadata.name)).size === 10_001);
});
