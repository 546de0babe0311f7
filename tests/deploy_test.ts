import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseSelection } from "../lib/rules/selection.ts";
import { composed, DEPLOY, judgeCompose, KUBERNETES, podOf, readManifest } from "./_deploy.ts";
import { denoEnv, REPO } from "./_fixtures.ts";
import { type Outcome, run, TempDir } from "./_temp.ts";

// deno-lint-ignore no-explicit-any
type Json = any;

/** Judges manifests by the types generated from the API's schema: unknown fields are errors. */
async function judgeKubernetes(manifests: Readonly<Record<string, Json>>): Promise<Outcome> {
  using temp = new TempDir();
  const lines = Object.entries(KUBERNETES).map(([file, [module, kind]], i) =>
    `import type { ${kind} as Kind${i} } from "kubernetes-types/${module}";\n` +
    `export const manifest${i}: Kind${i} = ${JSON.stringify(manifests[file])};\n`
  );
  return await run(Deno.execPath(), {
    args: ["check", `--config=${REPO}/deno.json`, temp.write("manifests.ts", lines.join(""))],
    env: denoEnv(),
    timeoutMs: 60_000,
  });
}

function readKubernetes(): Record<string, Json> {
  return Object.fromEntries(
    Object.keys(KUBERNETES).map((file) => [file, readManifest(`kubernetes/${file}`)]),
  );
}

Deno.test("compose.yaml is what the Compose specification's schema allows, and no more", () => {
  assertEquals(judgeCompose(readManifest("compose.yaml")), null);
  for (const wrong of [{ cap_dropp: ["ALL"] }, { read_only: "very" }]) {
    const manifest = readManifest("compose.yaml");
    Object.assign(manifest.services.gateways, wrong);
    assert(judgeCompose(manifest) !== null);
  }
});

Deno.test("the Kubernetes manifests are what the API's schema allows, and no more", async () => {
  const manifests = readKubernetes();
  const { code, stderr } = await judgeKubernetes(manifests);
  assertEquals(code, 0, stderr);
  manifests["statefulset.yaml"].spec.template.spec.containers[0].securityContext.readonly = true;
  manifests["volume.yaml"].spec.accessModes = "ReadWriteMany";
  const wrong = await judgeKubernetes(manifests);
  assertEquals(wrong.code, 1);
  assertMatch(wrong.stderr, /'"?readonly"?' does not exist[^]*Found 2 errors/);
});

Deno.test("every Kubernetes manifest is one that is judged, and says what it is", () => {
  const files = [...Deno.readDirSync(`${DEPLOY}/kubernetes`)].map(({ name }) => name).sort();
  assertEquals(files, Object.keys(KUBERNETES).sort());
  for (const [file, [module, kind]] of Object.entries(KUBERNETES)) {
    const { apiVersion, kind: actual } = readManifest(`kubernetes/${file}`);
    assertEquals([apiVersion, actual], [module.replace("core/", ""), kind]);
  }
});

Deno.test("the StatefulSet's pods share every profile out, each to exactly one", () => {
  const { spec } = readManifest("kubernetes/statefulset.yaml");
  const pods = Array.from({ length: spec.replicas }, (_, ordinal) => podOf(ordinal));
  assertEquals(pods[1]?.env.HERMES_GATEWAY_SHARD, `hermes-gateways-1/${spec.replicas}`);
  for (let i = 0; i < 100; i++) {
    const takers = pods.filter(({ env }) =>
      parseSelection({ shard: env.HERMES_GATEWAY_SHARD }).away(`profile-${i}`) === undefined
    );
    assertEquals(takers.length, 1);
  }
});

Deno.test("the StatefulSet's parts find each other", () => {
  const { "statefulset.yaml": set, "service.yaml": service, "volume.yaml": volume } =
    readKubernetes();
  const { metadata, spec } = set.spec.template;
  assertEquals(set.spec.selector.matchLabels, metadata.labels);
  assertEquals(service.spec.selector, metadata.labels);
  assertEquals(set.spec.serviceName, service.metadata.name);
  const [container] = spec.containers;
  assertEquals(
    container.volumeMounts.map((mount: Json) => mount.name),
    spec.volumes.map((entry: Json) => entry.name),
  );
  assertEquals(spec.volumes[0].persistentVolumeClaim.claimName, volume.metadata.name);
  assertEquals(spec.volumes[1].emptyDir.medium, "Memory");
});

Deno.test("no probe restarts a pod or blocks a rollout for what one tenant has done", () => {
  const { spec } = readManifest("kubernetes/statefulset.yaml").spec.template;
  const { startupProbe, readinessProbe, livenessProbe } = spec.containers[0];
  assertEquals(
    [startupProbe, readinessProbe, livenessProbe].map(({ exec }) => exec.command.join(" ")),
    ["gatewayctl health --ready", "gatewayctl health --ready", "gatewayctl health --live"],
  );
  const { gateways } = readManifest("compose.yaml").services;
  assertEquals(gateways.healthcheck.test.join(" "), "CMD gatewayctl health --ready");
});

Deno.test("only one of compose.yaml's containers runs gateways, the other the dashboard", () => {
  const [gateways, dashboard] = composed();
  const runs = (env: Record<string, string> = {}) =>
    parseSelection({ profiles: env.HERMES_GATEWAY_PROFILES }).away("coder") === undefined;
  assertEquals([runs(gateways?.env), runs(dashboard?.env)], [true, false]);
  const dashboards = [gateways, dashboard].map((one) => one?.env.HERMES_DASHBOARD);
  assertEquals(dashboards, [undefined, "1"]);
  const { services } = readManifest("compose.yaml");
  assertEquals(services.gateways.volumes, services.dashboard.volumes);
});

for (const { name, capabilities, readOnly, env } of [...composed(), podOf(0)]) {
  Deno.test(`${name} gets a read-only root and no capability it does not need`, () => {
    assertEquals([capabilities, readOnly], [["CHOWN", "SETGID", "SETUID"], true]);
    // s6-overlay must be told; root without CAP_KILL must leave supervising to hermes.
    assertEquals([env.S6_READ_ONLY_ROOT, env.HERMES_SUPERVISION], ["1", "isolated"]);
  });
}

Deno.test("every container drops all capabilities and gains no privileges", () => {
  const { services } = readManifest("compose.yaml");
  for (const { cap_drop, security_opt, tmpfs } of Object.values<Json>(services)) {
    assertEquals(cap_drop.concat(security_opt), ["ALL", "no-new-privileges:true"]);
    assert(tmpfs.some((entry: string) => entry.startsWith("/run:exec")));
  }
  const { spec } = readManifest("kubernetes/statefulset.yaml").spec.template;
  const { capabilities, allowPrivilegeEscalation } = spec.containers[0].securityContext;
  assertEquals([capabilities.drop, allowPrivilegeEscalation], [["ALL"], false]);
});
