import { denoEnv, REPO } from "./_fixtures.ts";
import { type Outcome, run, TempDir } from "./_temp.ts";

// deno-lint-ignore no-explicit-any
export type Json = any;

/** The kinds of Kubernetes in use here, each with the module of kubernetes-types that declares it. */
const MODULES: Readonly<Record<string, string>> = {
  ConfigMap: "core/v1",
  Deployment: "apps/v1",
  Namespace: "core/v1",
  NetworkPolicy: "networking.k8s.io/v1",
  PersistentVolumeClaim: "core/v1",
  PodDisruptionBudget: "policy/v1",
  Role: "rbac.authorization.k8s.io/v1",
  RoleBinding: "rbac.authorization.k8s.io/v1",
  Service: "core/v1",
  ServiceAccount: "core/v1",
  StatefulSet: "apps/v1",
};

const MAPS = ["annotations", "labels", "limits", "matchLabels", "nodeSelector", "requests"];

/**
 * What a schema can tell of an object: any text is like any other, so is any
 * number, and so are an element of a list and what is in a map of texts.
 */
function shapeOf(object: Json): string {
  return JSON.stringify(object, (key, value) => {
    if (typeof value === "number") return 1;
    if (typeof value === "string") return ["apiVersion", "kind"].includes(key) ? value : "";
    if (Array.isArray(value)) return [...new Set(value.map(shapeOf))].map((one) => JSON.parse(one));
    return MAPS.includes(key)
      ? Object.fromEntries(Object.values(value).map((one) => [typeof one, one]))
      : value;
  });
}

/**
 * Judges objects by the types that are generated from the API's schema: an
 * unknown field, one that is missing and one of a wrong type are errors.
 */
export async function judgeBySchema(objects: readonly Json[]): Promise<Outcome> {
  using temp = new TempDir();
  const kinds = [...new Set(objects.map(({ kind }) => kind))];
  const lines = kinds.map((kind) => {
    const module = MODULES[kind] ?? `no module for the kind ${kind}`;
    const apiVersion = JSON.stringify(module.replace("core/", ""));
    const all = new Set(objects.filter((object) => object.kind === kind).map(shapeOf));
    return `import type { ${kind} } from "kubernetes-types/${module}";\n` +
      `export const all${kind}: (${kind} & { apiVersion: ${apiVersion} })[] = [\n` +
      [...all].map((one) => `${one},\n`).join("") + "];\n";
  });
  return await run(Deno.execPath(), {
    args: ["check", `--config=${REPO}/deno.json`, temp.write("objects.ts", lines.join(""))],
    env: denoEnv(),
    timeoutMs: 120_000,
  });
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const VALUE = /^(?=.{0,63}$)([A-Za-z0-9]([\w.-]*[A-Za-z0-9])?)?$/;
const KEY =
  /^((?=[^/]{1,253}\/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?(?=[^/]{1,63}$)[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/;
const QUANTITY = /^\d+(\.\d*)?([numkMGTPE]|[KMGTPE]i|[eE]-?\d+)?$|^\.\d+/;

/** What the API server checks of an object's metadata, and no schema says. */
function metadataProblems({ name, labels = {}, annotations = {} }: Json): string[] {
  return [
    LABEL.test(name) ? "" : `name ${name}`,
    ...Object.entries(labels).map(([key, value]) =>
      KEY.test(key) && VALUE.test(value as string) ? "" : `label ${key}: ${value}`
    ),
    ...Object.entries(annotations).map(([key, value]) =>
      KEY.test(key) && typeof value === "string" ? "" : `annotation ${key}: ${value}`
    ),
  ];
}

/** The same, of a pod's spec; `claims` are the names of the templates of its claims. */
function podProblems({ containers, volumes, nodeSelector = {} }: Json, claims: string[]): string[] {
  const names: string[] = volumes.map(({ name }: Json) => name).concat(claims);
  const problems = metadataProblems({ name: "x", labels: nodeSelector });
  if (new Set(names).size !== names.length) problems.push(`volumes ${names}`);
  for (const { name, env = [], volumeMounts, resources, ports = [] } of containers) {
    const { requests = {}, limits = {} } = resources;
    problems.push(
      LABEL.test(name) ? "" : `container ${name}`,
      ...env.map(({ name }: Json) => /^[A-Z_][A-Z0-9_]*$/.test(name) ? "" : `variable ${name}`),
      new Set(env.map(({ name }: Json) => name)).size === env.length ? "" : "a variable twice",
      ...volumeMounts.map(({ name }: Json) => names.includes(name) ? "" : `no volume ${name}`),
      ...ports.map(({ name }: Json) => /^[a-z][a-z-]{0,14}$/.test(name) ? "" : `port ${name}`),
      ...[...Object.entries(requests), ...Object.entries(limits)].map(([key, value]) =>
        KEY.test(key) && QUANTITY.test(value as string) ? "" : `${key}: ${value}`
      ),
    );
    const paths = volumeMounts.map(({ mountPath }: Json) => mountPath);
    if (new Set(paths).size !== paths.length) problems.push(`mounts ${paths}`);
  }
  return problems;
}

/** What an API server would find wrong with an object beyond its schema. */
export function apiProblems({ kind, metadata, spec }: Json): string[] {
  const problems = metadataProblems(metadata);
  if (kind !== "StatefulSet" && kind !== "Deployment") return problems.filter((text) => text);
  // A StatefulSet's pods have its name and a hash of 10 characters in a label.
  if (kind === "StatefulSet" && metadata.name.length > 52) problems.push("a long name");
  const { selector, template, volumeClaimTemplates = [] } = spec;
  for (const [key, value] of Object.entries(selector.matchLabels)) {
    if (template.metadata.labels[key] !== value) problems.push(`selector ${key}`);
  }
  problems.push(
    ...metadataProblems({ name: "x", ...template.metadata }),
    ...podProblems(template.spec, volumeClaimTemplates.map(({ metadata }: Json) => metadata.name)),
  );
  return problems.filter((text) => text);
}

const VOLUMES = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"].concat(
  ["persistentVolumeClaim", "projected", "secret"],
);

/** What the Pod Security Standard "restricted" finds wrong with a pod's spec. */
export function restrictedProblems(pod: Json): string[] {
  const problems: string[] = [];
  const check = (holds: unknown, what: string) => void (holds || problems.push(what));
  for (const field of ["hostNetwork", "hostPID", "hostIPC"]) check(!pod[field], field);
  for (const { name, ...source } of pod.volumes ?? []) {
    check(Object.keys(source).every((kind) => VOLUMES.includes(kind)), `volume ${name}`);
  }
  const all = ["containers", "initContainers", "ephemeralContainers"].flatMap((key) =>
    pod[key] ?? []
  );
  check(pod.securityContext?.sysctls === undefined, "sysctls");
  for (const { name, securityContext: own = {}, ports = [], ...container } of all) {
    const either = (field: string) => own[field] ?? pod.securityContext?.[field];
    const { drop = [], add = [] } = own.capabilities ?? {};
    check(own.allowPrivilegeEscalation === false, `${name}: allowPrivilegeEscalation`);
    check(!own.privileged, `${name}: privileged`);
    check(drop.includes("ALL"), `${name}: capabilities are not dropped`);
    check(add.every((one: string) => one === "NET_BIND_SERVICE"), `${name}: capabilities ${add}`);
    check(either("runAsNonRoot") === true, `${name}: runAsNonRoot`);
    check(either("runAsUser") !== 0, `${name}: runAsUser`);
    check(
      ["RuntimeDefault", "Localhost"].includes(either("seccompProfile")?.type),
      `${name}: seccompProfile`,
    );
    check((own.procMount ?? "Default") === "Default", `${name}: procMount`);
    check(ports.every(({ hostPort }: Json) => !hostPort), `${name}: hostPort`);
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
      check(container[probe]?.httpGet?.host === undefined, `${name}: ${probe} has a host`);
    }
  }
  return problems;
}
