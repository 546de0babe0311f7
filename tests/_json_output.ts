import { JSON_VERSION } from "../lib/image/commands.ts";
import type { Fields, FieldType } from "../lib/image/_json_fields.ts";
import { JSON_OUTPUTS } from "../lib/image/json.ts";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isScalar(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "time") return typeof value === "string" && TIME.test(value);
  if (type === "string[]") {
    return Array.isArray(value) && value.every((one) => typeof one === "string");
  }
  const found: string = typeof value;
  return found === type;
}

function* valueProblems(value: unknown, type: FieldType, path: string): Generator<string> {
  if (typeof type === "string") {
    if (!type.split(" | ").some((one) => isScalar(value, one))) {
      yield `${path}: expected ${type}, got ${JSON.stringify(value)}`;
    }
  } else if ("object" in type) {
    yield* problems(value, type.object, path);
  } else if (!Array.isArray(value)) {
    yield `${path}: expected a list, got ${JSON.stringify(value)}`;
  } else {
    for (const one of value) yield* problems(one, type[0], `${path}[]`);
  }
}

function* problems(value: unknown, fields: Fields, path: string): Generator<string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    yield `${path}: expected an object, got ${JSON.stringify(value)}`;
    return;
  }
  const found = new Map(Object.entries(value));
  for (const [name, { type, absent }] of Object.entries(fields)) {
    if (found.has(name)) yield* valueProblems(found.get(name), type, `${path}.${name}`);
    else if (absent === undefined) yield `${path}.${name}: missing`;
    found.delete(name);
  }
  for (const name of found.keys()) yield `${path}.${name}: not declared`;
}

/**
 * Compares what a command has printed with `--json` with what is declared.
 *
 * @param command The command's name.
 * @param value What it printed, parsed.
 * @returns What differs.
 */
export function jsonProblems(command: string, value: unknown): string[] {
  const output = JSON_OUTPUTS.find(({ commands }) => commands.includes(command));
  if (output === undefined) return [`${command}: not declared`];
  const { version, ...rest } = value as Record<string, unknown>;
  const found = version === JSON_VERSION
    ? []
    : [`${command}.version: expected ${JSON_VERSION}, got ${JSON.stringify(version)}`];
  return [...found, ...problems(rest, output.fields, command)];
}
