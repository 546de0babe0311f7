import { CAUSES } from "../explain/causes.ts";
import { JSON_VERSION } from "./commands.ts";

/** What a field holds: a type, types with bars between them, or an object or a list of objects. */
export type FieldType =
  | "string"
  | "number"
  | "boolean"
  | "time"
  | "string | null"
  | "number | null"
  | "boolean | null"
  | "time | null"
  | "string[]"
  | readonly [Fields]
  | { readonly object: Fields };

/** A field of an object. */
export interface Field {
  /** What it holds. */
  type: FieldType;
  /** What it says. */
  text: string;
  /** When it is not there; absent: it always is. */
  absent?: string;
}

/** The fields of an object, by their names. */
export type Fields = Readonly<Record<string, Field>>;

/** What some commands print with `--json`. */
export interface JsonOutput {
  /** The commands. */
  commands: readonly string[];
  /** What else is to say about it. */
  note?: string;
  /** The fields of the object. */
  fields: Fields;
}

const PROFILE: Field = { type: "string", text: "the profile's name; not always a legal one" };

const GATEWAY: Fields = {
  profile: PROFILE,
  state: {
    type: "string",
    text: "`running`, `starting`, `stopped`, `failed`, `not here` or `unusable`",
  },
  cause: { type: "string", text: "why, in a word; see below" },
  text: { type: "string", text: "the same in a sentence" },
  registered: { type: "boolean", text: "whether it has a service directory" },
  supervised: {
    type: "boolean | null",
    text: "whether an s6-supervise runs for it; null: not known",
  },
  up: { type: "boolean | null", text: "whether it runs; null: s6 cannot say" },
  wantedUp: { type: "boolean | null", text: "whether s6 keeps it running; null: s6 cannot say" },
  pid: { type: "number | null", text: "its PID; null: it does not run" },
  exitCode: {
    type: "number | null",
    text: "its last exit code; null: it runs, was killed, or has not run",
  },
  signal: {
    type: "string | null",
    text: "the signal that ended it, such as `SIGKILL`; null likewise",
  },
  seconds: {
    type: "number | null",
    text: "for how long it has been up or down; null: not supervised",
  },
  deaths: {
    type: "number | null",
    text:
      "how often it has ended since it was last started by hand or the container was, up to 100; null: not supervised",
  },
  cpuSeconds: {
    type: "number | null",
    text: "the CPU time of it and its children; null: it does not run",
  },
  cpuPercent: {
    type: "number | null",
    text: "the share of one core that was, since it was started; null likewise",
  },
  rssBytes: { type: "number | null", text: "their resident memory; null likewise" },
  lastLog: { type: "time | null", text: "when its log was last written to; null: there is none" },
};

const RESULT: Fields = {
  profile: PROFILE,
  ok: { type: "boolean", text: "whether it is done" },
  error: { type: "string", text: "what failed, and what to do next", absent: "`ok` is true" },
  up: {
    type: "boolean",
    text: "whether it runs now",
    absent: "`ok` is false, or nothing was waited for",
  },
  pid: { type: "number | null", text: "its PID; null: it does not run", absent: "as `up`" },
  gateway: {
    type: "string",
    text: "the profile whose gateway it is about",
    absent: "it is its own",
  },
  pending: {
    type: "boolean",
    text: "true: it is told and still stopping, and s6 does the rest",
    absent: "`ok` is true, or it failed",
  },
  killAt: {
    type: "time | null",
    text: "when s6 kills it if it has not ended by itself; null: it does not",
    absent: "it is not stopping, or was before this command",
  },
};

const RECORDED: Fields = {
  state: { type: "string | null", text: "the state; null: nothing usable" },
  setBy: { type: "string | null", text: "`operator`, `gateway` or null" },
  setAt: { type: "time | null", text: "when; null: not known" },
  problem: { type: "string", text: "why there is nothing usable", absent: "there is" },
};

const EXPLAINED: Fields = {
  profile: PROFILE,
  state: { type: "string", text: "as `state` of `list`" },
  cause: { type: "string", text: "why it is as it is, in a word; see below" },
  text: { type: "string", text: "the same in a sentence" },
  try: { type: "string", text: "the command that helps", absent: "no command does, or need" },
  outside: {
    type: "string",
    text: "what only somebody outside the container can change, and what it is now",
    absent: "a command helps, or nothing needs help",
  },
  recorded: { type: { object: RECORDED }, text: "what `gateway_state.json` says" },
  bootLine: {
    type: {
      object: {
        text: { type: "string", text: "the line" },
        latest: { type: "boolean", text: "whether it is of the latest container start" },
      },
    },
    text: "the last line of `container-boot.log` about it",
    absent: "there is none",
  },
  logLines: { type: "string[]", text: "the last lines of its log, as s6-log wrote them" },
};

const PROBLEM: Fields = {
  text: { type: "string", text: "what is wrong" },
  try: { type: "string", text: "the command that helps, or tells more" },
};

const SYNCED: Fields = {
  profile: PROFILE,
  action: { type: "string", text: "`created`, `refreshed`, `unchanged`, `pruned` or `skipped`" },
  starts: { type: "boolean", text: "whether s6 starts it", absent: "it was not created" },
  reason: {
    type: "string",
    text: "why it was pruned or skipped, or what failed",
    absent: "neither",
  },
  failed: { type: "boolean", text: "true", absent: "nothing failed" },
};

const MEASURED: Fields = {
  profile: { type: "string", text: "the profile's name, as in the boot log" },
  cause: { type: "string", text: "as `cause` of `list`" },
  up: { type: "boolean", text: "whether it runs", absent: "it has no gateway" },
  wanted: { type: "boolean", text: "whether s6 keeps it running", absent: "not supervised" },
  deaths: { type: "number", text: "as `deaths` of `list`", absent: "not supervised" },
  sinceChangeSeconds: { type: "number", text: "as `seconds` of `list`", absent: "not supervised" },
  bootAction: {
    type: "string",
    text: "what the last container start did about it: `started`, `registered` or `skipped`",
    absent: "it did not come across it",
  },
  bootSeconds: {
    type: "number",
    text: "how long it took for all profiles",
    absent: "as `bootAction`",
  },
};

const CHECK: Fields = {
  name: { type: "string", text: "what was checked" },
  ok: { type: "boolean", text: "whether it is as it should be" },
  detail: { type: "string", text: "what was found" },
  try: { type: "string", text: "the command that helps", absent: "it is, or only `outside` helps" },
  outside: {
    type: "string",
    text: "what only somebody outside the container can do",
    absent: "it is, or `try` helps",
  },
};

const AILMENT: Fields = {
  profile: { ...PROFILE, absent: "it is about all" },
  cause: { type: "string", text: "as `cause` of `list`", absent: "as `profile`" },
  text: { type: "string", text: "what is wrong" },
};

function list(fields: Fields, text: string): Field {
  return { type: [fields], text };
}

/**
 * What every command prints with `--json` beside `version`. Within a version no
 * field goes or changes its meaning.
 */
export const JSON_OUTPUTS: readonly JsonOutput[] = [
  { commands: ["list", "status"], fields: { gateways: list(GATEWAY, "the gateways, as shown") } },
  {
    commands: ["top"],
    note: "An object on each line, one for each time.",
    fields: {
      time: { type: "time", text: "when" },
      gateways: list(
        {
          ...GATEWAY,
          cpuPercent: {
            type: "number | null",
            text: "the share of one core that was, since the time before, if it ran then",
          },
        },
        "the gateways, as `list` has them",
      ),
    },
  },
  {
    commands: ["start", "stop", "restart", "register", "unregister"],
    fields: { results: list(RESULT, "one for each profile, in the order given") },
  },
  { commands: ["sync"], fields: { profiles: list(SYNCED, "one for each profile") } },
  {
    commands: ["why"],
    fields: {
      gateways: list(EXPLAINED, "one for each profile; without names, those that are amiss"),
      problems: { ...list(PROBLEM, "what is wrong with all gateways"), absent: "names were given" },
    },
  },
  { commands: ["doctor"], fields: { checks: list(CHECK, "the checks") } },
  {
    commands: ["logs"],
    note: "An object on each line, one for each line of a log, ordered by time.",
    fields: {
      profile: PROFILE,
      time: { type: "time | null", text: "when it was logged; null: the line has no stamp" },
      text: { type: "string", text: "the line" },
    },
  },
  {
    commands: ["health"],
    fields: {
      healthy: { type: "boolean", text: "whether the exit code is 0" },
      unhealthy: list(AILMENT, "what is not as it should be"),
    },
  },
  { commands: ["metrics"], fields: { gateways: list(MEASURED, "one for each profile") } },
];

function typeWords(type: FieldType): string {
  if (typeof type === "string") return type;
  return "object" in type ? "object" : "object[]";
}

function inner(type: FieldType): Fields {
  if (typeof type === "string") return {};
  return "object" in type ? type.object : type[0];
}

/** The rows of a table: each field, followed by those inside it. */
function rows(fields: Fields, prefix = ""): string[] {
  return Object.entries(fields).flatMap(([name, { type, text, absent }]) => {
    const path = `${prefix}${name}`;
    const isList = typeof type !== "string" && !("object" in type);
    const words = absent === undefined ? text : `${text}; not there: ${absent}`;
    const cells = [`\`${path}\``, typeWords(type).replaceAll("|", "or"), words];
    return [`| ${cells.join(" | ")} |\n`, ...rows(inner(type), `${path}${isList ? "[]" : ""}.`)];
  });
}

/**
 * Words what `--json` prints as Markdown. Pure.
 *
 * @returns The text of `docs/json.md`.
 *
 * @example
 * ```ts
 * import { jsonDocument } from "./json.ts";
 * jsonDocument().startsWith("# gatewayctl --json\n"); // true
 * ```
 */
export function jsonDocument(): string {
  const sections = JSON_OUTPUTS.map(({ commands, note, fields }) => {
    const head = commands.map((name) => `\`${name}\``).join(", ");
    const said = note === undefined ? "" : `${note}\n\n`;
    return `## ${head}\n\n${said}| field | type | what |\n| --- | --- | --- |\n${
      rows(fields).join("")
    }`;
  });
  const causes = Object.entries(CAUSES).map(([cause, [kind, words]]) =>
    `| \`${cause}\` | ${kind} | ${words} |\n`
  );
  return `# gatewayctl --json

<!-- Generated from lib/image/json.ts by "deno task generate"; do not edit. -->

With \`--json\` a command prints one object on one line of standard output (\`logs\` and \`top\`: one on each line), in ASCII. Messages stay on standard error, and
the exit code is the same as without it. A command that fails as a whole prints nothing on standard output.

Each object has a \`version\`, which is ${JSON_VERSION}. Within a version fields are only added, so pass over those that you do not know. A time is
[ISO 8601](https://www.rfc-editor.org/rfc/rfc3339) in UTC. \`completion\` and \`help\` have no \`--json\`.

${sections.join("\n")}
## Causes

Codes are only added. \`STATE\` of \`gatewayctl list\` has them in words.

| cause | state | in words |
| --- | --- | --- |
${causes.join("")}`;
}
