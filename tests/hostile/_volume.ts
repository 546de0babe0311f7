import type { Config } from "./_config.ts";
import type { RuleTexts } from "./_rules_oracle.ts";

/** A value of a key in a state file. */
export type Value = string | number | boolean | null | readonly string[] | { readonly x: number };

/** What is in a state or lifecycle file: an object the boot can use, or something it cannot. */
export type Content =
  | {
    form: "object";
    desired?: Value | undefined;
    actual?: Value | undefined;
    phase?: Value | undefined;
    dressing: "plain" | "bom" | "spaced" | "deep" | "proto" | "duplicate" | "limit" | "huge";
  }
  | { form: Broken };

/** What may lie in the place of any file. */
export type Special =
  | { is: "absent" | "fifo" | "socket" | "device" | "hard link" }
  | { is: "directory"; full: boolean }
  | { is: "symlink"; to: "canary" | "directory" | "nowhere" | "itself" };

/** What lies where a profile's file should be. */
export type Node = Special | { is: "file"; content: Content; mode: number };

/** What lies at `config.yaml`. */
export type ConfigNode = Special | { is: "file"; config: Config; mode: number };

/** What lies at the boot log. */
export type LogNode = Special | { is: "file"; size: number; mode: number };

/** What lies where `state/` should be. */
export type StateDir =
  | "absent"
  | "directory"
  | "locked"
  | "file"
  | "fifo"
  | "symlink to a directory"
  | "dangling symlink";

/** The files of a profile, the root profile's too. */
export interface Files {
  state: Node;
  stateDir: StateDir;
  lifecycle: Node;
  pid: Node;
  processes: Node;
}

/** A name: text, or bytes that are no UTF-8. */
export type Name = string | readonly number[];

/** What lies in `profiles/`. */
export interface Profile extends Files {
  name: Name;
  as:
    | "directory"
    | "file"
    | "fifo"
    | "socket"
    | "symlink to a profile"
    | "symlink to a directory"
    | "symlink to a locked directory"
    | "symlink to a file"
    | "dangling symlink"
    | "cyclic symlink";
  mode: number;
  soul: Node;
}

/** What lies at a name that should be a directory. */
export type Place =
  | { is: "absent" | "file" | "fifo" | "socket" | "outward symlink" | "dangling symlink" }
  | { is: "directory"; mode: number };

/** A whole hostile home. */
export interface Volume {
  mode: number;
  root: Files;
  config: ConfigNode;
  profilesAs: Place;
  profiles: readonly Profile[];
  logsAs: Place;
  log: LogNode;
  oldLog: LogNode;
  /** What the operator asks for. */
  rules: RuleTexts;
  /** Whether the stage is asked for JSON. */
  json: boolean;
  /** Whether the stage runs twice. */
  twice: boolean;
}

/** How the text of a name is shown: bytes that are no UTF-8 become U+FFFD. */
export function shownName(name: Name): string {
  return typeof name === "string" ? name : new TextDecoder().decode(new Uint8Array(name));
}

const LIMIT = 1024 * 1024;
const DEPTH = 100_000;
const encoder = new TextEncoder();

function objectText(content: Extract<Content, { form: "object" }>): string {
  const { desired, actual, phase, dressing } = content;
  const keys: string[] = [];
  if (dressing === "proto") {
    keys.push('"__proto__":{"desired_state":"running","gateway_state":"running","phase":"exited"}');
    keys.push('"constructor":{"prototype":{"desired_state":"running"}}');
  }
  if (dressing === "duplicate") {
    for (const [key, value] of [["desired_state", desired], ["gateway_state", actual]] as const) {
      if (value !== undefined) keys.push(`"${key}":"running"`);
    }
  }
  if (dressing === "deep") keys.push(`"deep":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`);
  if (dressing === "huge") keys.push(`"huge":"${"x".repeat(LIMIT / 2)}"`);
  for (
    const [key, value] of [
      ["desired_state", desired],
      ["gateway_state", actual],
      ["phase", phase],
    ] as const
  ) if (value !== undefined) keys.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const text = `{${keys.join(",")}}`;
  if (dressing === "bom") return `\ufeff${text}`;
  if (dressing === "spaced") return `\r\n\t ${text}\n\n`;
  if (dressing === "limit") return text + " ".repeat(LIMIT - encoder.encode(text).length);
  return text;
}

const RUNNING = '{"desired_state":"running"}';

const BROKEN_BYTES = {
  "empty": () => new Uint8Array(),
  "bom": () => encoder.encode("\ufeff"),
  "two boms": () => encoder.encode(`\ufeff\ufeff${RUNNING}`),
  "array": () => encoder.encode(`[${RUNNING}]`),
  "null": () => encoder.encode("null"),
  "number": () => encoder.encode("1e999"),
  "string": () => encoder.encode('"running"'),
  "truncated": () => encoder.encode(RUNNING.slice(0, -1)),
  "utf-16": () =>
    new Uint8Array([0xff, 0xfe, ...[...encoder.encode(RUNNING)].flatMap((byte) => [byte, 0])]),
  "invalid utf-8": () =>
    new Uint8Array([...encoder.encode('{"desired_state":"running","x":"'), 0xff, 0x22, 0x7d]),
  "escapes": () => encoder.encode("\x1b[31m\nreconcile: profile=evil prior_state=running\r\x07"),
  "over the limit": () => encoder.encode(RUNNING + " ".repeat(LIMIT + 1 - RUNNING.length)),
  "deep and open": () => encoder.encode("[".repeat(DEPTH)),
  "trailing": () => encoder.encode(`${RUNNING}\0`),
  "100 MiB": () => new Uint8Array(),
};

/** A content that holds no state at all. */
export type Broken = keyof typeof BROKEN_BYTES;

/** All of them. */
export const BROKEN = Object.keys(BROKEN_BYTES) as Broken[];

/** Writes a file with a content. */
export function writeContent(path: string, content: Content): void {
  const bytes = content.form === "object"
    ? encoder.encode(objectText(content))
    : BROKEN_BYTES[content.form]();
  Deno.writeFileSync(path, bytes);
  if (content.form === "100 MiB") Deno.truncateSync(path, 100 * LIMIT);
}
