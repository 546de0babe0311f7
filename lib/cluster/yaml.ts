/** A word that YAML 1.1, as kubectl reads it, takes for a truth value or a number. */
const RESERVED = /^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

function scalar(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  if (/^[A-Za-z][\w./-]*$/.test(value) && !RESERVED.test(value)) return value;
  return JSON.stringify(value);
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

/** The lines of a value that is nested; those of a mapping in a list begin beside its dash. */
function* lines(value: object, indent: string): Generator<string> {
  const isList = Array.isArray(value);
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const head = isList ? `${indent}-` : `${indent}${scalar(key)}:`;
    if (!isNested(item)) {
      yield `${head} ${scalar(item)}`;
      continue;
    }
    const inner = [...lines(item, `${indent}  `)];
    if (isList) inner[0] = `${head} ${inner[0]!.slice(indent.length + 2)}`;
    else yield head;
    yield* inner;
  }
}

/**
 * Prints values as YAML documents that readers of YAML 1.1 and of 1.2 take
 * alike: @std/yaml leaves `09` and `0o17` without quotes, which kubectl then
 * takes for numbers. Pure.
 *
 * @param documents Values that JSON has; mappings at the top.
 * @returns The documents, each after a line `---`.
 *
 * @example
 * ```ts
 * import { toYaml } from "./yaml.ts";
 * toYaml([{ kind: "Pod", metadata: { name: "09" } }]); // '---\nkind: Pod\nmetadata:\n  name: "09"\n'
 * ```
 */
export function toYaml(documents: readonly object[]): string {
  return documents.map((document) => ["---", ...lines(document, "")].join("\n") + "\n").join("");
}
