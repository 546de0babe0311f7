import { InvalidPolicyError } from "../_errors.ts";
import { jsonAscii } from "../_quote.ts";
import { parseQuantity } from "./quantity.ts";

/** Reads one value of a policy; `path` is where it stands. */
export type Read<T> = (value: unknown, path: string) => T;

/** What a node's taint is tolerated by, as in a pod. */
export interface Toleration {
  /** The taint's key; absent: every taint. */
  key?: string;
  /** `Exists`, or `Equal`, which is the default. */
  operator?: string;
  /** The taint's value. */
  value?: string;
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`; absent: all. */
  effect?: string;
  /** How long a pod stays on a node that gets the taint. */
  tolerationSeconds?: number;
}

function got(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  const text = jsonAscii(String(value));
  const shown = text.length > 60 ? `${text.slice(0, 60)}..."` : text;
  return typeof value === "string" ? shown : `the ${typeof value} ${shown.slice(1, -1)}: quote it`;
}

/** Refuses a value. */
export function refuse(path: string, expected: string, value: unknown): never {
  throw new InvalidPolicyError(`${path}: expected ${expected}, got ${got(value)}`);
}

/** A reader of strings that are like a pattern. */
export function like(expected: string, pattern: RegExp): Read<string> {
  return (value, path) =>
    typeof value === "string" && pattern.test(value) ? value : refuse(path, expected, value);
}

/** Takes a mapping apart; nothing is an empty one. */
export function entries(value: unknown, path: string): [string, unknown][] {
  if (value === null || value === undefined) return [];
  if (typeof value === "object" && !Array.isArray(value)) return Object.entries(value);
  return refuse(path, "a mapping", value);
}

const at = (path: string, key: string) => path === "" ? key : `${path}.${key}`;

/** Reads a mapping whose keys are known; those that are absent stay so. */
export function readFields<T extends object>(
  value: unknown,
  path: string,
  readers: { readonly [K in keyof T]-?: Read<T[K]> },
): Partial<T> {
  const fields: Partial<T> = {};
  for (const [key, field] of entries(value, path)) {
    if (!Object.hasOwn(readers, key)) {
      const known = Object.keys(readers).sort().join(", ");
      const shown = at(path, /^[\w./-]{1,60}$/.test(key) ? key : jsonAscii(key.slice(0, 60)));
      throw new InvalidPolicyError(`${shown}: unknown key; expected one of ${known}`);
    }
    fields[key as keyof T] = readers[key as keyof T](field, at(path, key));
  }
  return fields;
}

/** A reader of lists. */
export function listOf<T>(read: Read<T>): Read<T[]> {
  return (value, path) => {
    if (value === null) return [];
    if (!Array.isArray(value)) return refuse(path, "a list", value);
    return value.map((item, index) => read(item, `${path}[${index}]`));
  };
}

/** A reader of mappings with free keys. */
export function mapOf(readKey: Read<string>, read: Read<string>): Read<Record<string, string>> {
  return (value, path) =>
    Object.fromEntries(
      entries(value, path).map(([key, item]) => [
        readKey(key, path),
        read(item, at(path, key)),
      ]),
    );
}

const SUBDOMAIN = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*";
const NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?";

/** A reader of the names of Kubernetes's objects. */
export const readName: Read<string> = like(
  "a name such as hermes-home",
  new RegExp(`^(?=.{1,253}$)${SUBDOMAIN}$`),
);

/** A reader of label keys. */
export const readKey: Read<string> = like(
  "keys such as example.com/disk",
  new RegExp(`^(?:(?=[^/]{1,253}/)${SUBDOMAIN}/)?${NAME}$`),
);

/** A reader of label values. */
export const readLabel: Read<string> = like("a label's value", new RegExp(`^(${NAME})?$`));

/** A reader of image references. */
export const readImage: Read<string> = like(
  "an image such as registry.example.com/hermes-boot:1",
  /^[a-z0-9][A-Za-z0-9_.:/@-]{0,511}$/,
);

/** A reader of quantities; numbers will do. */
export const readQuantity: Read<string> = (value, path) => {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && parseQuantity(text) !== undefined) return text;
  return refuse(path, "a quantity such as 500m or 1Gi", value);
};

/** A reader of requests and limits. */
export const readResources: Read<Record<string, string>> = (value, path) => {
  const resources = mapOf(readKey, readQuantity)(value, path);
  for (const [name, quantity] of Object.entries(resources)) {
    if (name === "cpu" || Number.isInteger(parseQuantity(quantity))) continue;
    throw new InvalidPolicyError(
      `${at(path, name)}: expected a whole number, got ${quantity} (m is a thousandth, Mi 1048576)`,
    );
  }
  return resources;
};

const EFFECTS = /^(NoSchedule|PreferNoSchedule|NoExecute)$/;

/** A reader of tolerations. */
export const readToleration: Read<Toleration> = (value, path) => {
  const toleration = readFields<Required<Toleration>>(value, path, {
    key: readKey,
    operator: like("Exists or Equal", /^(Exists|Equal)$/),
    value: readLabel,
    effect: like("NoSchedule, PreferNoSchedule or NoExecute", EFFECTS),
    tolerationSeconds: (value, path) =>
      Number.isSafeInteger(value) ? value as number : refuse(path, "a whole number", value),
  });
  const { key, operator, effect, tolerationSeconds } = toleration;
  if (key === undefined && operator !== "Exists") {
    throw new InvalidPolicyError(`${path}: expected operator: Exists where there is no key`);
  }
  if (operator === "Exists" && toleration.value) {
    throw new InvalidPolicyError(`${path}: expected no value where operator is Exists`);
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    throw new InvalidPolicyError(`${path}: expected effect: NoExecute with tolerationSeconds`);
  }
  return toleration;
};
