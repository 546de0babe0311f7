import { assertEquals } from "@std/assert";
import { parse } from "@std/yaml/parse";
import { STATUS_PORT } from "../lib/cluster/pod.ts";
import { parsePolicy, settingsOf } from "../lib/cluster/policy.ts";
import { GATEWAYS_SERVICE, renderCluster } from "../lib/cluster/render.ts";
import { toYaml } from "../lib/cluster/yaml.ts";
import { parseSelection } from "../lib/rules/selection.ts";
import { HOSTILE_PROFILES } from "./cluster/_profiles.ts";
import { findKubectl, type KubectlSource } from "./container/kubectl.ts";
import { DEPLOY, environmentOf, readManifest, readShards } from "./_deploy.ts";
import { REPO } from "./_fixtures.ts";
import { apiProblems, type Json, judgeBySchema, restrictedProblems } from "./_kubernetes.ts";
import { runSync, TempDir } from "./_temp.ts";

const OVERLAYS = ["per-profile", "shards"] as const;

/** Has kubectl build a kustomization; nothing of a cluster is asked. */
function build(kubectl: string, path: string): Json[] {
  // The newer one says on standard error that "bases" is deprecated, which the older one needs.
  const text = runSync(kubectl, "kustomize", path);
  return text.split(/^---\n/m).map((document) => parse(document) as Json);
}

async function tools(): Promise<[KubectlSource, string][] | Error> {
  try {
    return await Promise.all(
      (["debian", "testing"] as const).map(async (source) =>
        [source, await findKubectl(REPO, source)] as [KubectlSource, string]
      ),
    );
  } catch (error) {
    return error as Error;
  }
}

const found = await tools();

function kubectlTest(name: string, fn: (kubectl: string) => void | Promise<void>): void {
  if (!(found instanceof Error)) {
    for (const [source, kubectl] of found) {
      Deno.test(`kubectl of ${source}: ${name}`, () => fn(kubectl));
    }
  } else if (Deno.env.get("CI") === "true") {
    Deno.test(`kubectl: ${name}`, () => {
      throw found;
    });
  } else {
    Deno.test({ name: `kubectl: ${name} (skipped: ${found.message})`, ignore: true, fn() {} });
  }
}

kubectlTest(
  "the base and both overlays are what the API takes, and restricted",
  async (kubectl) => {
    const base = build(kubectl, `${DEPLOY}/kubernetes/base`);
    const overlays = OVERLAYS.map((name) =>
      build(kubectl, `${DEPLOY}/kubernetes/overlays/${name}`)
    );
    const all = [...base, ...overlays.flat()];
    const { code, stderr } = await judgeBySchema(all);
    assertEquals(code, 0, stderr);
    for (const object of all) {
      assertEquals(apiProblems(object), [], toYaml([object]));
      assertEquals(object.metadata.namespace, object.kind === "Namespace" ? undefined : "hermes");
      const pod = object.spec?.template?.spec;
      if (pod === undefined) continue;
      assertEquals(restrictedProblems(pod), []);
      assertEquals(pod.containers[0].image, "hermes-boot:latest");
      assertEquals(pod.containers[0].resources.limits.memory !== undefined, true);
    }
    const kinds = overlays.map((objects) => objects.map(({ kind }) => kind));
    const shared = base.map(({ kind }) => kind);
    const own = kinds.map((list) => list.filter((kind) => !shared.includes(kind)).sort());
    assertEquals(own, [
      ["ConfigMap", "Deployment", "Role", "RoleBinding", "ServiceAccount"],
      ["PodDisruptionBudget", "StatefulSet"],
    ]);
  },
);

kubectlTest(
  "what toYaml() prints is read as it was meant, however profiles are called",
  (kubectl) => {
    using temp = new TempDir();
    const objects = renderCluster(
      HOSTILE_PROFILES.map((profile) => ({ profile, wanted: "running", topology: "per-profile" })),
      parsePolicy("defaults: { nodeSelector: { a: '09', b: '0o17', c: 'y', d: '1_0', e: '' } }"),
    );
    temp.write("objects.yaml", toYaml(objects));
    temp.write("kustomization.yaml", "resources: [objects.yaml]\n");
    const byName = (all: Json[]) => new Map(all.map((one) => [one.metadata.name + one.kind, one]));
    const [read, meant] = [byName(build(kubectl, temp.path)), byName(objects)];
    assertEquals(read.size, meant.size);
    for (const [name, object] of meant) assertEquals(read.get(name), object);
  },
);

Deno.test("the pods of shards share every profile out, each to exactly one", () => {
  const { metadata, spec } = readShards();
  const [container] = spec.template.spec.containers;
  const pods = Array.from(
    { length: spec.replicas },
    (_, ordinal) => environmentOf(container, `${metadata.name}-${ordinal}`),
  );
  // Its two numbers: kustomize cannot make them one.
  assertEquals(pods[1]?.HERMES_GATEWAY_SHARD, `hermes-gateways-1/${spec.replicas}`);
  for (let i = 0; i < 100; i++) {
    const takers = pods.filter(({ HERMES_GATEWAY_SHARD: shard }) =>
      parseSelection({ shard }).away(`profile-${i}`) === undefined
    );
    assertEquals(takers.length, 1);
  }
});

Deno.test("the manifests' parts find each other", () => {
  const { spec } = readShards();
  const base = (name: string) => readManifest(`kubernetes/base/${name}.yaml`);
  const [rendered]: Json[] = renderCluster(
    [{ profile: "a", wanted: "running", topology: "per-profile" }],
    parsePolicy(""),
  );
  const { "app.kubernetes.io/name": name } = base("gateways").spec.selector;
  for (const { spec: { template, serviceName } } of [{ spec }, rendered]) {
    assertEquals(template.metadata.labels["app.kubernetes.io/name"], name);
    assertEquals([serviceName, base("gateways").metadata.name], Array(2).fill(GATEWAYS_SERVICE));
    const [home] = template.spec.volumes;
    assertEquals(home.persistentVolumeClaim.claimName, base("volume").metadata.name);
    assertEquals(template.spec.automountServiceAccountToken, false);
  }
  const { spec: budget } = readManifest("kubernetes/overlays/shards/disruption.yaml");
  assertEquals(budget.selector, spec.selector);
  const loop = readManifest("kubernetes/overlays/per-profile/loop.yaml").spec.template;
  assertEquals(loop.spec.volumes[0].persistentVolumeClaim.claimName, base("volume").metadata.name);
});

Deno.test("no probe restarts a pod of shards, or blocks its rollout, for what one tenant has done", () => {
  const { startupProbe, readinessProbe, livenessProbe } =
    readShards().spec.template.spec.containers[0];
  assertEquals(
    [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path),
    ["/readyz", "/readyz", "/livez"],
  );
});

Deno.test("probes, metrics and the service ask where status of a pod of shards listens", () => {
  const { metadata, spec } = readShards().spec.template;
  const [container] = spec.containers;
  const { HERMES_STATUS, HERMES_STATUS_HOST, HERMES_STATUS_PORT = String(STATUS_PORT) } =
    environmentOf(container, "hermes-gateways-0");
  assertEquals([HERMES_STATUS, HERMES_STATUS_HOST], ["1", "0.0.0.0"]);
  assertEquals(HERMES_STATUS_PORT, String(STATUS_PORT));
  assertEquals(metadata.annotations["prometheus.io/port"], HERMES_STATUS_PORT);
  const { startupProbe, readinessProbe, livenessProbe, ports } = container;
  const asked = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.port);
  assertEquals(asked, Array(3).fill(STATUS_PORT));
  assertEquals(ports, [{ name: "status", containerPort: STATUS_PORT }]);
  const service = readManifest("kubernetes/base/gateways.yaml").spec;
  assertEquals(service.ports, [{ name: "status", port: STATUS_PORT }]);
});

Deno.test("the policy of per-profile has the defaults", () => {
  const text = Deno.readTextFileSync(`${DEPLOY}/kubernetes/overlays/per-profile/policy.yaml`);
  assertEquals(parsePolicy(text), parsePolicy(""));
  const example = parsePolicy(
    text.replace("profiles: []", "profiles:").replace(/^#( {2})/gm, "$1"),
  );
  assertEquals(settingsOf(example, "team-a").limits.memory, "2Gi");
  assertEquals(settingsOf(example, "coder").nodeSelector, { disk: "ssd" });
});
